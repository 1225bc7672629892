// `kso serve` as a user starts it, on free ports of loopback; and the same routes without sockets, for what needs none.
import { join, resolve } from "node:path";
import { hold } from "../../src/bundle/held.ts";
import { openBundles } from "../../src/bundle/open.ts";
import type { Extent } from "../../src/core/descriptor.ts";
import { bodyOf } from "../../src/runtime/body.ts";
import type { Source } from "../../src/serve/content.ts";
import { filesRoute } from "../../src/serve/files.ts";
import { type Client, type Handler, type Miss, routed } from "../../src/serve/handler.ts";
import { hotBlobs } from "../../src/serve/hot.ts";
import { registryRoute } from "../../src/serve/registry.ts";
import { type Shelf, shelve } from "../../src/serve/shelf.ts";

export interface Served {
  readonly shelf: Shelf;
  readonly misses: Miss[];
  /** A GET, unless `init` says otherwise, of a path. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

const client: Client = { address: () => "192.0.2.7", listener: "both", secure: false };

/** Registry and files of these bundles. */
export function served(...paths: readonly string[]): Served {
  const bundles = openBundles(paths);
  const shelf = shelve(bundles);
  const held = hold(bundles.flatMap(({ layers }) => layers));
  const locate = ({ digest }: { digest: Parameters<Shelf["locate"]>[0] }): readonly Extent[] =>
    held.fresh(shelf.locate(digest) ?? []);
  const source: Source = { hot: hotBlobs(locate), locate, body: bodyOf };
  const misses: Miss[] = [];
  const options = { shelf, source, miss: (miss: Miss) => void misses.push(miss) };
  const handler: Handler = routed([registryRoute(options), filesRoute(options)]);
  return {
    shelf,
    misses,
    ask: async (path, init) => await handler(new Request(`http://kso.test:8080${path}`, init), client),
  };
}

export interface Running {
  /** `http://127.0.0.1:PORT` of each listener. */
  readonly files: string;
  readonly registry: string;
  readonly pid: number;
  /** What it said on stderr so far. */
  said(): string;
  /** Resolves as soon as stderr matches. */
  says(pattern: RegExp): Promise<void>;
  /** Ends it and waits. @returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

/** How to start kso. */
export const runtimes: Readonly<Record<"binary" | "deno", readonly string[]>> = {
  binary: [resolve(import.meta.dir, "../../dist/kso-linux-amd64")],
  deno: ["npx", "--yes", "deno@2.9.6", "run", "-A", resolve(import.meta.dir, "../../src/cli/main.ts")],
};

export async function serve(
  paths: readonly string[],
  flags: readonly string[] = [],
  how: readonly string[] = runtimes.binary,
): Promise<Running> {
  const at = flags.some((flag) => flag === "--files" || flag === "--registry")
    ? []
    : ["--files", "127.0.0.1:0", "--registry", "127.0.0.1:0"];
  const child = Bun.spawn([...how, "serve", ...paths, ...at, ...flags, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let text = "";
  let over = false;
  const watchers = new Set<() => void>();
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      text += decoder.decode(chunk, { stream: true });
      for (const watcher of watchers) watcher();
    }
    over = true;
    for (const watcher of watchers) watcher();
  })();
  const ready = await firstLine(child.stdout);
  if (ready === undefined) {
    await child.exited;
    throw new Error(`kso serve ended with ${child.exitCode}: ${text}`);
  }
  const { files = "", registry = "", pid } = JSON.parse(ready) as { files?: string; registry?: string; pid: number };
  return {
    files,
    registry,
    pid,
    said: () => text,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(text) && !over) return;
          watchers.delete(look);
          if (pattern.test(text)) resolve();
          else reject(new Error(`it ended without saying ${pattern}: ${text}`));
        };
        watchers.add(look);
        look();
      }),
    async stop(signal = "SIGTERM") {
      // Not the child: npx stands in front of what it starts.
      if (child.exitCode === null) process.kill(pid, signal);
      return await child.exited;
    },
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    text += decoder.decode(value, { stream: true });
    const end = text.indexOf("\n");
    if (end < 0) continue;
    // What follows is read too, so that nobody waits for a full pipe.
    void (async () => {
      while (!(await reader.read()).done);
    })();
    return text.slice(0, end);
  }
}

/** Peak and present memory of a process. Bytes. */
export async function memoryOf(pid: number): Promise<{ peak: number; now: number }> {
  const status = await Bun.file(join("/proc", String(pid), "status")).text();
  const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  return { peak: of("VmHWM"), now: of("VmRSS") };
}
