// Lines inside brackets and quotes may have any indentation in PyYAML, as in `ports: [` with its `]` at the margin; js-yaml wants them
// below their key. What stands before such a line means nothing, so it is indented.
import { YAMLException } from "js-yaml";

/** Lines that are indented in one text. */
const maxLines = 500;
/** Characters that are read again for them. */
const maxReread = 10_000_000;

/** Loads a text, with the lines indented that js-yaml refuses and PyYAML takes. @throws what `load` throws for any other reason. */
export function loadIndented<T>(text: string, load: (text: string) => T): T {
  const spaces = deepIndentation(text);
  let indented = text;
  for (let line = 0, reread = 0; ; line++, reread += indented.length) {
    try {
      return load(indented);
    } catch (thrown) {
      const start = lineToIndent(thrown);
      if (start === undefined || line >= maxLines || reread > maxReread) throw thrown;
      indented = indented.slice(0, start) + spaces + indented.slice(start);
    }
  }
}

/** Where the line begins that is not indented enough, if that is the error. Marks of documents stay where they are. */
function lineToIndent(thrown: unknown): number | undefined {
  if (!(thrown instanceof YAMLException) || thrown.reason !== "deficient indentation" || !thrown.mark) return undefined;
  const { buffer, position, column } = thrown.mark;
  const start = position - column;
  return /^(?:---|\.\.\.)(?:\s|$)/.test(buffer.slice(start, start + 4)) ? undefined : start;
}

/** More spaces than any line of the text begins with. */
function deepIndentation(text: string): string {
  const deepest = text.match(/^[ -]*/gm)?.reduce((most, spaces) => Math.max(most, spaces.length), 0) ?? 0;
  return " ".repeat(deepest + 1);
}
