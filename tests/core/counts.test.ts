// Files and images, counted for people.
import { expect, test } from "bun:test";
import { countsOf, formatCounts, formatShare } from "../../src/core/counts.ts";

test("a kind that there is none of is left out; one is no plural", () => {
  const kinds = (...all: readonly ("file" | "image")[]) => countsOf(all.map((kind) => ({ kind })));
  expect(formatCounts(kinds("file", "image", "file"))).toBe("2 files and 1 image");
  expect(formatCounts(kinds("file"))).toBe("1 file");
  expect(formatCounts(kinds("image", "image"))).toBe("2 images");
  expect(formatShare(kinds("file", "image"), { files: 30, images: 1 })).toBe("1 of 30 files and 1 of 1 images");
  expect(formatShare(kinds("image"), { files: 30, images: 4 })).toBe("1 of 4 images");
});

test("nothing is said in both kinds; Chinese has no plural", () => {
  expect(formatCounts({ files: 0, images: 0 })).toBe("0 files and 0 images");
  expect(formatCounts({ files: 2, images: 1 }, "zh")).toBe("2 个文件和 1 个镜像");
  expect(formatCounts({ files: 0, images: 3 }, "zh")).toBe("3 个镜像");
});
