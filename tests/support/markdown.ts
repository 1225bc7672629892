// What stands in a Markdown page beside its sentences: headings, links, tables, words in code. Two languages of a page are compared by it.
import { slug } from "../../docs/site/slug.ts";
import { codeBlocks } from "./document.ts";

export interface Heading {
  readonly level: number;
  /** What a link to it says behind `#`, as code hosts make it of the words. */
  readonly anchor: string;
}

/** The page without its code blocks and comments. */
export function prose(text: string): string {
  const lines = text.split("\n");
  for (const { line, text: body } of codeBlocks(text)) {
    const end = line + body.split("\n").length;
    lines.fill("", line - 1, end);
  }
  return lines.join("\n").replaceAll(/<!--.*?-->/gs, "");
}

/** All headings, in order. Two that have one name get anchors of their own. */
export function headings(text: string): readonly Heading[] {
  const taken = new Map<string, number>();
  return [...prose(text).matchAll(/^(#{1,6}) (.+)$/gm)].map(([, marks = "", words = ""]) => {
    const name = slug(words.replaceAll(/`|\[|\]\([^)]*\)/g, ""));
    const before = taken.get(name) ?? 0;
    taken.set(name, before + 1);
    return { level: marks.length, anchor: before === 0 ? name : `${name}-${before}` };
  });
}

/** Where its links and pictures lead, in order. */
export function links(text: string): readonly string[] {
  const plain = prose(text).replaceAll(/`[^`\n]*`/g, "");
  return [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** The words in code (`` `--arch` ``) outside of code blocks. */
export function codeWords(text: string): readonly string[] {
  return [...prose(text).matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word.replaceAll(/\s+/g, " "));
}

/** The number of cells in each row of its tables. */
export function tableRows(text: string): readonly number[] {
  return [...prose(text).matchAll(/^\|(.*)\|$/gm)].map(([, row = ""]) => row.split(/(?<!\\)\|/).length);
}

/** A code block without what is said to people in it. */
export function withoutComments(text: string): string {
  return text
    .replaceAll(/^\s*(#|\/\/) .*$/gm, "")
    .replaceAll(/\s+(#|\/\/) .*$/gm, "")
    .replaceAll(/\n+/g, "\n")
    .trim();
}
