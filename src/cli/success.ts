// How a command ends well: what was done, and what to do next, said once.
import process from "node:process";
import { profileNames, readProfile } from "../catalog/presets.ts";
import { formatCounts } from "../core/counts.ts";
import type { Text } from "../core/language.ts";
import type { Lock } from "../core/lock.ts";
import type { Plan } from "../core/plan.ts";
import { releasesOf } from "../core/releases.ts";
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
  if (next) advise(output, options, next);
}

/** Says what to do next. */
export function advise(output: Output, { json }: Pick<GeneralOptions, "json">, { meaning, lines }: NextStep): void {
  if (!json) say(output, { en: `Next, ${meaning.en}:`, zh: `下一步，${meaning.zh}：` }, lines);
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

/** Where a bundle is served or was pushed to, and what a cluster needs to know of it. */
export interface Site {
  readonly bundles: readonly string[];
  readonly lock: Lock;
  /** `http://10.0.0.5:5000`. */
  readonly registry: string;
  /** `http://10.0.0.5:8080/k8s`; undefined where nobody knows. */
  readonly files: string | undefined;
  readonly naming?: "keep-host" | undefined;
  /** Which of the two ask for a password. */
  readonly credentials?: readonly ("files" | "registry")[];
  /** The path of a CA that nodes do not know. */
  readonly ca?: string | undefined;
}

/** The command lines that point a cluster at a site, and hold it against the bundle: one for each release in it. */
export function configLines({ bundles, lock, registry, files, naming, credentials = [], ca }: Site): string[] {
  const options = [
    ...["--registry-host", registry, "--files-url", files ?? "URL"],
    ...(naming ? ["--map", naming] : []),
    ...(credentials.length > 0 ? ["--credentials", credentials.join(",")] : []),
    ...(ca === undefined ? [] : ["--ca", ca]),
  ];
  return releasesOf(lock).map(({ version }) => {
    const ofRelease = lock.releases ? ["--kubespray", version, "-o", `offline-${version}.yml`] : ["-o", "offline.yml"];
    return ["kso", "config", "kubespray", ...bundles, ...options, ...ofRelease, "--check"].map(shellWord).join(" ");
  });
}
