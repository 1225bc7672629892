// How this program starts itself once more: a compiled binary is its own command, source needs its runtime in front.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { endGroup } from "./process-group.ts";
import { withoutHandlers } from "./signals.ts";

/** The words in front of kso's own arguments. */
export function selfCommand(): [command: string, ...words: string[]] {
  const deno = "Deno" in globalThis;
  // Where a compiled binary has its own files: on a drive of its own on Windows.
  if (!deno && /^(?:\/\$bunfs|[A-Z]:[\\/]~BUN)[\\/]/i.test(Bun.main)) return [process.execPath];
  const script = fileURLToPath(new URL("../cli/main.ts", import.meta.url).href);
  return deno ? [process.execPath, "run", "-A", script] : [process.execPath, script];
}

/** What a run of this program is given, and where it ends. */
export interface SelfProcessOptions {
  /** The word in front of this process's number, and those behind it. */
  readonly argument: string;
  readonly words: readonly string[];
  readonly input: string;
  /** Milliseconds. */
  readonly deadline: number;
  /** Bytes of output. */
  readonly maxOutput: number;
}

/** How a run of this program ended. */
export interface SelfProcessResult {
  readonly stdout: string;
  readonly status: number | null;
  readonly signal: string | null;
  readonly error: NodeJS.ErrnoException | undefined;
}

/** Runs this program once more and waits for it; nothing that it started is left afterwards. */
export function runSelf({ argument, words, input, deadline, maxOutput }: SelfProcessOptions): SelfProcessResult {
  const [command, ...leading] = selfCommand();
  const options = { detached: true } as object;
  const { pid, stdout, status, signal, error } = withoutHandlers(() =>
    spawnSync(command, [...leading, argument, String(process.pid), ...words], {
      ...options,
      input,
      stdio: ["pipe", "pipe", "inherit"],
      timeout: deadline,
      killSignal: "SIGKILL",
      maxBuffer: maxOutput,
      encoding: "utf8",
    }),
  );
  if (pid > 0) endGroup(pid);
  return { stdout: stdout ?? "", status, signal, error };
}
