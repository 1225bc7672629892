// Uploads that a killed push left half done: where each goes on, kept in a small file between runs. A registry forgets them
// after a while; then the blob begins anew. The addresses may be signed, so the file is its owner's alone.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { replaceFile } from "../files/atomic.ts";
import type { UploadSession } from "../oci/upload-session.ts";

/** Open uploads by `repository digest`. */
export interface UploadSessions {
  get(key: string): UploadSession | undefined;
  /** Undefined: the upload is over. */
  set(key: string, url: string | undefined): void;
}

const schema = v.record(v.string(), v.pipe(v.string(), v.url()));

/** The sessions in a file; one that is missing or makes no sense is an empty one, and one that cannot be written is none. */
export function openUploadSessions(path: string): UploadSessions {
  const urls = new Map<string, string>(Object.entries(read(path)));
  return {
    get(key) {
      const url = urls.get(key);
      return url === undefined ? undefined : { url, resumed: true };
    },
    set(key, url) {
      if (urls.get(key) === url) return;
      if (url === undefined) urls.delete(key);
      else urls.set(key, url);
      write(path, urls);
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

function write(path: string, urls: ReadonlyMap<string, string>): void {
  try {
    rmSync(path, { force: true });
    if (urls.size === 0) return;
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, JSON.stringify(Object.fromEntries(urls)), 0o600);
  } catch {
    // It saves time and is worth no failure.
  }
}
