// A store that is only looked at, for runs that say what they would do: nothing is created, hashed, recorded or written.
import { join } from "node:path";
import type { Descriptor, Extent } from "../core/descriptor.ts";
import { type Digest, digestParts, parseDigest } from "../core/digest.ts";
import { ownText } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import type { Store } from "./store.ts";

/** Looks at the store of a path, which need not be there. What it is given to keep is forgotten, and counts as there. */
export function peekStore(path: string): Store {
  const put = new Map<Digest, number>();
  const fileOf = (digest: Digest): string => join(path, "blobs", "sha256", digestParts(digest).hex);
  const fileSizeOf = (digest: Digest): number | undefined => {
    const stats = statsAt(fileOf(digest));
    return stats?.isFile() ? stats.size : undefined;
  };
  const sizeOf = (digest: Digest): number | undefined =>
    digest.startsWith("sha256:") ? (put.get(digest) ?? fileSizeOf(digest)) : undefined;
  const locate = (digest: Digest): readonly Extent[] | undefined => {
    const length = fileSizeOf(digest);
    return length === undefined ? undefined : [{ path: fileOf(digest), offset: 0, length }];
  };
  const annotation = (kind: string, digest: Digest): unknown => {
    try {
      return JSON.parse(ownText(join(path, "annotations", `${kind}-${digestParts(digest).hex}.json`)) ?? "");
    } catch {
      return undefined;
    }
  };
  return {
    path,
    has: ({ digest, size }: Pick<Descriptor, "digest" | "size">) => sizeOf(digest) === size,
    sizeOf,
    fileSizeOf,
    locate,
    annotation,
    alias: (digest) => {
      const alias = annotation("alias", digest);
      return typeof alias === "string" ? parseDigest(alias) : undefined;
    },
    put: async ({ digest, size }) => void put.set(digest, size),
    damaged: [],
    digests: () => [],
    isUnhashed: () => false,
    verify: async () => undefined,
    remove: () => false,
    link: () => false,
    ingest: () => undefined,
    annotate: () => undefined,
    keepRecords: () => undefined,
    assertWritable: () => undefined,
    close: () => undefined,
  };
}
