// The compiled kso beside servers of a test's own: a plan of their files and images, a store, a working directory. Runs are
// processes as a user starts them; what a test waits for is an event of theirs or a place in the traffic.
//
//   await using site = await openSite({ files: { "amd64/kubeadm": bytes }, images: { "team/app:1": image(…) } });
//   expect(await site.kso("fetch")).toMatchObject({ code: 0 });
import { createCipheriv, createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Gate, openGate } from "./gate.ts";
import type { SeededImage } from "./images.ts";
import { labFlags } from "./lab.ts";
import { binaryFor } from "./paths.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { sha } from "./seed.ts";
import { serveFiles, type Upstream } from "./upstream.ts";

const binary: string = binaryFor("amd64");

/** How a run ended. */
export interface Ran {
  /** 137 and the like where a signal ended it. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Peak memory. Bytes. */
  readonly memory: number;
}

/** A line of `--json`. */
export type Told = { readonly event: string; readonly item?: string } & Readonly<Record<string, unknown>>;

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ran>;
  /** Sends it and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<Ran>;
  signal(signal: NodeJS.Signals): void;
  /** The first event for which that holds, as soon as it is told; undefined where the run ends before. */
  event(is: (event: Told, index: number) => boolean): Promise<Told | undefined>;
}

export interface Contents {
  /** `amd64/NAME` or `arm64/NAME` below the origin files.test → bytes; or other bytes than the plan's digest is of. */
  readonly files: Readonly<Record<string, Uint8Array | { readonly planned: Uint8Array; readonly served: Uint8Array }>>;
  /** `REPOSITORY:TAG` below the origin images.test. */
  readonly images?: Readonly<Record<string, SeededImage>>;
}

export interface Site extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly registry: TestRegistry;
  /** All traffic goes through it. */
  readonly gate: Gate;
  /** What makes the plan. */
  readonly flags: readonly string[];
  /** The working directory of runs; the lock is written there. */
  readonly folder: string;
  /** Where the store is, unless a run names another one. */
  readonly store: string;
  /** Starts `kso COMMAND` with the flags that make the plan. */
  start(command: string, ...flags: string[]): Running;
  kso(command: string, ...flags: string[]): Promise<Ran>;
  /** From here on: the GETs of files and blobs that are answered with a body, as paths. No run may be under way. */
  bodies(): Promise<() => string[]>;
  /** Resolves when so much of some blob is in the store's partial files. Bytes. */
  landed(bytes: number): Promise<void>;
  /** The path of the file whose digest has that hex. */
  pathOf(hex: string): string | undefined;
}

/** Any command, without a plan. `more`: further variables of the environment. */
export function start(args: readonly string[], cwd: string, more: Readonly<Record<string, string>> = {}): Running {
  if (!existsSync(binary)) throw new Error("dist/ lacks the binary: run bun build.ts first");
  const child = Bun.spawn([binary, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, NO_COLOR: "1", ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: Told[] = [];
  const watchers = new Set<() => void>();
  let over = false;
  const reading = (async (): Promise<string> => {
    const decoder = new TextDecoder();
    let out = "";
    let seen = 0;
    for await (const chunk of child.stdout) {
      out += decoder.decode(chunk, { stream: true });
      for (let end = out.indexOf("\n", seen); end >= 0; end = out.indexOf("\n", seen)) {
        const line = out.slice(seen, end);
        seen = end + 1;
        if (line.startsWith('{"event"')) events.push(JSON.parse(line) as Told);
      }
      for (const watcher of watchers) watcher();
    }
    return out;
  })();
  const ended = (async (): Promise<Ran> => {
    const [out, err] = await Promise.all([reading, new Response(child.stderr).text(), child.exited]);
    over = true;
    for (const watcher of watchers) watcher();
    const code = child.exitCode ?? 128 + { SIGKILL: 9, SIGINT: 2, SIGTERM: 15 }[child.signalCode as "SIGKILL"];
    return { code, out, err, memory: child.resourceUsage()?.maxRSS ?? 0 };
  })();
  return {
    pid: child.pid,
    ended,
    signal: (signal) => child.kill(signal),
    async kill(signal) {
      child.kill(signal);
      return await ended;
    },
    event: (is) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = events.find(is);
          if (!found && !over) return;
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      }),
  };
}

export async function openSite({ files, images = {} }: Contents): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "kso-site-"));
  const gate = await openGate();
  const served = Object.entries(files).map(([path, file]) => {
    const [planned, bytes] = file instanceof Uint8Array ? [file, file] : [file.planned, file.served];
    return { path: `/files.test/${path}`, arch: path.split("/")[0] as string, digest: sha(planned), bytes };
  });
  const upstream = await serveFiles(Object.fromEntries(served.map(({ path, bytes }) => [path, bytes])));
  const registry = await startRegistry();
  for (const [name, image] of Object.entries(images)) {
    const [repository = "", tag = ""] = name.split(":");
    registry.add(`images.test/${repository}`, image, tag);
  }
  const lab = join(folder, "lab");
  mkdirSync(lab);
  const describe = (name: string, value: unknown): void => writeFileSync(join(lab, name), JSON.stringify(value));
  describe(
    "files.json",
    served.map(({ path, arch, digest }) => {
      const name = path.split("/").at(-1);
      return { name, arch, url_path: path, sha256: digest.slice("sha256:".length) };
    }),
  );
  describe(
    "images.json",
    Object.keys(images).map((name) => ({ repo: `images.test/${name.split(":")[0]}`, tag: name.split(":")[1] })),
  );
  const flags = labFlags(lab, lab, { files: await gate.to(upstream.url), registry: await gate.to(registry.url) });
  const store = join(folder, "store");
  const run = (command: string, more: readonly string[]): Running =>
    start([command, ...flags, ...(more.includes("--store") ? [] : ["--store", store]), ...more], folder);
  return {
    upstream,
    registry,
    gate,
    flags,
    folder,
    store,
    start: (command, ...more) => run(command, more),
    kso: (command, ...more) => run(command, more).ended,
    async bodies() {
      // What a killed run asked for last may still be on its way.
      while (upstream.connections > 0) await setImmediate();
      for (let times = 0; times < 2; times++) await fetch(`${registry.url}/v2/`);
      const [files, blobs] = [upstream.requests.length, registry.requests.length];
      return () =>
        [...upstream.requests.slice(files), ...registry.requests.slice(blobs)]
          .filter(({ method, status }) => method === "GET" && (status === 200 || status === 206))
          .map(({ path }) => path)
          .filter((path) => path.startsWith("/files.test/") || path.includes("/blobs/"));
    },
    async landed(bytes) {
      const partial = join(store, "partial");
      const sizes = (): number[] =>
        existsSync(partial)
          ? readdirSync(partial).map((name) => statSync(join(partial, name), { throwIfNoEntry: false })?.size ?? 0)
          : [];
      while (Math.max(0, ...sizes()) < bytes) await setImmediate();
    },
    pathOf: (hex) => served.find(({ digest }) => digest === `sha256:${hex}`)?.path,
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]();
      await Promise.all([upstream.close(), registry.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Blobs of a store that are not what their name says, and how many there are. */
export function auditStore(store: string): { count: number; wrong: string[] } {
  const folder = join(store, "blobs/sha256");
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const hash = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  return { count: names.length, wrong: names.filter((name) => hash(name) !== name) };
}

/** Bytes that depend on the name alone and do not compress; megabytes of them at once. */
export function bulk(name: string, size: number): Uint8Array {
  const key = createHash("md5").update(name).digest();
  // A copy: a Buffer's slices would share its bytes.
  return Uint8Array.from(createCipheriv("aes-128-ctr", key, key).update(new Uint8Array(size)));
}

/** Numbers from 0 to 1 that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
