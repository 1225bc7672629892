// What kso counts for people: files and images, wherever it is; blobs, entries and downloads are no matter of theirs.

/** So many files, so many images. */
export interface Counts {
  readonly files: number;
  readonly images: number;
}

/** Counts what is of either kind. */
export function countsOf(items: Iterable<{ readonly kind: "file" | "image" }>): Counts {
  const counts = { files: 0, images: 0 };
  for (const { kind } of items) counts[`${kind}s`]++;
  return counts;
}

/** `2 files and 1 image`; a kind that there is none of is left out. */
export function formatCounts({ files, images }: Counts): string {
  return joined([
    [files, `${files} file${files === 1 ? "" : "s"}`],
    [images, `${images} image${images === 1 ? "" : "s"}`],
  ]);
}

/** `2 of 30 files and 1 of 40 images`; a kind of which there is no part is left out. */
export function formatShare(part: Counts, whole: Counts): string {
  return joined([
    [part.files, `${part.files} of ${whole.files} files`],
    [part.images, `${part.images} of ${whole.images} images`],
  ]);
}

function joined(texts: readonly (readonly [count: number, text: string])[]): string {
  return texts.flatMap(([count, text]) => (count > 0 ? [text] : [])).join(" and ");
}
