// The code blocks of a Markdown page and the command lines in them, so that tests run what a page tells its readers to type.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.ts";

export interface CodeBlock {
  /** The first word behind the fence: `sh`, `console`, `yaml`; empty where there is none. */
  readonly language: string;
  /** The other words behind the fence: ```` ```sh install connected ```` is marked `install` and `connected`. Readers do not see them. */
  readonly marks: readonly string[];
  readonly text: string;
  /** The line of the fence in the page, from 1. */
  readonly line: number;
}

/** The text of a page of this repository: `page("README.md")`. */
export function page(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** All code blocks of a page, in order; with `mark`, those that are marked so. A fence that does not end is an error. */
export function codeBlocks(text: string, mark?: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { readonly fence: string; readonly words: readonly string[]; readonly line: number } | undefined;
  let body: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const [, fence, info] = /^ {0,3}(`{3,})(.*)$/.exec(line) ?? [];
    if (!open && fence) {
      open = { fence, words: (info ?? "").split(" ").filter(Boolean), line: index + 1 };
      body = [];
    } else if (open && fence && fence.length >= open.fence.length && info?.trim() === "") {
      const [language = "", ...marks] = open.words;
      blocks.push({ language, marks, text: body.map((one) => `${one}\n`).join(""), line: open.line });
      open = undefined;
    } else body.push(line);
  }
  if (open) throw new Error(`The code block of line ${open.line} does not end`);
  return mark === undefined ? blocks : blocks.filter(({ marks }) => marks.includes(mark));
}

/**
 * What a block tells its reader to type, one command an entry, continued lines (`\`) joined as the page has them. In a `console`
 * block that is what stands behind `$ `; in any other block each line that is neither empty nor a comment.
 */
export function commandLines({ language, text }: CodeBlock): readonly string[] {
  const commands: string[] = [];
  let continued = false;
  for (const line of text.split("\n")) {
    const typed = language === "console" ? /^\$ (.*)$/.exec(line)?.[1] : /^(?!\s*(#|$)).*$/.exec(line)?.[0];
    if (continued) commands.push(`${commands.pop()}\n${line}`);
    else if (typed !== undefined) commands.push(typed);
    else continue;
    continued = line.endsWith("\\");
  }
  return commands.map((command) => command.replaceAll(/\s*\\\n\s*/g, " "));
}
