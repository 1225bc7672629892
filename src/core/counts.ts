// What kso counts for people: files and images, wherever it is; blobs, entries and downloads are no matter of theirs.
import type { Language } from "./language.ts";

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

/** `2 files and 1 image`; a kind that there is none of is left out, unless there is nothing. */
export function formatCounts({ files, images }: Counts, language: Language = "en"): string {
  if (language === "zh")
    return joined(
      [
        [files, `${files} 个文件`],
        [images, `${images} 个镜像`],
      ],
      "和 ",
    );
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

/** `27 of 30 files, 12 of 48 images`, while they become complete; a kind that there is none of is left out. */
export function formatProgress(part: Counts, whole: Counts, language: Language): string {
  const text = (kind: keyof Counts, chinese: string): string =>
    language === "zh"
      ? `${part[kind]}/${whole[kind]} 个${chinese}`
      : `${part[kind]} of ${whole[kind]} ${whole[kind] === 1 ? kind.slice(0, -1) : kind}`;
  return [
    ...(whole.files > 0 ? [text("files", "文件")] : []),
    ...(whole.images > 0 ? [text("images", "镜像")] : []),
  ].join(language === "zh" ? "，" : ", ");
}

function joined(texts: readonly (readonly [count: number, text: string])[], and = " and "): string {
  const present = texts.filter(([count]) => count > 0);
  return (present.length > 0 ? present : texts).map(([, text]) => text).join(and);
}
