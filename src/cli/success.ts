// How a command ends well: what was done, and what to do next, said once.
import process from "node:process";
import { profileNames, readProfile } from "../catalog/presets.ts";
import { formatCounts } from "../core/counts.ts";
import type { Text } from "../core/language.ts";
import type { Lock } from "../core/lock.ts";
import type { Plan } from "../core/plan.ts";
import { shellWord } from "../core/shell.ts";
import { formatSize } from "../core/size.ts";
import type { GeneralOptions, SelectionOptions } from "../flags/table.ts";
import { profileSavings } from "../plan/profile-savings.ts";
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

/** Says what profiles would leave out of a plan that was made without one. */
export function saySavings(
  output: Output,
  plan: Plan,
  { profile, manifests }: Pick<SelectionOptions, "profile" | "manifests">,
  lock?: Lock,
): void {
  for (const name of profile === undefined ? profileNames(manifests) : []) {
    const savings = profileSavings(plan, readProfile(name, manifests), lock);
    if (!savings) continue;
    const { counts, bytes } = savings;
    const size = bytes === undefined ? "" : ` (${formatSize(bytes)})`;
    say(output, {
      en: `--profile ${name} would leave out ${formatCounts(counts)}${size}`,
      zh: `加上 --profile ${name} 可略去 ${formatCounts(counts, "zh")}${size}`,
    });
  }
}

/** What was typed behind the command's name, as words of a shell, without these switches; nothing where another program runs it. */
export function typedWords(command: string, without: readonly string[]): string[] {
  const at = process.argv.indexOf(command, 2);
  return at < 0 ? [] : process.argv.slice(at + 1).flatMap((word) => (without.includes(word) ? [] : [shellWord(word)]));
}
