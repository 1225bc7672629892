// `--mirror HOST=URL`: fetch what would come from HOST below URL. Names inside the gap never change.
import { KsoError } from "../core/errors.ts";
import type { Artifact, Plan } from "../core/plan.ts";

/** Origin host → the URL to use instead, without a trailing slash. */
export type Mirrors = ReadonlyMap<string, string>;

/**
 * Parses `dl.k8s.io=http://10.0.0.5/dl.k8s.io`.
 * @throws KsoError `usage` when it is not HOST=URL.
 */
export function parseMirrors(texts: readonly string[]): Mirrors {
  return new Map(
    texts.map((text) => {
      const [, host, url] = /^([^=/\s]+)=(.+)$/.exec(text) ?? [];
      if (!(host && url && URL.canParse(url) && /^https?:\/\/[^\s?#@]+$/.test(url))) {
        throw new KsoError("usage", `"${text}" is not HOST=URL; write --mirror dl.k8s.io=http://10.0.0.5/dl.k8s.io`);
      }
      return [host, url.replace(/\/+$/, "")];
    }),
  );
}

/**
 * The plan with its sources behind the mirrors.
 * @throws KsoError `usage` naming a mirror whose host nothing in the plan comes from.
 */
export function applyMirrors(plan: Plan, mirrors: Mirrors): Plan {
  if (mirrors.size === 0) return plan;
  const used = new Set<string>();
  const artifacts = plan.artifacts.map((artifact) => behind(artifact, mirrors, used));
  const unused = [...mirrors.keys()]
    .filter((host) => !used.has(host))
    .map((host) => `--mirror ${host}: nothing in this plan comes from that host`);
  return { ...plan, artifacts, notes: [...plan.notes, ...unused] };
}

function behind(artifact: Artifact, mirrors: Mirrors, used: Set<string>): Artifact {
  const name = artifact.kind === "file" ? artifact.path : artifact.image;
  const host = name.slice(0, name.indexOf("/"));
  const url = mirrors.get(host);
  if (!url) return artifact;
  used.add(host);
  const rest = name.slice(host.length);
  if (artifact.kind === "file") return { ...artifact, url: url + artifact.url.slice(artifact.url.indexOf(rest)) };
  return { ...artifact, source: url.replace(/^https?:\/\//, "") + rest };
}
