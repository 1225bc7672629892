// The output of a process that runs a user's plugin: what the plugin prints never mixes with what the parent process reads.
import { Buffer } from "node:buffer";
import console from "node:console";
import { writeSync } from "node:fs";
import process from "node:process";
import { endGroup } from "./process-group.ts";

/** Sends everything printed from now on to stderr. Returns a function that writes to the real stdout and ends the process. */
export function reserveStdout(): (text: string) => never {
  const exit = process.exit.bind(process);
  const write = process.stderr.write.bind(process.stderr);
  process.stdout.write = write as typeof process.stdout.write;
  for (const name of ["log", "info", "debug", "warn", "error", "dir", "table", "trace"] as const)
    console[name] = (...values: unknown[]) => void write(`${values.map(String).join(" ")}\n`);
  return (text) => {
    writeAll(text);
    // What the plugin started would keep the output open.
    endGroup(process.pid);
    return exit(0);
  };
}

/** Writes it all, or as much as the parent lives to read. */
function writeAll(text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw thrown;
    }
  }
}
