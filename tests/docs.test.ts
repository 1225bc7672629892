// The pages that a user reads say the same in English and in Chinese, and every link of every page leads somewhere.
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { codeBlocks, commandLines, page } from "./support/document.ts";
import { codeWords, headings, links, tableRows, withoutComments } from "./support/markdown.ts";
import { root } from "./support/paths.ts";

/** Pages for those who work on kso; they are in English alone. */
const maintainers = ["architecture.md", "debugging.md", "dependencies.md", "release.md"];
/** Made in both languages: from the command line's own words, and from what it says. */
const made = ["cli.md", "session.md"];

const all = (readdirSync(join(root, "docs"), { recursive: true }) as string[])
  .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
  .map((name) => join("docs", name))
  .sort();
const chinese = (path: string): string => path.replace(/^docs\//, "docs/zh/");
const english = all.filter((path) => !/^docs\/(zh|decisions|site)\//.test(path));
const pairs = english
  .filter((path) => !maintainers.includes(path.slice(5)) && !made.includes(path.slice(5)))
  .map((path): [string, string] => [path, chinese(path)]);

test("each page of the user's is there in both languages, and no other", () => {
  const theirs = all.filter((path) => path.startsWith("docs/zh/") && !made.includes(path.slice(8)));
  expect(theirs).toEqual(pairs.map(([, zh]) => zh).sort());
});

describe.each([...pairs, ["README.md", "README.zh-CN.md"]])("%s and its Chinese", (en, zh) => {
  const [ours, theirs] = [page(en), page(zh)];

  if (zh !== "README.zh-CN.md") {
    test("the same headings, tables and code", () => {
      const levels = (text: string): readonly number[] => headings(text).map(({ level }) => level);
      expect(levels(theirs)).toEqual(levels(ours));
      expect(tableRows(theirs)).toEqual(tableRows(ours));
      const blocks = (text: string) =>
        codeBlocks(text).map(({ language, marks, text }) => [language, marks, withoutComments(text)]);
      expect(blocks(theirs)).toEqual(blocks(ours));
    });

    test("the same words in code: a flag that one names, the other names", () => {
      // What stands for something (`<host>`) has a name in each language.
      const words = (text: string): string[] =>
        [...new Set(codeWords(text).map((word) => word.replaceAll(/<[^>]*>/g, "<>")))]
          .filter((word) => !/[\u4e00-\u9fff]/.test(word))
          .sort();
      expect(words(theirs)).toEqual(words(ours));
    });

    test("the same links; those to pages that are there in Chinese lead to the Chinese one", () => {
      expect(targets(zh, theirs)).toEqual(targets(en, ours));
    });
  } else {
    test("every command line of the one is in the other", () => {
      const typed = (text: string): string[] => codeBlocks(text).flatMap(commandLines).map(withoutRemark).sort();
      expect(typed(theirs)).toEqual(typed(ours));
    });

    test("each story's side has the same lines, in the same order", () => {
      const sides = (text: string) =>
        codeBlocks(text)
          .filter(({ marks }) => marks.length > 0)
          .map((block) => [block.marks, commandLines(block).map(withoutRemark)]);
      expect(sides(theirs)).toEqual(sides(ours));
    });
  }

  test("the Chinese page has full-width punctuation", () => {
    const text = codeless(theirs);
    expect(
      [...text.matchAll(/.{0,8}([\u4e00-\u9fff][,;:!?]|[,;:!?()][\u4e00-\u9fff]|[\u4e00-\u9fff]\().{0,8}/gu)].map(
        ([at]) => at,
      ),
    ).toEqual([]);
  });
});

/** Where links lead, each as the English page would say it: a heading of the Chinese page counts as that of the English one. */
function targets(path: string, text: string): readonly string[] {
  return links(text)
    .map((link) => {
      if (/^[a-z]+:/.test(link)) return link;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : normalize(join(dirname(path), file));
      const counterpart = target.replace(/^docs\/zh\//, "docs/");
      if (
        path.startsWith("docs/zh/") &&
        target.startsWith("docs/") &&
        target === counterpart &&
        existsSync(join(root, chinese(target)))
      ) {
        return `${link} leads to the English page`;
      }
      if (anchor === undefined) return counterpart;
      return `${counterpart}, heading ${headings(page(target)).findIndex((heading) => heading.anchor === anchor)}`;
    })
    .sort();
}

test.each([...all, "README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md"])(
  "every link of %s leads somewhere",
  (path) => {
    const dead = links(page(path)).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : normalize(join(dirname(path), decodeURI(file)));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !headings(page(target)).some((heading) => heading.anchor === decodeURI(anchor));
    });
    expect(dead).toEqual([]);
  },
);

function withoutRemark(line: string): string {
  return line.replace(/\s+#\s.*$/, "");
}

/** The sentences alone. */
function codeless(text: string): string {
  return codeBlocks(text)
    .reduce((rest, { text: body }) => rest.replace(body, ""), text)
    .replaceAll(/`[^`]*`|\]\([^)]*\)/g, "");
}
