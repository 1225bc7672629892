// Messages for people on stderr: fit for the terminal, in what they hold and in how wide they are.
import process from "node:process";
import { printable, printableMessage } from "../../core/quote.ts";
import { wrapCommand, wrapMessage } from "./width.ts";

/** A message as stderr shows it: on a terminal no line is wider than that, unless it is a word that cannot be broken. */
export function messageLines(text: string): string {
  const message = printableMessage(text);
  const width = terminalWidth();
  return width === undefined ? message : wrapMessage(message, width);
}

/** A command line to copy, as stderr shows it. */
export function commandLine(line: string): string {
  return wrapCommand(printable(line), terminalWidth() ?? Number.POSITIVE_INFINITY);
}

/** How wide the terminal on stderr is; undefined where none is, or it does not say. */
function terminalWidth(): number | undefined {
  return process.stderr.isTTY && process.stderr.columns > 0 ? process.stderr.columns : undefined;
}
