// The contract of a plugin, as checks: every built-in plugin passes them, and `kso plugin check` runs them on a user's.
import { namesFault } from "../core/bundle-names.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { platformName, platforms } from "../core/platform.ts";
import type { Plugin, Release } from "../core/plugin.ts";
import { type Contributed, contributionsOf } from "./contributions.ts";
import { asPlugin } from "./plugin-schema.ts";
import { type ContributeCall, contributeTwice, mutatesInput } from "./purity.ts";
import { withVersion } from "./release.ts";

/** The checks, in order, and what a plugin that passes does. */
export const checks = {
  loads: "can be loaded",
  shape: "is a plugin",
  name: "is named like its file",
  free: "has a name of its own",
  pure: "gives the same for the same input",
  input: "leaves its input alone",
  valid: "gives valid files and images, each once",
  names: "names files and images as every format can hold them",
  real: "names what exists, and nothing of the template",
  present: "contributes to an embedded release",
  digests: "has a digest for every file, or says why it is unavailable",
  upstream: "says for every file of its upstream how the digest is published",
} as const;

/** The name of a check, as `--json` writes it. */
export type ConformanceCheck = keyof typeof checks;

/** A check and its outcome. A warning is ok, and has a message. */
export interface ConformanceResult {
  readonly check: ConformanceCheck;
  readonly ok: boolean;
  readonly message: string;
}

/** What a plugin is tried with. */
export interface PluginTrial {
  /** The file's name without its ending. */
  readonly stem: string;
  /** Names and aliases that others have. */
  readonly takenNames: readonly string[];
  readonly releases: readonly Release[];
  /** True when a manifest has a digest for the file. */
  digest(item: Contributed & { kind: "file" }, release: Release): boolean;
}

/** Runs every check on a module's default export; without the right shape there is nothing more to check. */
export function checkConformance(value: unknown, trial: PluginTrial): ConformanceResult[] {
  const shape = attempt("shape", () => void asPlugin(value));
  if (!shape.ok) return [shape];
  const plugin = value as Plugin;
  const calls = trial.releases.flatMap((release) => platforms.map((platform) => ({ release, platform })));
  const tried: TriedItem[] = [];
  const valid = attempt("valid", () => {
    for (const { release, platform } of calls)
      for (const item of contributionsOf(plugin, structuredClone(release), platform)) tried.push({ item, release });
  });
  return [
    shape,
    attempt("name", () => assertNamedLikeFile(plugin, trial)),
    attempt("free", () => assertNamesFree(plugin, trial)),
    attempt("pure", () => void contributeTwice(plugin, calls)),
    attempt("input", () => {
      const call = calls.find((candidate) => mutatesInput(plugin, candidate));
      if (call) fail(`contribute changes what it is given for ${call.release.name}`);
    }),
    valid,
    attempt("names", () => assertNames(tried)),
    attempt("real", () => assertReal(tried)),
    attempt("present", () => {
      if (tried.length === 0) fail(`it contributes nothing to any of ${trial.releases.length} releases`);
    }),
    attempt("digests", () => digestWarning(tried, trial)),
    attempt("upstream", () => assertUpstream(plugin, calls)),
  ];
}

/** What a plugin contributed to a release. */
interface TriedItem {
  readonly item: Contributed;
  readonly release: Release;
}

function assertNamedLikeFile({ name }: Plugin, { stem }: PluginTrial): void {
  if (name !== stem) fail(`its name is "${name}" and the file's is "${stem}"`);
}

function assertNamesFree({ name, aliases = [] }: Plugin, { takenNames }: PluginTrial): void {
  for (const candidate of [name, ...aliases])
    if (takenNames.includes(candidate)) fail(`there is another "${candidate}" already`);
}

/** What it contributes to one release, for all platforms, can be in one bundle. */
function assertNames(tried: readonly TriedItem[]): void {
  for (const [release, items] of Map.groupBy(tried, (one) => one.release)) {
    const contributed = items.map(({ item }) => item).filter((item) => !item.unavailable);
    const files = contributed.flatMap((item) => (item.kind === "file" ? [{ ...item, path: pathOf(item.url) }] : []));
    const fault = namesFault(
      files,
      contributed.filter((item) => item.kind === "image"),
    );
    if (fault !== undefined) fail(`for ${release.name}, ${fault}`);
  }
}

/** The hosts that RFC 2606 keeps for examples. */
const exampleHost = /(?:^|\.)example\.(?:com|net|org)(?::\d+)?$/;

/** Nothing in it is the template's: its owner, its digests, an example's host. */
function assertReal(tried: readonly TriedItem[]): void {
  for (const { item } of tried) {
    const source = item.kind === "file" ? item.url : item.image;
    const [host = "", owner = ""] = pathOf(source).split("/");
    if (exampleHost.test(host) || (item.kind === "image" && owner === "example"))
      fail(`${source} is an example: say where ${item.name} really comes from`);
    if (/:0+$/.test(item.digest ?? ""))
      fail(`the digest of ${item.name} ${item.version} is the template's: take that of sha256sum`);
  }
}

function pathOf(url: string): string {
  return url.replace(/^https?:\/\//, "");
}

/** Warns of files without a digest: kso cannot say whether what it would fetch is the right file. Empty when there are none. */
function digestWarning(tried: readonly TriedItem[], trial: PluginTrial): string {
  const withoutDigest = new Set(
    tried.flatMap(({ item, release }) =>
      item.kind === "file" && !item.unavailable && !item.digest && !trial.digest(item, release)
        ? [`${item.name} ${item.version} on ${platformName(item.platform)}`]
        : [],
    ),
  );
  const [first] = withoutDigest;
  if (first === undefined) return "";
  const others = withoutDigest.size > 1 ? ` and ${withoutDigest.size - 1} more` : "";
  return `warning: no digest for ${first}${others}; it is unavailable in every plan`;
}

/** No component has ever had this version. */
const futureVersion = "999.9.9";

/** With a newer version in its variable, a plugin names files of that version, and each has a source of its digest. */
function assertUpstream({ upstream, ...plugin }: Plugin, calls: readonly ContributeCall[]): void {
  if (!upstream) return;
  const { pin, digests } = upstream;
  const files = calls
    // A release that does not pin it has no such component.
    .filter(({ release }) => pin === "kube_version" || pin in release.pins)
    .flatMap(({ release, platform }) => contributionsOf(plugin, withVersion(release, pin, futureVersion), platform))
    .filter((item) => item.kind === "file" && item.version === futureVersion);
  for (const item of files) {
    const key = (item.kind === "file" && item.digests) || item.name;
    if (!digests[key]) fail(`upstream.digests does not say how the digest of ${key} is published`);
  }
  if (files.length === 0) fail(`no file has the version that ${pin} holds`);
}

/** Runs one check: it passes with the text that it returns, or fails with what it throws. */
function attempt(check: ConformanceCheck, run: () => unknown): ConformanceResult {
  try {
    return { check, ok: true, message: String(run() ?? "") };
  } catch (thrown) {
    return { check, ok: false, message: messageOf(thrown) };
  }
}

function fail(reason: string): never {
  throw new KsoError("unresolvable", reason);
}
