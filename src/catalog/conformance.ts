// The contract of a plugin, as checks: what every built-in plugin passes and `kso plugin check` asks of a brought one.
// In travel a module's default export and the releases to try it with; out travels one result per check.
import { KsoError, messageOf } from "../core/errors.ts";
import { platformName, platforms } from "../core/platform.ts";
import type { Plugin, Release } from "../core/plugin.ts";
import { type Contributed, contributionsOf } from "./contributions.ts";
import { asPlugin } from "./plugin-shape.ts";
import { type ContributeCall, contributeTwice, mutatesInput } from "./purity.ts";
import { withVersion } from "./release.ts";

/** The checks, in order, in words. */
export const checks = {
  loads: "can be loaded",
  shape: "is a plugin",
  name: "is named like its file",
  free: "has a name of its own",
  pure: "gives the same for the same input",
  input: "leaves its input alone",
  valid: "gives valid files and images, each once",
  present: "contributes to an embedded release",
  digests: "has a digest or a named unavailable for every file",
  upstream: "says for every file of its upstream how the digest is published",
} as const;

export type ConformanceCheck = keyof typeof checks;

/** A check and its outcome. A warning is ok, and has a message. */
export interface CheckResult {
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

/** Runs every check on what was loaded; without the right shape there is nothing more to ask. */
export function checkConformance(value: unknown, trial: PluginTrial): CheckResult[] {
  const shape = attempt("shape", () => void asPlugin(value));
  if (!shape.ok) return [shape];
  const plugin = value as Plugin;
  const calls = trial.releases.flatMap((release) => platforms.map((platform) => ({ release, platform })));
  const found: { item: Contributed; release: Release }[] = [];
  const valid = attempt("valid", () => {
    for (const { release, platform } of calls)
      for (const item of contributionsOf(plugin, structuredClone(release), platform)) found.push({ item, release });
  });
  return [
    shape,
    attempt("name", () => {
      if (plugin.name !== trial.stem) fail(`its name is "${plugin.name}" and the file's is "${trial.stem}"`);
    }),
    attempt("free", () => {
      for (const word of [plugin.name, ...(plugin.aliases ?? [])])
        if (trial.takenNames.includes(word)) fail(`there is another "${word}" already`);
    }),
    attempt("pure", () => void contributeTwice(plugin, calls)),
    attempt("input", () => {
      const call = calls.find((one) => mutatesInput(plugin, one));
      if (call) fail(`contribute changes what it is given for ${call.release.name}`);
    }),
    valid,
    attempt("present", () => {
      if (found.length === 0) fail(`it contributes nothing to any of ${trial.releases.length} releases`);
    }),
    attempt("digests", () => undigested(found, trial)),
    attempt("upstream", () => assertUpstream(plugin, calls)),
  ];
}

/** A warning: kso can fetch such a file, but cannot say that it is the right one. */
function undigested(found: readonly { item: Contributed; release: Release }[], trial: PluginTrial): string {
  const bare = new Set<string>();
  for (const { item, release } of found)
    if (item.kind === "file" && !item.unavailable && !item.digest && !trial.digest(item, release))
      bare.add(`${item.name} ${item.version} on ${platformName(item.platform)}`);
  const [first] = bare;
  if (first === undefined) return "";
  const more = bare.size > 1 ? ` and ${bare.size - 1} more` : "";
  return `warning: no digest for ${first}${more}; it is unavailable in every plan`;
}

/** Nothing that has ever been a version. */
const future = "999.9.9";

/** With a newer version in its variable, a plugin names files of that version, and each has a place for its digest. */
function assertUpstream({ upstream, ...plugin }: Plugin, calls: readonly ContributeCall[]): void {
  if (!upstream) return;
  let files = 0;
  for (const { release, platform } of calls) {
    // A release that does not pin it has no such component.
    if (!(upstream.pin === "kube_version" || upstream.pin in release.pins)) continue;
    for (const item of contributionsOf(plugin, withVersion(release, upstream.pin, future), platform)) {
      if (item.kind !== "file" || item.version !== future) continue;
      files++;
      const key = item.digests ?? item.name;
      if (!upstream.digests[key]) fail(`upstream.digests does not say how the digest of ${key} is published`);
    }
  }
  if (files === 0) fail(`no file has the version that ${upstream.pin} holds`);
}

function attempt(check: ConformanceCheck, run: () => unknown): CheckResult {
  try {
    return { check, ok: true, message: String(run() ?? "") };
  } catch (thrown) {
    return { check, ok: false, message: messageOf(thrown) };
  }
}

function fail(reason: string): never {
  throw new KsoError("unresolvable", reason);
}
