// What lies at a path that somebody named.
import { type Stats, statSync } from "node:fs";
import { KsoError } from "../core/errors.ts";
import { diskReason, errorCode } from "./disk.ts";

/** What lies at a path; undefined for nothing, also below a file. @throws KsoError `usage` where nobody may look. */
export function statsAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if (errorCode(cause) === "ENOTDIR") return undefined;
    throw new KsoError("usage", `Cannot read ${path}: ${diskReason(cause)}`, cause);
  }
}
