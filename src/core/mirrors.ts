// `--mirror HOST=URL`: fetch what would come from HOST below URL. Names inside the gap never change.
import { KsoError } from "./errors.ts";
import type { Artifact, Plan } from "./plan.ts";

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
    mirrors.set(host, [...(mirrors.get(host) ?? []), url.replace(/\/+$/, "")]);
  }
  return mirrors;
}

/** The plan with its sources behind the first mirror of each host; a mirror that nothing comes from is noted. */
export function applyMirrors(plan: Plan, mirrors: Mirrors): Plan {
  if (mirrors.size === 0) return plan;
  const used = new Set<string>();
  const artifacts = plan.artifacts.map((artifact): Artifact => {
    const host = hostOf(artifact);
    const [url] = mirrors.get(host) ?? [];
    if (!url) return artifact;
    used.add(host);
    if (artifact.kind === "file") return { ...artifact, url: behind(url, host, artifact) };
    return { ...artifact, source: behind(url, host, artifact).replace(/^https?:\/\//, "") };
  });
  const unused = [...mirrors.keys()]
    .filter((host) => !used.has(host))
    .map((host) => `--mirror ${host}: nothing in this plan comes from that host`);
  return { ...plan, artifacts, notes: [...plan.notes, ...unused] };
}

/** The host an artifact comes from: `dl.k8s.io`, `registry.k8s.io`. */
export function hostOf(artifact: Artifact): string {
  const name = artifact.kind === "file" ? artifact.path : artifact.image;
  return name.slice(0, name.indexOf("/"));
}

/** Where a file can be had, in order of preference: its mirrors, or its origin where it has none. */
export function fileUrls(artifact: Artifact & { kind: "file" }, mirrors: Mirrors): readonly string[] {
  const host = hostOf(artifact);
  return mirrors.get(host)?.map((url) => behind(url, host, artifact)) ?? [artifact.url];
}

/** Where any URL can be had: below its host's mirrors, in order of preference, or where it says. */
export function mirrored(url: string, mirrors: Mirrors): readonly string[] {
  const { host, protocol } = new URL(url);
  const rest = url.slice(`${protocol}//${host}`.length);
  return mirrors.get(host)?.map((base) => base + rest) ?? [url];
}

function behind(url: string, host: string, artifact: Artifact): string {
  return url + (artifact.kind === "file" ? artifact.path : artifact.image).slice(host.length);
}
