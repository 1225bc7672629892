// What is fuzzed: a target makes files of an input and says what is done with them.
import type { Random } from "./random.ts";

/** Something that is done with an input: a command line of kso's, or a function of it. */
export type Step = readonly string[] | { readonly name: string; run(): unknown };

/** An input, laid out. */
export interface Prepared {
  readonly steps: readonly Step[];
  /** Files and folders that no step may change if it fails. */
  readonly kept?: readonly string[];
  /** Ends what was started for it. */
  end?(): unknown;
}

/** A kind of input. */
export interface Target {
  readonly name: string;
  /** Good inputs. They are made in the folder, once. */
  seeds(folder: string): Promise<readonly Uint8Array[]> | readonly Uint8Array[];
  /** Words of the input's language. */
  readonly words?: readonly string[];
  /** Changes an input in its own way; undefined: as bytes. */
  mutate?(input: Uint8Array, random: Random): Uint8Array | undefined;
  /** Lays the input out in an empty folder, which is the working directory. */
  prepare(folder: string, input: Uint8Array): Prepared | Promise<Prepared>;
}

/** How a step ended. */
export interface Outcome {
  readonly step: string;
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Something of `kept` that is no longer what it was. */
  readonly changed?: string;
  /** Of a process of its own: the most it held. Bytes. */
  readonly memory?: number;
}

/** Bytes that one case may make a process hold. */
export const maxMemory = 500e6;

/** The exit codes that a user's mistake, or anybody's bad input, may have. */
const allowedCodes: ReadonlySet<number> = new Set([0, 2, 3, 4, 5, 6]);

/** Why an outcome is none that a user may see; undefined where it is one. */
export function faultOf({ step, code, out, err, changed, memory = 0 }: Outcome): string | undefined {
  const told = (reason: string): string => `${step}: ${reason}`;
  if (!allowedCodes.has(code)) return told(`exit code ${code}: ${(err || out).trim().slice(0, 400)}`);
  if (memory > maxMemory) return told(`it takes ${Math.round(memory / 1e6)} MB`);
  const trace =
    /\n\s+at .+|\bTypeError\b|\bRangeError\b|\bSyntaxError\b|\bunexpected: |undefined is not|is not a function/.exec(
      err,
    );
  if (trace) return told(`a stack trace, or an engine's own words: ${trace[0].trim()} in ${err.slice(0, 300)}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them.
  const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.exec(err);
  if (control)
    return told(
      `U+${control[0].charCodeAt(0).toString(16).padStart(4, "0")} on stderr: ${JSON.stringify(err.slice(Math.max(0, control.index - 80), control.index + 20))}`,
    );
  if (code !== 0 && err.trim() === "" && out.trim() === "") return told(`exit code ${code} without a word`);
  return changed === undefined ? undefined : told(`it failed and changed ${changed}`);
}
