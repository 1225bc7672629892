// Files and images become complete when the last of their bytes has come.
import { expect, test } from "bun:test";
import { ItemCompletion } from "../../src/fetch/completion.ts";
import type { Download } from "../../src/fetch/downloads.ts";

const download = (files: number, ...images: string[]): Download =>
  ({
    transfer: { id: `${files} ${images}` },
    files: Array.from({ length: files }, () => ({})),
    images: images.map((image) => ({ artifact: { image } })),
  }) as unknown as Download;

test("an image is complete with its last blob, also one that another image shares; a file with its own", () => {
  const file = download(1);
  const shared = download(0, "a", "b");
  const own = download(0, "a");
  const completion = new ItemCompletion([file, shared, own]);
  expect(completion.total).toEqual({ files: 1, images: 2 });
  expect(completion.arrived(own.transfer)).toEqual([]);
  expect(completion.arrived(shared.transfer)).toEqual(["image", "image"]);
  expect(completion.arrived(file.transfer)).toEqual(["file"]);
  expect(completion.arrived({} as Download["transfer"])).toEqual([]);
});

test("bytes that are a file's and an image's, and two files' at once", () => {
  const both = download(2, "a");
  const completion = new ItemCompletion([both]);
  expect(completion.total).toEqual({ files: 2, images: 1 });
  expect(completion.arrived(both.transfer)).toEqual(["file", "file", "image"]);
});
