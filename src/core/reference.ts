// Image names. kubespray always writes the registry host; kso keeps the full name everywhere and strips only at the edge.
import { KsoError } from "./errors.ts";

/** A full image name: `registry.k8s.io` / `sig-storage/csi-attacher` : `v4.4.2`. */
export interface Reference {
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
}

// Distribution's own grammar: https://github.com/distribution/reference (path components, tag).
const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const grammar = new RegExp(
  `^([A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+(?::[0-9]+)?|[A-Za-z0-9-]+:[0-9]+|localhost)/(${component}(?:/${component})*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$`,
);

/**
 * Parses `host/repository:tag`; the host must be there (`docker.io/library/nginx:1.28`).
 * @throws KsoError `unresolvable` naming the reference.
 */
export function parseReference(text: string): Reference {
  const [, host, repository, tag] = grammar.exec(text) ?? [];
  if (!(host && repository && tag)) {
    throw new KsoError("unresolvable", `"${text}" is not a full image name: write it as HOST/REPOSITORY:TAG`);
  }
  return { host, repository, tag };
}

/** `registry.k8s.io/pause:3.10`. */
export function formatReference(reference: Reference): string {
  return `${reference.host}/${reference.repository}:${reference.tag}`;
}
