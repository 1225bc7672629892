// How a command ends well: what was done, and what to do next, said once.
import process from "node:process";
import type { Text } from "../core/language.ts";
import { shellWord } from "../core/shell.ts";
import type { GeneralOptions } from "../flags/table.ts";
import { type Output, say } from "./command.ts";

/** What whoever ran a command does next: the lines to type, and what they are for. */
export interface NextStep {
  readonly meaning: Text;
  readonly lines: readonly string[];
}

/** Says what was done and, to a person, what to do next: not with --quiet, and not where a program reads JSON. */
export function succeed(output: Output, options: Pick<GeneralOptions, "json">, done: Text, next?: NextStep): void {
  say(output, done);
  if (!next || options.json) return;
  const { en, zh } = next.meaning;
  say(output, { en: `Next, ${en}:`, zh: `下一步，${zh}：` }, next.lines);
}

/** What was typed behind the command's name, as words of a shell, without these switches; nothing where another program runs it. */
export function typedWords(command: string, without: readonly string[]): string[] {
  const at = process.argv.indexOf(command, 2);
  return at < 0 ? [] : process.argv.slice(at + 1).flatMap((word) => (without.includes(word) ? [] : [shellWord(word)]));
}
