// Reads files that flags name.
import { readFileSync, statSync } from "node:fs";
import { KsoError, messageOf } from "../core/errors.ts";

/**
 * The text of a file; `flag` is what named it: `--ca`. Longer than `limit` bytes it cannot be.
 * @throws KsoError `usage` when it cannot be read.
 */
export function readText(path: string, flag: string, limit: number = Number.POSITIVE_INFINITY): string {
  try {
    const { size } = statSync(path);
    if (size > limit) throw new Error(`it has ${size} bytes, more than the ${limit} allowed`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new KsoError("usage", `Cannot read ${path} (${flag}): ${messageOf(cause)}`, cause);
  }
}
