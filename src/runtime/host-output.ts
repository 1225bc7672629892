// The output of a process that runs a user's plugin: what the plugin prints never mixes with what the parent process reads.
import { Buffer } from "node:buffer";
import console from "node:console";
import { writeSync } from "node:fs";
import process from "node:process";

/** Sends everything printed from now on to stderr. Returns a function that writes to the real stdout and ends the process. */
export function reserveStdout(): (text: string) => never {
  const exit = process.exit.bind(process);
  const write = process.stderr.write.bind(process.stderr);
  process.stdout.write = write as typeof process.stdout.write;
  for (const name of ["log", "info", "debug", "warn", "error", "dir", "table", "trace"] as const)
    console[name] = (...values: unknown[]) => void write(`${values.map(String).join(" ")}\n`);
  return (text) => {
    writeAll(text);
    return exit(0);
  };
}

function writeAll(text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EAGAIN") throw thrown;
    }
  }
}
