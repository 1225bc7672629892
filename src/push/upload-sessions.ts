// The upload sessions of a killed push, kept in a small file, so that the next push can resume them. Where a registry has
// forgotten one, the blob is sent from the start. The URLs may be signed, so that only the owner can read the file.
import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { replaceFile } from "../files/atomic.ts";
import { ownText } from "../files/read.ts";
import type { UploadSession } from "../oci/upload-session.ts";

/** Open uploads by `repository digest`. */
export interface UploadSessions {
  get(key: string): UploadSession | undefined;
  /** Keeps the URL of a session; undefined where the upload is over. */
  set(key: string, url: string | undefined): void;
}

const schema = v.record(v.string(), v.pipe(v.string(), v.url()));

/** The sessions in a file. A missing or malformed file counts as empty; a failure to write it is ignored. */
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
    const parsed = v.safeParse(schema, JSON.parse(ownText(path) ?? ""));
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
    // The file only saves time: the push goes on.
  }
}
