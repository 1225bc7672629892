// What stands around the content of `kso serve`, with the clients that people have: TLS, passwords, counters, the access log.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, renameSync, statSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startContainerd } from "../support/containerd.ts";
import { freePort, must, requireTools, run } from "../support/containers.ts";
import { ksoIn, ways } from "../support/program.ts";
import { sealed } from "../support/sealed.ts";
import { startProgram, startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const home = at("home");
const file = "k8s/dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm";
let bundle: string;
let bytes: Uint8Array;

beforeAll(async () => {
  await requireTools({
    curl: "curl",
    skopeo: "skopeo",
    openssl: "openssl",
    htpasswd: "apache2-utils",
    promtool: "prometheus",
    "systemd-analyze": "systemd",
    "systemd-socket-activate": "systemd",
  });
  const { path, sample } = await sealed(folder.path);
  bundle = path;
  const found = sample.lock.files.find(({ path: name }) => `k8s/${name}` === file);
  bytes = readFileSync(sample.pathOf(found?.digest ?? "sha256:"));
});
afterAll(() => folder[Symbol.dispose]());

const curl = (...args: string[]) => run("curl", ["-sS", "-o", at("got"), "-w", "%{http_code}", ...args]);

/** Resolves as soon as the file holds a match; the directory is watched, not the clock. */
async function written(path: string, match: RegExp): Promise<string> {
  const look = (): string | undefined => {
    try {
      const text = readFileSync(path, "utf8");
      return match.test(text) ? text : undefined;
    } catch {
      return undefined;
    }
  };
  return (
    look() ??
    (await new Promise((resolve) => {
      const watcher = watch(folder.path, () => {
        const text = look();
        if (text === undefined) return;
        watcher.close();
        resolve(text);
      });
      const text = look();
      if (text !== undefined) {
        watcher.close();
        resolve(text);
      }
    }))
  );
}

test("a certificate of its own: curl and skopeo take it with its CA and refuse it without, for each of its names", async () => {
  const tls = ["--tls-self-signed", "kso.site,localhost,127.0.0.1,::1", "--tls-dir", at("tls")];
  await using service = await startService(home, [bundle, ...tls]);
  const { ca = "" } = service.ready;
  expect(ca).toBe(at("tls", "ca.pem"));
  expect(await service.line(/^CA: /)).toMatch(/ca\.pem \(SHA-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}\)$/);
  for (const name of ["ca.key", "server.key"]) expect(statSync(at("tls", name)).mode & 0o777).toBe(0o600);
  const port = new URL(service.files).port;
  for (const host of ["127.0.0.1", "localhost", "kso.site"]) {
    const resolve = ["--resolve", `kso.site:${port}:127.0.0.1`];
    expect((await curl("--cacert", ca, ...resolve, `https://${host}:${port}/${file}`)).stdout).toBe("200");
    expect(readFileSync(at("got")).equals(bytes)).toBeTrue();
  }
  expect((await curl(`https://127.0.0.1:${port}/health`)).code).toBe(60);
  const other = ["--cacert", ca, "--resolve", `other.site:${port}:127.0.0.1`];
  expect((await curl(...other, `https://other.site:${port}/health`)).code).toBe(60);

  // The page gives the CA away, to be compared with what the terminal said.
  await must("curl", ["-fsSk", "-o", at("given.pem"), `https://127.0.0.1:${port}/ca.pem`]);
  expect(readFileSync(at("given.pem"), "utf8")).toBe(readFileSync(ca, "utf8"));

  const registry = new URL(service.registry).host;
  await must("mkdir", ["-p", at("certs")]);
  writeFileSync(at("certs", "ca.crt"), readFileSync(ca));
  const image = `docker://${registry}/registry.k8s.io/pause:3.10`;
  const index = await must("skopeo", ["inspect", "--raw", "--cert-dir", at("certs"), image]);
  expect(JSON.parse(index).manifests).toHaveLength(2);
  await must("skopeo", ["copy", "--all", "--src-cert-dir", at("certs"), image, `dir:${at("pulled")}`]);
  expect((await run("skopeo", ["inspect", "--raw", image])).stderr).toContain("certificate");
}, 60_000);

test("it is kept from start to start; other names are signed by the same CA; a site brings its own with --tls-cert", async () => {
  const start = async (names: string): Promise<string[]> => {
    await using _ = await startService(home, [bundle, "--tls-self-signed", names, "--tls-dir", at("kept")]);
    return ["ca.pem", "server.pem"].map((name) => readFileSync(at("kept", name), "utf8"));
  };
  const [ca, server] = await start("127.0.0.1,kso.site");
  expect(await start("kso.site,127.0.0.1")).toEqual([ca as string, server as string]);
  const [sameCa, anew] = await start("127.0.0.1");
  expect(sameCa).toBe(ca as string);
  expect(anew).not.toBe(server as string);

  const own = ["--tls-cert", at("kept", "server.pem"), "--tls-key", at("kept", "server.key")];
  await using service = await startService(home, [bundle, ...own]);
  expect((await curl("--cacert", at("kept", "ca.pem"), `${service.files}/health`)).stdout).toBe("200");
}, 60_000);

test("flags that contradict each other, and files that cannot be used, end it before it listens", async () => {
  const kso = ksoIn(home);
  writeFileSync(at("md5"), "old:$apr1$x$y\n");
  // A key that everybody may read is refused before what is in it.
  writeFileSync(at("junk"), "junk\n", { mode: 0o600 });
  const serve = async (...args: string[]): Promise<string> => {
    const { code, stderr, stdout } = await kso("serve", bundle, "--files", "127.0.0.1:0", "--registry", "off", ...args);
    expect([args, code, stdout]).toEqual([args, 2, ""]);
    return stderr;
  };
  expect(await serve("--tls-cert", at("junk"))).toContain("--tls-key is missing");
  expect(await serve("--tls-key", at("junk"))).toContain("--tls-cert is missing");
  expect(await serve("--tls-cert", at("junk"), "--tls-key", at("junk"))).toContain("it is no certificate in PEM");
  expect(await serve("--tls-cert", at("gone"), "--tls-key", at("junk"))).toContain("Cannot read");
  expect(await serve("--tls-self-signed", "a", "--tls-cert", at("junk"))).toContain("exclude each other");
  expect(await serve("--tls-self-signed", "10.0.0")).toContain('"10.0.0" is neither a host name nor an IP address');
  expect(await serve("--tls-dir", at("x"))).toContain("--tls-self-signed only");
  expect(await serve("--htpasswd", at("md5"))).toContain('the password of "old" is not hashed with bcrypt');
  expect(await serve("--access-log", "xml")).toContain('--access-log is plain or json, not "xml"');
  expect(await serve("--access-log-file", at("x"))).toContain("--access-log-file has a meaning with --access-log");
  expect(await serve("--missing", at("nowhere", "m.json"))).toContain(`Cannot write to ${at("nowhere", "m.json")}`);
  expect(await serve("--missing", at("junk"))).toContain(`Cannot use ${at("junk")}: it is not JSON`);
}, 60_000);

test("with --htpasswd curl and skopeo get in with the password of the file and not without; /health stays open", async () => {
  await must("htpasswd", ["-cbB", at("users"), "ops", "s3cret:ü"]);
  await using service = await startService(home, [bundle, "--htpasswd", at("users"), "--access-log", "json"]);
  const url = `${service.files}/${file}`;
  expect((await curl(url)).stdout).toBe("401");
  expect((await curl("-u", "ops:wrong", url)).stdout).toBe("401");
  expect((await curl("-u", "ops:s3cret:ü", url)).stdout).toBe("200");
  expect(readFileSync(at("got")).equals(bytes)).toBeTrue();
  for (const path of ["/", "/metrics", "/missing", "/-/page.css"])
    expect([path, (await curl(`${service.files}${path}`)).stdout]).toEqual([path, "401"]);
  expect((await curl(`${service.files}/health`)).stdout).toBe("200");
  const registry = new URL(service.registry).host;
  const image = `docker://${registry}/registry.k8s.io/pause:3.10`;
  const insecure = ["inspect", "--raw", "--tls-verify=false"];
  expect((await run("skopeo", [...insecure, image])).code).not.toBe(0);
  expect((await run("skopeo", [...insecure, "--creds", "ops:nope", image])).stderr).toContain("unauthorized");
  await must("skopeo", [...insecure, "--creds", "ops:s3cret:ü", image]);
  const login = (password: string) =>
    run("skopeo", [
      "login",
      "--authfile",
      at("auth.json"),
      "--tls-verify=false",
      "-u",
      "ops",
      "-p",
      password,
      registry,
    ]);
  expect((await login("nope")).code).not.toBe(0);
  expect((await login("s3cret:ü")).code).toBe(0);
  await must("skopeo", [...insecure, "--authfile", at("auth.json"), image]);
  const containerd = await startContainerd(at("containerd"));
  try {
    const fetch = ["content", "fetch", "--plain-http", "--all-platforms"];
    const name = `${registry}/registry.k8s.io/pause:3.10`;
    expect(await containerd.ctr(...fetch, "--user", "ops:s3cret:ü", name)).toMatch(
      /manifest-sha256:\w+: +(?:done|exists) /,
    );
    await expect(containerd.ctr(...fetch, "--user", "ops:nope", `${registry}/pause:3.10`)).rejects.toThrow("401");
  } finally {
    await containerd.stop();
  }
  const challenge = await must("curl", ["-sSi", `${service.registry}/v2/`]);
  expect(challenge).toMatch(/^www-authenticate: Basic realm="kso"/im);
  expect(JSON.parse(challenge.split("\r\n\r\n")[1] as string).errors[0].code).toBe("UNAUTHORIZED");
  const line = JSON.parse(await service.line(/"status":200.*kubeadm|kubeadm.*"status":200/));
  expect(line).toMatchObject({
    listener: "files",
    client: "127.0.0.1",
    user: "ops",
    method: "GET",
    target: `/${file}`,
  });
  expect(line.bytes).toBe(bytes.length);
}, 60_000);

test("promtool takes /metrics, and what it counts is what was asked for", async () => {
  await using service = await startService(home, [bundle]);
  await curl(`${service.files}/${file}`);
  await curl("-r", "0-99", `${service.files}/${file}`);
  await curl("-I", `${service.files}/${file}`);
  await curl(`${service.files}/k8s/dl.k8s.io/nothing`);
  await curl(`${service.registry}/v2/registry.k8s.io/pause/manifests/3.10`);
  await curl("-X", "PUT", `${service.registry}/v2/a/manifests/b`);
  const text = await must("curl", ["-fsS", `${service.files}/metrics`]);
  writeFileSync(at("metrics"), text);
  expect(await run("sh", ["-c", 'promtool check metrics <"$0"', at("metrics")])).toMatchObject({ code: 0, stdout: "" });
  const value = (name: string): number =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1),
    );
  expect(value('kso_requests_total{listener="files",method="GET",code="200"}')).toBe(1);
  expect(value('kso_requests_total{listener="files",method="GET",code="206"}')).toBe(1);
  expect(value('kso_requests_total{listener="files",method="HEAD",code="200"}')).toBe(1);
  expect(value('kso_requests_total{listener="files",method="GET",code="404"}')).toBe(1);
  expect(value('kso_requests_total{listener="registry",method="PUT",code="405"}')).toBe(1);
  expect(value('kso_response_bytes_total{listener="files",method="GET",code="200"}')).toBe(bytes.length);
  expect(value('kso_response_bytes_total{listener="files",method="GET",code="206"}')).toBe(100);
  expect(value('kso_response_bytes_total{listener="files",method="HEAD",code="200"}')).toBe(0);
  expect(value("kso_missing_requests_total")).toBe(1);
  expect(value('kso_requests_in_flight{listener="files"}')).toBe(1);
  expect(value("kso_bundle_images")).toBe(3);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(1e6);
}, 60_000);

test("the access log goes to its file, a line a request, opened anew on SIGUSR1, and nothing in it is a client's own line", async () => {
  const log = at("access.log");
  await using service = await startService(home, [bundle, "--access-log", "plain", "--access-log-file", log]);
  await curl("-A", 'evil" 200 1', `${service.files}/${file}`);
  await curl("-A", "\u009b31m'\"\\", `${service.files}/health?a=%0a"b`);
  const text = await written(log, /health/);
  const lines = text.trimEnd().split("\n");
  const shape =
    /^127\.0\.0\.1 - - \[[^\]]+\] "GET (?:[^"\\]|\\.)* HTTP\/1\.1" 200 \d+ "-" "(?:[^"\\]|\\.)*" \d+\.\d{3} files$/;
  expect(lines.map((line) => [line, shape.test(line)])).toEqual(lines.map((line) => [line, true]));
  expect(lines[0]).toContain(`"GET /${file} HTTP/1.1" 200 ${bytes.length} `);

  renameSync(log, at("access.log.1"));
  service.signal("SIGUSR1");
  await written(log, /^/);
  await curl(`${service.files}/health?after`);
  expect(await written(log, /after/)).not.toContain("kubeadm");
  await curl(`${service.files}/health?last`);
  expect(await service.stop()).toBe(0);
  // What was not written yet is written before it ends.
  expect(readFileSync(log, "utf8")).toContain("last");
}, 60_000);

test("it answers on sockets that systemd opened, with TLS, and knows its clients", async () => {
  const [files, registry] = [await freePort(), await freePort()];
  const tls = ["--tls-self-signed", "127.0.0.1", "--tls-dir", at("activated")];
  await using activated = startProgram("systemd-socket-activate", [
    ...["-l", `127.0.0.1:${files}`, "-l", `127.0.0.1:${registry}`, "--fdname=files:registry"],
    ...["-E", `HOME=${home}`, ways.binary[0] as string, "serve", bundle, ...tls, "--access-log", "json"],
  ]);
  await activated.line(new RegExp(`:${registry} as 4`));
  // The first connection starts it, and is answered.
  const first = await curl("-k", "--interface", "127.0.0.5", `https://127.0.0.1:${files}/${file}`);
  expect(first.stdout).toBe("200");
  expect(readFileSync(at("got")).equals(bytes)).toBeTrue();
  expect(JSON.parse(await activated.line(/kubeadm/))).toMatchObject({ listener: "files", client: "127.0.0.5" });
  const ca = ["--cacert", at("activated", "ca.pem")];
  expect((await curl(...ca, "-r", "-10", `https://127.0.0.1:${files}/${file}`)).stdout).toBe("206");
  expect(readFileSync(at("got")).equals(bytes.subarray(-10))).toBeTrue();
  expect((await curl(...ca, `https://127.0.0.1:${registry}/v2/`)).stdout).toBe("200");
  const many = Array.from({ length: 40 }, (_, turn) =>
    run("curl", ["-sS", ...ca, "-o", at(`many-${turn}`), `https://127.0.0.1:${files}/${file}`]),
  );
  expect((await Promise.all(many)).map(({ code }) => code)).toEqual(many.map(() => 0));
  for (const turn of many.keys()) expect(readFileSync(at(`many-${turn}`)).equals(bytes)).toBeTrue();
  expect(await activated.stop()).toBe(0);
}, 60_000);

test("systemd takes the unit that --print-unit writes of a command line, whatever is in it", async () => {
  const strange = at('a "strange" $name 100%');
  writeFileSync(strange, "");
  const kso = ksoIn(home);
  const flags = [
    "--tls-cert",
    strange,
    `--tls-key=${strange}`,
    "--htpasswd",
    strange,
    "--missing",
    "m.json",
    "--files=:443",
  ];
  const { code, stdout } = await kso("serve", strange, ...flags, "--access-log", "json", "--print-unit");
  expect(code).toBe(0);
  writeFileSync(at("kso-serve.service"), stdout);
  expect(await run("systemd-analyze", ["verify", "--man=no", at("kso-serve.service")])).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  const start = stdout.split("\n").find((line) => line.startsWith("ExecStart=")) ?? "";
  expect(start).toContain(` serve "${strange.replaceAll('"', '\\"').replace("$", "$$$$").replace("%", "%%")}" `);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd's
  expect(start).toContain("--tls-key ${CREDENTIALS_DIRECTORY}/tls-key --htpasswd ${CREDENTIALS_DIRECTORY}/htpasswd");
  expect(start).toContain("--missing /var/lib/kso/m.json");
  expect(stdout).toContain("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n");
  const high = await kso("serve", bundle, "--files", "8080", "--grace", "443", "--print-unit");
  expect(high.stdout).toContain("\nAmbientCapabilities=\n");
  expect(high.stdout).toContain("\nTimeoutStopSec=453\n");
}, 60_000);
