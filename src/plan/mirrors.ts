// `--mirror HOST=URL`: fetch what would come from HOST below URL. Names inside the air gap never change.

import type { MirrorPreset } from "../catalog/presets.ts";
import { KsoError } from "../core/errors.ts";
import { type Artifact, artifactName, type Plan } from "../core/plan.ts";
import { withoutTrailing } from "../core/url.ts";

/** Origin host → the URLs to use instead, without a trailing slash, in order of preference. */
export type Mirrors = ReadonlyMap<string, readonly string[]>;

/**
 * Parses `dl.k8s.io=http://10.0.0.5/dl.k8s.io`; a host that is named again gets a further mirror.
 * @throws KsoError `usage` when it is not HOST=URL.
 */
export function parseMirrors(texts: readonly string[]): Mirrors {
  const mirrors = new Map<string, string[]>();
  for (const text of texts) {
    const [, host, url] = /^([^=/\s]+)=(.+)$/.exec(text) ?? [];
    if (!(host && url && URL.canParse(url) && /^https?:\/\/[^\s?#@]+$/.test(url))) {
      throw new KsoError("usage", `"${text}" is not HOST=URL; write --mirror dl.k8s.io=http://10.0.0.5/dl.k8s.io`);
    }
    mirrors.set(host, [...(mirrors.get(host) ?? []), withoutTrailing(url, "/")]);
  }
  return mirrors;
}

/** The mirrors of a preset, each host's own address behind them; where a host has mirrors of the user's, these alone. */
export function withPreset(mirrors: Mirrors, preset: Pick<MirrorPreset, "mirrors">): Mirrors {
  const hosts = Object.entries(preset.mirrors).map(([host, urls]) => [host, [...urls, `https://${host}`]] as const);
  return new Map([...hosts, ...mirrors]);
}

/** The plan with the mirrors of each artifact. */
export function applyMirrors(plan: Plan, mirrors: Mirrors): Plan {
  if (mirrors.size === 0) return plan;
  return { ...plan, artifacts: plan.artifacts.map((artifact) => withMirrors(artifact, mirrors)) };
}

/** A note on the mirrors that nothing in the plan comes from; none where all are used. */
export function mirrorNotes(plan: Plan, mirrors: Mirrors): string[] {
  const hosts = new Set(plan.artifacts.map(hostOf));
  const unused = [...mirrors.keys()].filter((host) => !hosts.has(host));
  if (unused.length === 0) return [];
  return [
    `--mirror ${unused.join(", ")}: nothing in this plan comes from ${unused.length === 1 ? "that host" : "these hosts"}`,
  ];
}

/** The artifact with the mirrors of its host, if there are any. */
export function withMirrors<T extends Artifact>(artifact: T, mirrors: Mirrors): T {
  const path = artifactName(artifact).slice(hostOf(artifact).length);
  const locations = mirrors.get(hostOf(artifact))?.map((base) => base + path);
  return locations ? { ...artifact, locations } : artifact;
}

/** The locations of any URL: below its host's mirrors, in order of preference, or the URL itself where its host has no mirror. */
export function locationsOf(url: string, mirrors: Mirrors): readonly string[] {
  const { host, protocol } = new URL(url);
  const path = url.slice(`${protocol}//${host}`.length);
  return mirrors.get(host)?.map((base) => base + path) ?? [url];
}

/** The host an artifact comes from: `dl.k8s.io`, `registry.k8s.io`. */
function hostOf(artifact: Artifact): string {
  const name = artifactName(artifact);
  return name.slice(0, name.indexOf("/"));
}
