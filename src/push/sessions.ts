// Uploads that a killed push left half done: where each goes on, kept in a small file between runs. A registry forgets them
// after a while; then the blob begins anew. The addresses may be signed, so the file is its owner's alone.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { replaceFile } from "../files/atomic.ts";
import type { UploadSession } from "../oci/upload-session.ts";

export interface Sessions {
  of(key: string): UploadSession | undefined;
  /** Undefined: it is over. */
  note(key: string, url: string | undefined): void;
}

const schema = v.record(v.string(), v.pipe(v.string(), v.url()));

/** What is kept in the file; a file that is not there or makes no sense is an empty one, and one that cannot be written is none. */
export function openSessions(path: string): Sessions {
  const known = new Map<string, string>(Object.entries(read(path)));
  return {
    of(key) {
      const url = known.get(key);
      return url === undefined ? undefined : { url, resumed: true };
    },
    note(key, url) {
      if (known.get(key) === url) return;
      if (url === undefined) known.delete(key);
      else known.set(key, url);
      write(path, known);
    },
  };
}

function read(path: string): Record<string, string> {
  try {
    const parsed = v.safeParse(schema, JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.output : {};
  } catch {
    return {};
  }
}

function write(path: string, known: ReadonlyMap<string, string>): void {
  try {
    rmSync(path, { force: true });
    if (known.size === 0) return;
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, JSON.stringify(Object.fromEntries(known)), 0o600);
  } catch {
    // It saves time and is worth no failure.
  }
}
