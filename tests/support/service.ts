// `kso serve` as a service runs it: the compiled binary on ports of its own, ended by its own process. What a test waits for is a
// line that the server writes.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ways } from "./program.ts";

/** A program that runs until it is asked to stop. */
interface Program extends AsyncDisposable {
  readonly stdout: ReadableStream<Uint8Array>;
  /** Its exit code, once it has ended. */
  readonly exited: Promise<number>;
  /** The first line of stderr that matches, from the start or to come; throws where the program ends before. */
  line(match: RegExp): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to stop. @returns its exit code. */
  stop(): Promise<number>;
}

export interface Service extends Omit<Program, "stdout" | "exited"> {
  /** `http://127.0.0.1:PORT`. */
  readonly files: string;
  readonly registry: string;
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, string>>;
  /** What it ends with. */
  readonly ended: Promise<number>;
  /** Its memory, now and at its peak. Bytes. */
  memory(): { readonly now: number; readonly peak: number };
}

export function startProgram(program: string, args: readonly string[], env: Record<string, string> = {}): Program {
  const child = Bun.spawn([program, ...args], {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let err = "";
  let over = false;
  const waiters = new Set<() => void>();
  const wake = (): void => {
    for (const waiter of waiters) waiter();
  };
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      err += decoder.decode(chunk, { stream: true });
      wake();
    }
    over = true;
    wake();
  })();
  const exited = reading.then(() => child.exited);
  const stop = async (): Promise<number> => {
    child.kill("SIGTERM");
    return await exited;
  };
  return {
    stdout: child.stdout,
    exited,
    line: (match) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = err
            .split("\n")
            .slice(0, -1)
            .find((line) => match.test(line));
          if (found === undefined && !over) return;
          waiters.delete(look);
          if (found === undefined) reject(new Error(`no line like ${match} in: ${err}`));
          else resolve(found);
        };
        waiters.add(look);
        look();
      }),
    signal: (signal) => child.kill(signal),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Starts `kso serve` with these arguments, its home below `home`; throws where it does not come up. */
export async function startService(
  home: string,
  args: readonly string[],
  env: Record<string, string> = {},
  way: keyof typeof ways = "binary",
): Promise<Service> {
  const [program = "", ...words] = ways[way];
  if (way === "binary" && !existsSync(program)) throw new Error(`${program} is not there: run bun build.ts first`);
  const own = { HOME: home, XDG_CACHE_HOME: join(home, "cache"), XDG_DATA_HOME: join(home, "data") };
  const ports = ["files", "registry"].flatMap((name) =>
    args.includes(`--${name}`) ? [] : [`--${name}`, "127.0.0.1:0"],
  );
  const running = startProgram(program, [...words, "serve", ...ports, "--json", ...args], { ...own, ...env });
  const first = await firstLine(running.stdout);
  if (first === undefined || first.startsWith('{"error":')) {
    const said = await running.line(/^kso: /);
    throw new Error(`kso serve ended with ${await running.exited}: ${said}`);
  }
  const ready = JSON.parse(first) as Record<string, string>;
  const { line, exited: ended } = running;
  // Not always the child: npx stands in front of what it starts.
  const pid = Number(ready["pid"]);
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const signal = (name: NodeJS.Signals): void => {
    if (!over) process.kill(pid, name);
  };
  const stop = async (): Promise<number> => {
    signal("SIGTERM");
    return await ended;
  };
  return {
    ready,
    line,
    signal,
    stop,
    ended,
    files: String(ready["files"]).replace("localhost", "127.0.0.1"),
    registry: String(ready["registry"]).replace("localhost", "127.0.0.1"),
    memory: () => {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
      return { now: of("VmRSS"), peak: of("VmHWM") };
    },
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    text += decoder.decode(value, { stream: true });
    const end = text.indexOf("\n");
    if (end >= 0) {
      reader.releaseLock();
      return text.slice(0, end);
    }
  }
}
