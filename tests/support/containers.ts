// Real counterparts for end-to-end tests: nginx, docker-registry and buildah from Debian, on free loopback ports, with
// all that they write below one temporary directory. Each server is stopped by its own process.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { chmod, mkdirp, outputFile, pathExists, readFile } from "fs-extra";

/** What a program said and how it ended; a failure does not throw. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running server. */
export interface Server {
  readonly port: number;
  /** The request lines that it has answered since it started: `GET /a.txt 200`. */
  requests(): Promise<string[]>;
  stop(): Promise<void>;
}

interface ServerPlace {
  readonly port: number;
  /** The path that it answers when it is up. */
  readonly ready: string;
  /** What it says is kept here. */
  readonly dir: string;
  /** Where its requests are, if not among what it says. */
  readonly log?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** buildah with a storage of its own. */
export interface Buildah {
  /** Where cache mounts are kept. */
  readonly cache: string;
  run(...args: string[]): Promise<Outcome>;
  /** Like `run`, and throws unless it succeeds. */
  must(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Fails, with the way out, when a program is not installed: these tests are never skipped. */
export async function requireTools(packages: Readonly<Record<string, string>>): Promise<void> {
  for (const [tool, name] of Object.entries(packages)) {
    const found = await run("sh", ["-c", `command -v ${tool}`], { PATH: searchPath() });
    if (found.code !== 0) throw new Error(`This test needs ${tool}, which is not installed: apt-get install ${name}`);
  }
}

export function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, PATH: searchPath(), ...env }, maxBuffer: 64 << 20 };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 127;
      resolve({ code, stdout, stderr: error && stderr === "" ? error.message : stderr });
    });
  });
}

export async function must(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, env);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

/** nginx lives in sbin, which not every user's PATH has. */
function searchPath(): string {
  return `${process.env.PATH ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** nginx with the configuration that `configure` writes for a port. */
export async function startNginx(dir: string, configure: (port: number, log: string) => string): Promise<Server> {
  const port = await freePort();
  const [config, log] = [join(dir, "nginx.conf"), join(dir, "access.log")];
  await outputFile(config, configure(port, log));
  const args = ["-e", join(dir, "error.log"), "-c", config, "-g", "daemon off;"];
  return startServer("nginx", args, { port, ready: "/", dir, log });
}

const temporary: readonly string[] = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** nginx over a directory, counting what is asked for. */
export function serveDirectory(dir: string, root: string): Promise<Server> {
  return startNginx(
    dir,
    (port, log) => `
pid ${dir}/nginx.pid;
events { worker_connections 256; }
http {
  log_format short '$request_method $request_uri $status';
  access_log ${log} short;
  ${temporary.map((name) => `${name}_temp_path ${dir}/${name};`).join("\n  ")}
  server { listen 127.0.0.1:${port}; root ${root}; }
}
`,
  );
}

/** nginx that serves the folder root of a directory, and takes what these methods bring there. It writes as nobody. */
export async function serveDav(dir: string, methods = "PUT DELETE MKCOL MOVE"): Promise<Server> {
  await mkdirp(join(dir, "root"));
  await chmod(join(dir, "root"), 0o777);
  return await startNginx(
    dir,
    (port, log) => `
pid ${dir}/nginx.pid;
events { worker_connections 256; }
http {
  log_format short '$request_method $request_uri $status';
  access_log ${log} short;
  client_max_body_size 0;
  ${temporary.map((name) => `${name}_temp_path ${dir}/${name};`).join("\n  ")}
  server { listen 127.0.0.1:${port}; root ${dir}/root; dav_methods ${methods}; ${methods === "PUT" ? "create_full_put_path on;" : ""} autoindex on; }
}
`,
  );
}

/** docker-registry, or a later version of it, with the configuration that `configure` writes for a port. */
export async function startRegistry(
  dir: string,
  configure: (port: number) => string,
  { program = "docker-registry", env }: { program?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Server> {
  const port = await freePort();
  const config = join(dir, "registry.yml");
  await outputFile(config, configure(port));
  return startServer(program, ["serve", config], { port, ready: "/v2/", dir, ...(env && { env }) });
}

/** An empty docker-registry; with the path of an htpasswd file only those in it are let in. */
export function serveRegistry(dir: string, htpasswd?: string): Promise<Server> {
  return startRegistry(
    dir,
    (port) => `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${dir}/storage } }
http: { addr: "127.0.0.1:${port}" }
${htpasswd === undefined ? "" : `auth: { htpasswd: { realm: site, path: ${htpasswd} } }\n`}`,
  );
}

/** A program that serves on a port, once it answers there. */
export async function startServer(
  program: string,
  args: readonly string[],
  { port, ready, dir, log = join(dir, "output.log"), env = {} }: ServerPlace,
): Promise<Server> {
  await mkdirp(dir);
  const child = spawn("sh", ["-c", 'exec "$@" >"$0" 2>&1', join(dir, "output.log"), program, ...args], {
    env: { ...process.env, PATH: searchPath(), ...env },
    stdio: "ignore",
  });
  await answers(child, `http://127.0.0.1:${port}${ready}`, program, join(dir, "output.log"));
  return {
    port,
    requests: async () => ((await pathExists(log)) ? requestLines(await readFile(log, "utf8")) : []),
    stop: () => ended(child),
  };
}

/** Both nginx's short format and the registry's combined one, as `GET /path 200`. */
function requestLines(log: string): string[] {
  return log.split("\n").flatMap((line) => {
    const [, method, path, status] =
      /"?\b(GET|HEAD|POST|PUT|PATCH) (\S+)(?: HTTP\/[\d.]+")? (\d{3})\b/.exec(line) ?? [];
    return method ? [`${method} ${path} ${status}`] : [];
  });
}

async function answers(child: ChildProcess, url: string, program: string, log: string): Promise<void> {
  for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt++) {
    const response = await fetch(url).catch(() => undefined);
    if (response) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await ended(child);
  throw new Error(`${program} does not answer at ${url}: ${await readFile(log, "utf8").catch(() => "")}`);
}

/** Asks a program to end, and makes it end where it does not. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
    child.once("exit", () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

/** buildah that keeps storage and caches below `dir`; overlay where the kernel lets it, else plain copies. */
export async function createBuildah(dir: string): Promise<Buildah> {
  await outputFile(join(dir, "tmp", "keep"), "");
  const storage = (driver: string): string[] => [
    ...["--root", join(dir, driver, "root"), "--runroot", join(dir, driver, "run"), "--storage-driver", driver],
  ];
  const env = { TMPDIR: join(dir, "tmp"), BUILDAH_ISOLATION: "chroot" };
  const probe = await run("buildah", [...storage("overlay"), "from", "--name", "probe", "scratch"], env);
  const mounted = probe.code === 0 && (await run("buildah", [...storage("overlay"), "mount", "probe"], env)).code === 0;
  const options = storage(mounted ? "overlay" : "vfs");
  return {
    cache: join(dir, "tmp", "buildah-cache"),
    run: (...args) => run("buildah", [...options, ...args], env),
    must: (...args) => must("buildah", [...options, ...args], env),
    close: async () => {
      await run("buildah", [...options, "rm", "--all"], env);
      // The overlay driver leaves its directory mounted on itself.
      if (mounted) await run("umount", [join(dir, "overlay", "root", "overlay")]);
    },
  };
}
