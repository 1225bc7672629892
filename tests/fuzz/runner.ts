// A worker that is watched: its memory and its processor time while it works on a case.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultOf, maxMemory } from "./target.ts";
import type { Answer, Question } from "./worker.ts";

/** Processor time of one case, in seconds. */
const maxSeconds = 10;
/** For what waits and does not work, in seconds of the clock; the machine may be busy. */
const maxWait = 120;

export interface Runner extends Disposable {
  /** What is wrong with how kso takes this input; undefined where nothing is. `binary`: the compiled kso runs the command lines. */
  fault(target: string, input: Uint8Array, binary?: string): Promise<string | undefined>;
}

/** Runs cases one after the other, in a process that is started again where a case took it too far. */
export function openRunner(): Runner {
  const folder = mkdtempSync(join(tmpdir(), "kso-fuzz-runner-"));
  const path = join(folder, "input");
  let child: Child | undefined;
  let cases = 0;
  return {
    async fault(target, input, binary) {
      writeFileSync(path, input);
      // A worker that has done much holds much.
      if (cases++ % 300 === 299) child = child?.end();
      child ??= new Child(folder);
      const { fault, over } = await child.ask({ target, input: path, ...(binary !== undefined && { binary }) });
      if (over) child = child.end();
      return fault;
    },
    [Symbol.dispose]() {
      child?.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

class Child {
  readonly #process: Bun.Subprocess;
  #heard: (answer: Answer | "ended") => void = () => undefined;
  constructor(home: string) {
    this.#process = Bun.spawn([process.execPath, join(import.meta.dir, "worker.ts")], {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: home,
        NO_COLOR: "1",
        TMPDIR: home,
        SOURCE_DATE_EPOCH: "1790000000",
        HTTP_PROXY: "http://127.0.0.1:9",
        HTTPS_PROXY: "http://127.0.0.1:9",
        NO_PROXY: "127.0.0.1",
      },
      stdio: ["ignore", "ignore", "ignore"],
      ipc: (message) => this.#heard(message as Answer),
      onExit: () => this.#heard("ended"),
    });
  }

  /** Ends it and what it started. */
  end(): undefined {
    const { pid } = this.#process;
    const started = procFile(pid, `task/${pid}/children`).split(" ").filter(Boolean);
    this.#process.kill("SIGKILL");
    for (const child of started) process.kill(Number(child), "SIGKILL");
    return undefined;
  }

  async ask(question: Question): Promise<{ fault: string | undefined; over: boolean }> {
    const { pid } = this.#process;
    const answered = Promise.withResolvers<{ fault: string | undefined; over: boolean }>();
    let begun = performance.now();
    let [before, base] = [0, 0];
    const over = (fault: string): void => answered.resolve({ fault, over: true });
    this.#heard = (answer) => {
      if (answer === "ended") return over("the process ended");
      if ("begun" in answer) {
        begun = performance.now();
        [before, base] = [secondsOf(pid), memoryOf(pid)];
        return;
      }
      const grown = memoryOf(pid) - base;
      const fault = answer.outcomes.map(faultOf).find((one) => one !== undefined);
      if (fault === undefined && grown > maxMemory) return over(`it takes ${Math.round(grown / 1e6)} MB`);
      answered.resolve({ fault, over: false });
    };
    resetPeak(pid);
    this.#process.send(question);
    const timer = setInterval(() => {
      if (before > 0 && secondsOf(pid) - before > maxSeconds) over(`it works for more than ${maxSeconds} s`);
      else if (performance.now() - begun > maxWait * 1000) over(`it waits for more than ${maxWait} s`);
      else if (base > 0 && memoryOf(pid) - base > maxMemory) over(`it takes more than ${maxMemory / 1e6} MB`);
    }, 100);
    try {
      return await answered.promise;
    } finally {
      clearInterval(timer);
    }
  }
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** The most that it held since the last reset. Bytes. */
function memoryOf(pid: number): number {
  return Number(/VmHWM:\s*(\d+)/.exec(procFile(pid, "status"))?.[1] ?? 0) * 1024;
}

function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // It has ended, or the system does not let it be reset; then the peak of all cases counts.
  }
}

/** Processor time so far, threads included. */
function secondsOf(pid: number): number {
  const fields = procFile(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}
