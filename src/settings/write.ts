// A kso.yaml as `kso init` writes it: what was chosen, and every other setting as a comment, each with what it means.
import { stringify } from "yaml";
import { sections, topKeys } from "../flags/sections.ts";
import { type Flag, type FlagKey, flags, type Group } from "../flags/table.ts";

/** What goes into the file, and the words around it. */
export interface WrittenSettings {
  /** The option-arguments that were chosen. */
  readonly chosen: ReadonlyMap<FlagKey, readonly string[]>;
  /** What stands at the top. Lines. */
  readonly heading: readonly string[];
  /** What introduces the settings of single commands. Lines. */
  readonly commands: readonly string[];
  /** What a setting means. Lines. */
  meaningOf(key: FlagKey): readonly string[];
  /** The heading of a group. */
  titleOf(group: Group): string;
}

/** The text of the file: what is a sentence begins with `# `, what only wants its `#` taken away to count does not. */
export function formatSettings({ chosen, heading, commands, meaningOf, titleOf }: WrittenSettings): string {
  const groups = Map.groupBy(topKeys, (key) => flags[key].group);
  const parts = [...groups].map(([group, keys]) =>
    [`# ${titleOf(group)}`, ...keys.map((key) => entry(key, meaningOf(key), chosen.get(key)))].join("\n\n"),
  );
  const own = Object.entries(sections).flatMap(([name, { keys }]) => {
    const below = keys.filter((key) => flags[key].below);
    return below.length === 0
      ? []
      : [[`#${name}:`, ...below.map((key) => `#  ${example(flags[key])}  # ${meaningOf(key).join(" ")}`)].join("\n")];
  });
  return `${[comment(heading), ...parts, [comment(commands), ...own].join("\n")].join("\n\n")}\n`;
}

function entry(key: FlagKey, meaning: readonly string[], chosen: readonly string[] | undefined): string {
  const flag = flags[key];
  const setting = chosen ? stringify({ [flag.name]: settingOf(flag, chosen) }, yaml).trimEnd() : `#${example(flag)}`;
  return `${comment(meaning)}\n${setting}`;
}

/** Every scalar is text to kso: 1.30 stands there without quotes. */
const yaml = { schema: "failsafe", lineWidth: 0 } as const;

function settingOf({ type }: Flag, texts: readonly string[]): string | readonly string[] {
  if (type === "switch") return "true";
  const values = type === "list" || type === "platforms" || type === "versions" ? texts.flatMap(words) : texts;
  const [first = ""] = values;
  return values.length > 1 ? values : first;
}

function words(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);
}

function example({ name, type, value = "true", choices, default: initial }: Flag): string {
  const word = typeof initial === "object" || initial === undefined ? (choices?.[0] ?? value) : String(initial);
  return `${name}: ${type === "switch" ? "true" : word}`;
}

function comment(lines: readonly string[]): string {
  return lines.map((line) => `# ${line}`.trimEnd()).join("\n");
}
