// Text on a terminal: columns, not letters; lines that end where a reader expects it.
import { expect, test } from "bun:test";
import { columnsOf, padTo, truncateEnd, truncateMiddle, wrap, wrapMessage } from "../../../src/cli/terminal/width.ts";

test("a Chinese character takes two columns, whatever is done with it", () => {
  expect([columnsOf("kso"), columnsOf("离线包"), columnsOf("kso 离线包")]).toEqual([3, 6, 10]);
  expect(padTo("离线", 6)).toBe("离线  ");
  expect(truncateEnd("离线包很大", 7)).toBe("离线包…");
  expect(truncateMiddle("离线包/镜像/仓库.tar", 13)).toBe("离线包…库.tar");
  for (let width = 3; width < 30; width++) {
    expect(columnsOf(truncateMiddle("镜像/quay.io/镜像仓库/calico", width))).toBeLessThanOrEqual(width);
    expect(columnsOf(truncateEnd("镜像/quay.io/镜像仓库/calico", width))).toBeLessThanOrEqual(width);
  }
});

test("a line ends between words, and between Chinese characters, but never before a comma or behind a bracket", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("a https://example.org/a/long/path b", 10)).toEqual(["a", "https://example.org/a/long/path", "b"]);
  const text = "把集群所需的全部内容（文件、镜像）下载到本地缓存，并写入 kso.lock.json。";
  for (let width = 16; width < 80; width++) {
    const lines = wrap(text, width);
    expect(lines.filter((line) => columnsOf(line) > width)).toEqual([]);
    expect(lines.filter((line) => /^[，。、）]|[（]$/.test(line))).toEqual([]);
    expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
  }
});

test("a message keeps its lines, and what follows is indented below", () => {
  expect(wrapMessage("note: a message of some words\n  next line of it", 22)).toBe(
    "note: a message of\n  some words\n  next line of it",
  );
});
