// How this program starts itself once more: a compiled binary is its own command, source needs its runtime in front.
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The words in front of kso's own arguments. */
export function selfCommand(): [command: string, ...words: string[]] {
  const deno = "Deno" in globalThis;
  if (!deno && Bun.main.startsWith("/$bunfs/")) return [process.execPath];
  const script = fileURLToPath(new URL("../cli/main.ts", import.meta.url).href);
  return deno ? [process.execPath, "run", "-A", script] : [process.execPath, script];
}
