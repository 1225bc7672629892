// Caches responses between runs: one file for each URL.
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { writeAtomic } from "../../files/atomic.ts";
import { ownText } from "../../files/read.ts";

/** No response that is kept is larger. Bytes. */
const maxSize = 64 << 20;

/** A response, with the validators by which a server says whether it is still the same. */
export interface CachedResponse {
  readonly etag?: string | undefined;
  readonly modified?: string | undefined;
  readonly body: string;
}

/** The responses of earlier runs. */
export interface ResponseCache {
  read(url: string): CachedResponse | undefined;
  write(url: string, response: CachedResponse): Promise<void>;
}

const schema: v.GenericSchema<unknown, CachedResponse> = v.object({
  etag: v.optional(v.string()),
  modified: v.optional(v.string()),
  body: v.string(),
});

/** The cache in a folder. A broken entry counts as none, and a cache that cannot be written is no error. */
export function openResponseCache(folder: string): ResponseCache {
  const pathOf = (url: string): string => join(folder, `${createHash("sha256").update(url).digest("hex")}.json`);
  return {
    read(url) {
      try {
        return v.parse(schema, JSON.parse(ownText(pathOf(url), maxSize) ?? ""));
      } catch {
        return undefined;
      }
    },
    async write(url, response) {
      try {
        mkdirSync(folder, { recursive: true });
        await writeAtomic(pathOf(url), JSON.stringify(response));
      } catch {
        // The next run sends the request again.
      }
    },
  };
}
