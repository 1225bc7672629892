// How this program starts itself once more: a compiled binary is its own command, source needs its runtime in front.
import { fileURLToPath } from "node:url";

/** The words in front of kso's own arguments. */
export function selfCommand(): [command: string, ...words: string[]] {
  if (import.meta.url.includes("/$bunfs/")) return [process.execPath];
  const script = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
  return "Deno" in globalThis ? [process.execPath, "run", "-A", script] : [process.execPath, script];
}
