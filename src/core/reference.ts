// Image names. kubespray always writes the registry's host, and so does kso; only what serves or pushes images strips it.
// What people type may leave out the host, the tag, or name a digest: normalizeReference completes it as Docker would.
import { type Digest, digestParts, parseDigest } from "./digest.ts";
import { canonicalHost, canonicalRepository, dockerHub } from "./docker-hub.ts";
import { KsoError } from "./errors.ts";

/** A full image name: `registry.k8s.io` / `sig-storage/csi-attacher` : `v4.4.2`. */
export interface Reference {
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
}

/** An image as people name it, completed; it has a tag, a digest, or both (then the digest decides). */
export interface ImageName {
  readonly host: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

// Distribution's own grammar: https://github.com/distribution/reference (domain, path components, tag).
const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const path = `${component}(?:/${component})*`;
const tag = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const hostGrammar = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9A-Fa-f:]+\\])(?::([0-9]{1,5}))?$`);
const pathGrammar = new RegExp(`^${path}$`);
const tagGrammar = new RegExp(`^${tag}$`);

/** Longer than any name that a registry takes. */
const maxRepositoryLength = 255;

/**
 * Parses `host/repository:tag`; the host must be there (`docker.io/library/nginx:1.28`).
 * @throws KsoError `unresolvable` naming the reference.
 */
export function parseReference(text: string): Reference {
  const reference = fullReference(text);
  if (reference) return reference;
  throw new KsoError("unresolvable", `"${text}" is not a full image name: write it as HOST/REPOSITORY:TAG`);
}

/** True for what {@link parseReference} accepts. */
export function isFullReference(text: string): boolean {
  return fullReference(text) !== undefined;
}

function fullReference(text: string): Reference | undefined {
  const { typedHost: host, rest } = splitHost(text);
  const [repository, tag] = splitTag(rest);
  if (host === undefined || tag === undefined) return undefined;
  return (hostFault(host) ?? repositoryFault(repository) ?? tagFault(tag)) ? undefined : { host, repository, tag };
}

/** An image by the name that a plan gives it, and the digest that it is pinned to. */
export interface PinnedImage {
  /** `registry.k8s.io/pause:3.10`. */
  readonly image: string;
  readonly digest?: Digest;
}

/**
 * Splits `HOST/REPOSITORY:TAG@DIGEST`, as Kubernetes and containerd take it: the digest decides, the tag is for people. An image that
 * is named by its digest alone gets a tag that no other image has. Undefined for what is no full name.
 */
export function pinnedImage(text: string): PinnedImage | undefined {
  const at = text.indexOf("@");
  if (at < 0) return isFullReference(text) ? { image: text } : undefined;
  const digest = parseDigest(text.slice(at + 1));
  const name = text.slice(0, at);
  // Blobs are named by sha256 and nothing else.
  if (!digest?.startsWith("sha256:")) return undefined;
  const image = isFullReference(name) ? name : `${name}:${digestTag(digest)}`;
  return isFullReference(image) ? { image, digest } : undefined;
}

/** The tag of an image that is named by its digest alone. */
export function digestTag(digest: Digest): string {
  return `digest-${digestParts(digest).hex.slice(0, 12)}`;
}

/**
 * Completes `nginx` to `docker.io/library/nginx:latest`; takes `host:5000/a/b:tag@sha256:…` and `[::1]:5000/a` as they are.
 * @throws KsoError `unresolvable` naming the reference and the part that is wrong.
 */
export function normalizeReference(text: string): ImageName {
  const { fault, ...name } = completed(text);
  if (fault !== undefined) throw new KsoError("unresolvable", `"${text}" is not an image name: ${fault}`);
  return name;
}

/** What is wrong with an image's name, full or not; undefined when nothing is. */
export function referenceFault(text: string): string | undefined {
  return completed(text).fault;
}

function completed(text: string): ImageName & { readonly fault?: string } {
  const [name, ...digestTexts] = text.split("@") as [string, ...string[]];
  const [digest] = digestTexts.map(parseDigest);
  const { typedHost, rest } = splitHost(name);
  const [path, typedTag] = splitTag(rest);
  const tag = typedTag ?? (digest ? undefined : "latest");
  const host = typedHost === undefined ? dockerHub : canonicalHost(typedHost);
  const repository = canonicalRepository(host, path);
  const fault =
    digestFault(digestTexts) ??
    hostFault(host) ??
    repositoryFault(repository) ??
    idFault(typedHost, path) ??
    tagFault(tag);
  return {
    host,
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest && { digest }),
    ...(fault !== undefined && { fault }),
  };
}

/** What stands before the first slash is a host when it looks like one, as for Docker. */
function splitHost(name: string): { typedHost: string | undefined; rest: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  return /[.:[A-Z]/.test(first) || first === "localhost"
    ? { typedHost: first, rest: name.slice(slash + 1) }
    : { typedHost: undefined, rest: name };
}

function splitTag(text: string): [path: string, tag: string | undefined] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function digestFault(texts: readonly string[]): string | undefined {
  return texts.length > 1 || texts.some((text) => !parseDigest(text)) ? "what follows @ is not a digest" : undefined;
}

function hostFault(host: string): string | undefined {
  const match = hostGrammar.exec(host);
  return match && Number(match[1] ?? 0) <= 65_535 ? undefined : `its host "${host}" cannot be one`;
}

function repositoryFault(repository: string): string | undefined {
  if (/[A-Z]/.test(repository)) return "the repository must be lower case";
  return isRepository(repository) ? undefined : `its repository "${repository}" cannot be one`;
}

/** So that an image id, which Docker takes in the same place, is never looked for on Docker Hub. */
function idFault(typedHost: string | undefined, path: string): string | undefined {
  return typedHost === undefined && /^[0-9a-f]{64}$/.test(path) ? "64 hex digits are an image id" : undefined;
}

function tagFault(tag: string | undefined): string | undefined {
  return tag === undefined || isTag(tag) ? undefined : `its tag "${tag}" cannot be one`;
}

/** `library/nginx`: lower case, digits and single separators. */
export function isRepository(text: string): boolean {
  return text.length <= maxRepositoryLength && pathGrammar.test(text);
}

/** `v1.2.3`: at most 128 letters, digits, dots, underscores and hyphens. */
export function isTag(text: string): boolean {
  return tagGrammar.test(text);
}

/** `registry.k8s.io/pause:3.10`, with `@sha256:…` where there is a digest. */
export function formatReference({ host, repository, tag, digest }: ImageName): string {
  return `${host}/${repository}${tag === undefined ? "" : `:${tag}`}${digest ? `@${digest}` : ""}`;
}

/** The repositories under which a server inside the air gap has an image: the full name, the one without its host, both below k8s/. */
export function namesInside({ host, repository }: Pick<Reference, "host" | "repository">): readonly string[] {
  const full = `${host}/${repository}`;
  return [full, repository, `k8s/${full}`, `k8s/${repository}`];
}
