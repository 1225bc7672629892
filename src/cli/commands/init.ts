// `kso init`: a kso.yaml for a site, from flags, from an inventory, or from a few questions.
import { dirname, isAbsolute, relative, resolve } from "node:path";
import process from "node:process";
import { countsOf, formatCounts } from "../../core/counts.ts";
import type { Language, Text } from "../../core/language.ts";
import type { Plan } from "../../core/plan.ts";
import { releasesText } from "../../core/releases.ts";
import { shellWord } from "../../core/shell.ts";
import { describeUnresolved } from "../../core/unresolved.ts";
import { assertReplaceable, isFilled, keeping, keptSentence } from "../../files/foreign.ts";
import { writeOutputFile } from "../../files/output.ts";
import { type OptionArguments, readOptions } from "../../flags/argv.ts";
import { generalKeys } from "../../flags/output.ts";
import { topKeys } from "../../flags/sections.ts";
import { selectionKeys } from "../../flags/selection.ts";
import { type FlagKey, flags, type Group } from "../../flags/table.ts";
import { pathParts } from "../../flags/values.ts";
import { readSettings } from "../../settings/document.ts";
import { formatSettings } from "../../settings/write.ts";
import { type Command, command, type Output, writeJson } from "../command.ts";
import { catalogOf, planOf } from "../context.ts";
import { flagMeaning } from "../help.ts";
import { succeed } from "../success.ts";
import { askSettings } from "../terminal/questions.ts";
import { wrap } from "../terminal/width.ts";

/** Comments are not longer. Columns. */
const commentWidth = 100;

/** What can be said to it: of the settings at the top, all but where an export writes, which is -o as well. */
const settable = topKeys.filter((key): key is Exclude<FlagKey, "output"> => key !== "output");

export const initCommand: Command = command({
  name: "init",
  usage: ["[-o FILE]"],
  flagsOnly: true,
  description: "write a kso.yaml for your site, from flags, an inventory, or a few questions",
  flags: [...settable, "initOutput", "force", ...generalKeys],
  examples: [
    { line: "kso init", meaning: "asks, on a terminal" },
    { line: "kso init --kubespray-dir kubespray --inventory inventory/mycluster", meaning: "for exactly one cluster" },
    { line: "kso init --kubespray 2.31.0 --arch arm64 --cni calico", meaning: "any flags, kept in the file" },
  ],
  chinese: {
    description: "为站点生成 kso.yaml：来自命令行选项、inventory，或几个问题",
    examples: ["在终端上逐项询问", "只针对一个集群", "任意选项，保存到文件中"],
  },
  json: [{ form: "value", example: '{"schema": "kso.init/1", "path": "kso.yaml", "settings": {"arch": ["arm64"]}}' }],
  async run(options, _, output, typed) {
    const path = options.initOutput;
    const replaced = isFilled(path) ? [path] : [];
    assertReplaceable(replaced, options.force);
    const given = new Map([...typed].filter(([key]) => key !== "output" && settable.includes(key)));
    const asked = given.size === 0 && isAsked(options);
    const chosen = asked ? await askSettings(await catalogOf({}), output.language ?? "en") : given;
    const plan = await planFor(chosen, output);
    const text = fileText(path, chosen, plan, output.language ?? "en");
    // What no command could read is not written.
    readSettings(text, path);
    await keeping(replaced, () => writeOutputFile(path, text));
    if (options.json) writeJson(output, { schema: "kso.init/1", path, settings: Object.fromEntries(named(chosen)) });
    else output.data(`${path}\n`);
    for (const file of replaced) output.tell(keptSentence(file));
    const done = { en: `${sentence(plan, "en")}; kept in ${path}`, zh: `${sentence(plan, "zh")}；已保存到 ${path}` };
    const config = path === "kso.yaml" ? "" : ` --config ${shellWord(path)}`;
    const lines = [`kso fetch --dry-run${config}`, `kso export --format tarball --with-binaries -o site.tar${config}`];
    succeed(output, options, done, {
      meaning: { en: "see what it takes, and seal it", zh: "查看需要多少空间，然后封装" },
      lines,
    });
  },
});

/** Questions are for a person at a terminal, who reads them and can answer. */
function isAsked({ json, quiet }: { readonly json: boolean; readonly quiet: boolean }): boolean {
  return !json && !quiet && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The plan that these settings ask for: they name what there is, or the message says what there is. */
async function planFor(chosen: OptionArguments, output: Output): Promise<Plan> {
  const options = await readOptions([...selectionKeys, "extra"], chosen);
  const { plan } = await planOf(options, output, new Map());
  for (const item of plan.unresolved) output.tell(`unresolved: ${describeUnresolved(item)}`);
  return plan;
}

function named(chosen: OptionArguments): [string, readonly string[]][] {
  return [...chosen].map(([key, texts]) => [flags[key].name, texts]);
}

function fileText(path: string, chosen: OptionArguments, plan: Plan, language: Language): string {
  const lines = (text: string): string[] => wrap(text, commentWidth);
  return formatSettings({
    chosen: new Map([...chosen].map(([key, texts]) => [key, texts.map((text) => fromFile(path, key, text))])),
    heading: [...lines(texts.heading[language]), "", ...lines(sentence(plan, language)), ...lines(contents(plan))],
    commands: lines(texts.commands[language]),
    meaningOf: (key) => lines(flagMeaning(key, language)),
    titleOf: (group) => titles[group][language],
  });
}

/** A path as it counts from the file; any other value as it is. */
function fromFile(file: string, key: FlagKey, text: string): string {
  const { setting, pathPart = "all" } = flags[key];
  const folder = dirname(resolve(file));
  const moved = (part: string): string =>
    part === "" || isAbsolute(part) || folder === process.cwd() ? part : relative(folder, resolve(part)) || ".";
  return setting === "path"
    ? text.replace(pathParts[pathPart], (_, before = "", part = "") => `${before}${moved(part)}`)
    : text;
}

function sentence(plan: Plan, language: Language): string {
  const counts = formatCounts(countsOf(plan.artifacts), language);
  return language === "zh" ? `${releasesText(plan)}：${counts}` : `${releasesText(plan)}: ${counts}`;
}

/** What is in: `calico, containerd, coredns, …; linux/amd64, linux/arm64`. */
function contents({ components, platforms }: Plan): string {
  const included = components.filter((decision) => decision.included).map(({ component }) => component);
  return `${included.join(", ")}; ${platforms.join(", ")}`;
}

/** What the settings of a group are for. */
const titles: Readonly<Record<Group, Text>> = {
  selection: { en: "What goes in", zh: "包含哪些内容" },
  fetching: { en: "How it is fetched", zh: "如何下载" },
  output: { en: "What is written", zh: "写出什么" },
  format: { en: "What a format does with it", zh: "各种格式的选项" },
  command: { en: "The isolated side: serve, push and config", zh: "离线环境：serve、push 与 config" },
  general: { en: "General", zh: "通用" },
};

const texts = {
  heading: {
    en: "What every kso command in this folder says without being told; a flag that is typed wins. Paths count from this file.",
    zh: "本目录下每条 kso 命令默认采用的选项；命令行上的选项优先。路径以本文件所在目录为准。",
  },
  commands: {
    en: "What counts for one command alone stands below its name:",
    zh: "只对某一条命令生效的设置写在该命令的名称之下：",
  },
} as const satisfies Readonly<Record<string, Text>>;
