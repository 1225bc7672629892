// Makes a chart repository of every folder with charts: Helm asks for index.yaml first, which no lock names.
import { createHash } from "node:crypto";
import { formatIndex } from "../../charts/index-file.ts";
import { chartRepositories } from "../../charts/repository.ts";
import type { Digest } from "../../core/digest.ts";
import { fileMediaType } from "../../core/lock.ts";
import { type ContentIndex, decodePath } from "./content-index.ts";

/** The content index with index.yaml beside the charts; a file of that name that a bundle has stays. */
export async function withChartIndexes(index: ContentIndex): Promise<ContentIndex> {
  const locked = index.locks.flatMap((lock) => lock.files);
  const files = new Map(index.files);
  const generated = new Map(index.generated);
  for (const repository of await chartRepositories(locked, index)) {
    const { path } = repository;
    const key = decodePath(path) ?? path;
    if (files.has(key)) continue;
    const bytes = new TextEncoder().encode(formatIndex(repository));
    const digest: Digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    files.set(key, { path, blob: { mediaType: fileMediaType, digest, size: bytes.length } });
    generated.set(digest, bytes);
  }
  return { ...index, files, generated };
}
