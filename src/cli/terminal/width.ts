// Text and the columns that it takes on a terminal: a Chinese character takes two.
import stringWidth from "string-width";

/** How many columns a text takes. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** The text, with spaces behind it up to that many columns. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columnsOf(text)));
}

/** Cuts the middle out: both the beginning and the end of a path tell what it is. */
export function truncateMiddle(name: string, width: number): string {
  if (columnsOf(name) <= width) return name;
  const end = Math.floor((width - 1) / 2);
  const tail = end > 0 ? [...name].reverse() : [];
  return `${firstOf([...name], width - 1 - end)}…${[...firstOf(tail, end)].reverse().join("")}`;
}

/** Cuts off what does not fit. */
export function truncateEnd(text: string, width: number): string {
  return columnsOf(text) > width ? `${firstOf([...text], width - 1)}…` : text;
}

/** As many of the characters as fit into so many columns. */
function firstOf(characters: readonly string[], width: number): string {
  let text = "";
  let used = 0;
  for (const character of characters) {
    used += columnsOf(character);
    if (used > width) break;
    text += character;
  }
  return text;
}

/**
 * Parts of a word between which a line may end: Chinese characters each, with the brackets in front of them and the punctuation behind
 * them, which neither end nor begin a line.
 */
const parts =
  /[（《“‘「【]*(?:[\u3400-\u9fff]|[^\u3400-\u9fff（《“‘「【，。、；：！？）》”’」】]+|)[，。、；：！？）》”’」】]*/gu;

/** Splits a text into lines of at most that width; what cannot be broken (a path, a URL) is a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const part of text.split(" ").flatMap(partsOf)) {
    const needed = columnsOf(part);
    if (lines.length > 0 && used + needed <= width) {
      lines[lines.length - 1] += part;
      used += needed;
    } else {
      lines.push(part.trimStart());
      used = columnsOf(part.trimStart());
    }
  }
  return lines;
}

/** The parts of a word, with a space before the first one unless it begins the text. */
function partsOf(word: string, index: number): string[] {
  const [first = "", ...others] = word.match(parts)?.filter(Boolean) ?? [];
  return [index > 0 ? ` ${first}` : first, ...others];
}

/** A message of one or several lines, each wrapped, with what follows indented below it. */
export function wrapMessage(text: string, width: number): string {
  const wrapped = text.split("\n").map((line) => {
    const [, indent = "", rest = ""] = /^( *)(.*)$/s.exec(line) ?? [];
    return indent + wrap(rest, Math.max(20, width - indent.length - 2)).join(`\n${indent}  `);
  });
  return wrapped.join("\n");
}

/** A command line, indented; a long one goes on behind a backslash, so that it can be pasted as it stands. A flag keeps its value. */
export function wrapCommand(line: string, width: number): string {
  const space = Math.max(20, width - 6);
  const together = line.replace(/(?<= )-\S+ [^-\s]\S*/g, (flag) =>
    columnsOf(flag) > space ? flag : flag.replace(" ", "\u00a0"),
  );
  const lines = wrap(together, space);
  return `  ${lines.join(" \\\n    ").replaceAll("\u00a0", " ")}`;
}
