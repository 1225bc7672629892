// Which files and images become complete as downloads arrive: images share blobs, and have several.
import type { Counts } from "../core/counts.ts";
import type { Download } from "./downloads.ts";
import type { Transfer } from "./transfer.ts";

/** The files and images of downloads, until they are complete. */
export class ItemCompletion {
  /** How many there are. */
  readonly total: Counts;
  readonly #downloads: ReadonlyMap<Transfer, Download>;
  /** The number of blobs that are still to come, by the image's name. */
  readonly #open: Map<string, number> = new Map();

  constructor(downloads: readonly Download[]) {
    this.#downloads = new Map(downloads.map((download) => [download.transfer, download]));
    for (const name of downloads.flatMap(imageNames)) this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
    const files = downloads.reduce((sum, download) => sum + download.files.length, 0);
    this.total = { files, images: this.#open.size };
  }

  /** A download has arrived. @returns what is complete by it. */
  arrived(transfer: Transfer): ("file" | "image")[] {
    const download = this.#downloads.get(transfer);
    if (!download) return [];
    const images = imageNames(download).filter((name) => {
      const left = (this.#open.get(name) ?? 0) - 1;
      this.#open.set(name, left);
      return left === 0;
    });
    return [...download.files.map(() => "file" as const), ...images.map(() => "image" as const)];
  }
}

function imageNames({ images }: Download): string[] {
  return [...new Set(images.map(({ artifact }) => artifact.image))];
}
