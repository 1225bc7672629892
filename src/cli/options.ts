// Every flag kso takes, once. All values are strings: cac would turn `--kube 1.30` into 1.3, so values are read from argv itself.
import { KsoError } from "../core/errors.ts";
import { type Platform, parsePlatform, platforms } from "../core/platform.ts";
import { didYouMean } from "../core/suggest.ts";
import type { PlanRequest } from "../plan/resolve.ts";

/** One flag: its spelling as cac wants it, and what it means. */
export interface Flag {
  readonly name: string;
  /** The placeholder of its value; a flag without one is a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
  /** It may be set in kso.yaml; a path there counts from the file. */
  readonly config?: "text" | "path";
}

/** On every command whose flags kso.yaml may set. */
export const configFlag: Flag = {
  name: "config",
  value: "FILE",
  help: "flags in a file (default: kso.yaml here, where there is one)",
};

/** The same flags on every command that plans. */
export const selectionFlags: readonly Flag[] = [
  { name: "kubespray", value: "VERSION", help: "kubespray release (default: the newest embedded one)", config: "text" },
  {
    name: "kube",
    value: "VERSION",
    help: "Kubernetes version, exact or minor (default: the release's own)",
    config: "text",
  },
  { name: "arch", value: "LIST", help: "architectures: amd64, arm64 (default: both)", config: "text" },
  { name: "cni", value: "LIST", help: "only these network plugins", config: "text" },
  { name: "runtime", value: "LIST", help: "only these container runtimes, and what they require", config: "text" },
  { name: "with", value: "LIST", help: "these components too, with everything they may ask for", config: "text" },
  { name: "without", value: "LIST", help: "not these components", config: "text" },
  { name: "only", value: "LIST", help: "these components and nothing else", config: "text" },
  {
    name: "unavailable",
    value: "MODE",
    help: "exclude (default) or include what upstream lacks for an architecture",
    config: "text",
  },
  { name: "kubespray-dir", value: "DIR", help: "plan from a kubespray checkout instead", config: "path" },
  {
    name: "inventory",
    value: "PATH",
    help: "only what this inventory's hosts will ask for (with --kubespray-dir)",
    config: "path",
  },
  { name: "explain", value: "NAME", help: "say why a component is in or out" },
  { name: "plugin", value: "PATH", help: "further component plugins, a path or a glob; repeatable", config: "path" },
  {
    name: "manifests",
    value: "DIR",
    help: "further versions and digests; they override the embedded ones",
    config: "path",
  },
  { name: "mirror", value: "HOST=URL", help: "fetch what would come from HOST below URL; repeatable", config: "text" },
  configFlag,
];

/** Flags that every command takes. */
export const commonFlags: readonly Flag[] = [
  { name: "json", help: "one JSON value on stdout" },
  { name: "quiet", help: "nothing on stderr but errors" },
];

/** What was typed, as strings, over what kso.yaml says. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #typed: ReadonlySet<string>;
  constructor(
    positionals: readonly string[],
    values: ReadonlyMap<string, readonly string[]>,
    typed: ReadonlySet<string> = new Set(values.keys()),
  ) {
    this.positionals = positionals;
    this.#values = values;
    this.#typed = typed;
  }
  /** The same with further values; what was typed stays. */
  over(values: ReadonlyMap<string, readonly string[]>): Arguments {
    return new Arguments(this.positionals, new Map([...values, ...this.#values]), this.#typed);
  }
  /** A flag that stands on the command line itself. */
  typed(name: string): boolean {
    return this.#typed.has(name);
  }
  /** A switch. */
  has(name: string): boolean {
    return this.#values.has(name);
  }
  /** The last value of a flag. */
  one(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }
  /** All values of a flag. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
  /** All values of a flag, split at commas; undefined when it was not given. */
  list(name: string): readonly string[] | undefined {
    const items = this.all(name)
      .flatMap((text) => text.split(","))
      .map((text) => text.trim())
      .filter(Boolean);
    if (items.length > 0) return items;
    if (this.has(name)) throw new KsoError("usage", `--${name} wants a value`);
    return undefined;
  }
}

/**
 * Reads argv behind the command's name.
 * @throws KsoError `usage` for an unknown flag, a missing value or a value a switch does not take.
 */
export function parseArguments(argv: readonly string[], flags: readonly Flag[]): Arguments {
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      positionals.push(...rest);
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      positionals.push(word);
      continue;
    }
    const [spelling = "", inline] = split(word);
    const flag = flags.find(({ name, short }) => spelling === `--${name}` || (short && spelling === `-${short}`));
    if (!flag) {
      const known = flags.map(({ name }) => name);
      throw new KsoError(
        "usage",
        `Unknown flag "${spelling}"${didYouMean(spelling.replace(/^-+/, ""), known)}; see kso --help`,
      );
    }
    const value = flag.value ? (inline ?? rest.shift()) : inline;
    if (flag.value && (value === undefined || value === ""))
      throw new KsoError("usage", `--${flag.name} wants a value: --${flag.name} ${flag.value}`);
    if (!flag.value && value !== undefined) throw new KsoError("usage", `--${flag.name} takes no value`);
    values.set(flag.name, [...(values.get(flag.name) ?? []), value ?? ""]);
  }
  return new Arguments(positionals, values);
}

function split(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** The selection flags as a request. */
export function requestOf(args: Arguments): PlanRequest {
  const unavailable = args.one("unavailable") ?? "exclude";
  if (unavailable !== "exclude" && unavailable !== "include")
    throw new KsoError("usage", `--unavailable is exclude or include, not "${unavailable}"`);
  const asked = args.list("arch")?.map(parsePlatform) ?? platforms;
  return {
    release: args.one("kubespray"),
    kubernetes: args.one("kube"),
    platforms: platforms.filter((platform: Platform) => asked.includes(platform)),
    selection: {
      cni: args.list("cni"),
      runtime: args.list("runtime"),
      with: args.list("with"),
      without: args.list("without"),
      only: args.list("only"),
    },
    unavailable,
  };
}
