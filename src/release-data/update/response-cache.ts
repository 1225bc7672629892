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

const schema: v.GenericSchema<unknown, CachedResponse & { readonly digest: string }> = v.object({
  etag: v.optional(v.string()),
  modified: v.optional(v.string()),
  body: v.string(),
  digest: v.string(),
});

/** The cache in a folder. A broken or damaged entry counts as none: digests are taken from what it holds; and a cache that cannot be written is no error. */
export function openResponseCache(folder: string): ResponseCache {
  const pathOf = (url: string): string => join(folder, `${sha256(url)}.json`);
  return {
    read(url) {
      try {
        const cached = JSON.parse(ownText(pathOf(url), maxSize) ?? "");
        const { digest, ...response } = v.parse(schema, cached);
        return digest === sha256(response.body) ? response : undefined;
      } catch {
        return undefined;
      }
    },
    async write(url, response) {
      try {
        mkdirSync(folder, { recursive: true });
        await writeAtomic(pathOf(url), JSON.stringify({ ...response, digest: sha256(response.body) }));
      } catch {
        // The next run sends the request again.
      }
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
