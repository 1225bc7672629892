// What the registry has already. In travel images under their new names; out travels, for each blob and document, in which
// repositories it is, and what the tags name now. Everything is asked by HEAD.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Registry } from "../oci/registry.ts";
import type { Content } from "./content.ts";
import type { Named } from "./names.ts";

export type Image = Named & { readonly content: Content };

export interface Survey {
  /** Blob → the repositories that have it. Grows as blobs arrive. */
  readonly homes: Map<Digest, Set<string>>;
  /** `repository digest` of each manifest and index that is there. */
  readonly papers: ReadonlySet<string>;
  /** `repository:tag` → what it names. */
  readonly tags: ReadonlyMap<string, Digest>;
}

export async function survey(registry: Registry, images: readonly Image[], signal: AbortSignal): Promise<Survey> {
  const homes = new Map<Digest, Set<string>>();
  const papers = new Set<string>();
  const tags = new Map<string, Digest>();
  const blobs = wantedBlobs(images);
  await Promise.all([
    ...blobs.map(async ({ repository, blob }) => {
      if (!(await registry.writer(repository).has(blob, signal))) return;
      const there = homes.get(blob.digest) ?? new Set();
      homes.set(blob.digest, there.add(repository));
    }),
    ...images.map(async ({ repository, tag, content }) => {
      const own = registry.reader(repository);
      const named = await own.head(tag, signal);
      if (named) tags.set(`${repository}:${tag}`, named.digest);
      for (const { blob } of content.papers)
        if (await own.head(blob.digest, signal)) papers.add(paperKey(repository, blob));
    }),
  ]);
  return { homes, papers, tags };
}

/** Each blob of each repository once, the largest first. */
export function wantedBlobs(images: readonly Image[]): { readonly repository: string; readonly blob: Descriptor }[] {
  const wanted = new Map<string, { repository: string; blob: Descriptor }>();
  for (const { repository, content } of images)
    for (const blob of content.blobs) wanted.set(`${repository} ${blob.digest}`, { repository, blob });
  return [...wanted.values()].sort((a, b) => b.blob.size - a.blob.size);
}

export function paperKey(repository: string, { digest }: Descriptor): string {
  return `${repository} ${digest}`;
}
