// The questions of `kso init`, asked on stderr: a handful, each with an answer that only wants Enter.
import process from "node:process";
import type * as Prompts from "@clack/prompts";
import type { Catalog } from "../../catalog/catalog.ts";
import { mirrorPresetNames, profileNames } from "../../catalog/presets.ts";
import { KsoError } from "../../core/errors.ts";
import type { Language, Text } from "../../core/language.ts";
import { platforms } from "../../core/platform.ts";
import { parseFilesUrl, parseRegistryEndpoint } from "../../endpoints/endpoints.ts";
import { statsAt } from "../../files/stats.ts";
import type { OptionArguments } from "../../flags/argv.ts";
import type { FlagKey } from "../../flags/table.ts";

/** Where people have their checkout and their inventory. */
const usual = { checkout: "kubespray", inventory: "inventory/mycluster" } as const;

/** Asks for what a site's kso.yaml begins with. @throws KsoError `interrupted` at Ctrl-C. */
export async function askSettings(catalog: Catalog, language: Language): Promise<OptionArguments> {
  const ask = new Questions(await import("@clack/prompts"), language);
  const answers = new Map<FlagKey, readonly string[]>();
  const keep = (key: FlagKey, value: string | readonly string[]): void => {
    const values = typeof value === "string" ? [value] : value;
    if (values.some(Boolean)) answers.set(key, values);
  };
  const checkout = await ask.text(texts.checkout, { initial: folderThere(usual.checkout), check: isFolderOrEmpty });
  if (checkout !== "") {
    keep("kubesprayDir", checkout);
    keep(
      "inventory",
      await ask.text(texts.inventory, { initial: folderThere(usual.inventory), check: isThereOrEmpty }),
    );
  } else {
    keep("kubespray", await ask.choice(texts.release, [...catalog.releases].reverse()));
    const architectures = platforms.map(({ arch }) => arch);
    const chosen = await ask.several(texts.architectures, architectures);
    if (chosen.length < architectures.length) keep("arch", chosen);
    keep("profile", await ask.choice(texts.profile, ["", ...profileNames()]));
  }
  keep("mirrorPreset", await ask.choice(texts.preset, ["", ...mirrorPresetNames()]));
  keep("filesUrl", await ask.text(texts.filesUrl, { check: reasonAgainst(parseFilesUrl) }));
  keep(
    "registryHost",
    await ask.text(texts.registryHost, { check: reasonAgainst((host) => parseRegistryEndpoint(host, false)) }),
  );
  return answers;
}

function folderThere(path: string): string {
  return statsAt(path)?.isDirectory() ? path : "";
}

type Check = (answer: string) => string | undefined;

const isFolderOrEmpty: Check = (path) =>
  path === "" || statsAt(path)?.isDirectory() ? undefined : `${path} is no directory`;
const isThereOrEmpty: Check = (path) => (path === "" || statsAt(path) ? undefined : `${path} is not there`);

/** What a parser says against an answer; an empty one is none. */
function reasonAgainst(parse: (answer: string) => unknown): Check {
  return (answer) => {
    if (answer === "") return undefined;
    try {
      parse(answer);
      return undefined;
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
  };
}

class Questions {
  readonly #prompts: typeof Prompts;
  readonly #language: Language;

  constructor(prompts: typeof Prompts, language: Language) {
    this.#prompts = prompts;
    this.#language = language;
  }

  async text(message: Text, { initial = "", check }: { initial?: string; check: Check }): Promise<string> {
    return await this.#answer<string>((common) =>
      this.#prompts.text({
        ...common,
        message: message[this.#language],
        initialValue: initial,
        validate: (answer = "") => check(answer.trim()),
      }),
    ).then((answer) => answer.trim());
  }

  /** One of these; an empty one stands for none. */
  async choice(message: Text, values: readonly string[]): Promise<string> {
    const options = values.map((value) => ({ value, label: value || texts.none[this.#language] }));
    return await this.#answer<string>((common) =>
      this.#prompts.select({ ...common, message: message[this.#language], options, maxItems: 8 }),
    );
  }

  /** Some of these, at least one; all at first. */
  async several(message: Text, values: readonly string[]): Promise<readonly string[]> {
    const options = values.map((value) => ({ value, label: value }));
    return await this.#answer<string[]>((common) =>
      this.#prompts.multiselect({
        ...common,
        message: message[this.#language],
        options,
        initialValues: [...values],
        required: true,
      }),
    );
  }

  async #answer<T>(prompt: (common: { output: NodeJS.WriteStream }) => Promise<T | symbol | undefined>): Promise<T> {
    const answer = await prompt({ output: process.stderr });
    if (answer === undefined || this.#prompts.isCancel(answer))
      throw new KsoError("interrupted", "Interrupted: nothing was written");
    return answer as T;
  }
}

const texts = {
  checkout: {
    en: "Your checkout of kubespray (empty: take an embedded release)",
    zh: "kubespray 检出目录（留空：使用内置版本）",
  },
  inventory: {
    en: "Your inventory (empty: all that the checkout lists)",
    zh: "inventory（留空：检出目录列出的全部内容）",
  },
  release: { en: "Release of kubespray", zh: "kubespray 版本" },
  architectures: { en: "Architectures of the nodes", zh: "节点的架构" },
  profile: { en: "Kind of site", zh: "站点类型" },
  preset: { en: "Public mirrors to try before the origins", zh: "优先尝试的公共镜像源" },
  filesUrl: {
    en: "File server of the isolated side, like http://10.0.0.5:8080/k8s (empty: say it later)",
    zh: "离线环境的文件服务器，如 http://10.0.0.5:8080/k8s（留空：以后再填）",
  },
  registryHost: {
    en: "Registry of the isolated side, like 10.0.0.5:5000 (empty: say it later)",
    zh: "离线环境的镜像仓库，如 10.0.0.5:5000（留空：以后再填）",
  },
  none: { en: "none", zh: "无" },
} as const satisfies Readonly<Record<string, Text>>;
