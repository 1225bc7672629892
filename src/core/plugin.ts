// The contract between kso and the plugins that describe components. Plugins import it as `kso/plugin`.
import type { Platform } from "./platform.ts";

export type { Platform } from "./platform.ts";
export { compare, inRange, minor, since, withoutV } from "./version.ts";

/** One kubespray release, evaluated for one Kubernetes version. Plain data. */
export interface Release {
  /** `kubespray-2.31.0`. */
  readonly name: string;
  /** `2.31.0`. */
  readonly version: string;
  /** The Kubernetes version, without a leading v: `1.35.4`. */
  readonly kubernetes: string;
  /** kubespray's variables: `etcd_version` (never with a leading v), `nginx_image_tag` (as kubespray writes it). */
  readonly pins: Readonly<Record<string, string>>;
}

/** What a component is, for `--cni`, `--runtime` and the matrix of `kso components`. */
export type Category = "core" | "cni" | "runtime" | "dns" | "storage" | "addon" | "tool";

interface CommonContribution {
  /** kubespray's own name of the item where it has one: `calicoctl`, `calico_node`. */
  readonly name: string;
  readonly version: string;
  /** The pin that the version came from; the plan names it as where the version comes from. */
  readonly pin?: string | undefined;
  /**
   * kubespray's own condition, an expression in its variables (`vsphere_csi_enabled`), under which a cluster uses what no item
   * of kubespray's `downloads` stands for. It decides in a plan for an inventory.
   */
  readonly when?: string | undefined;
}

/** A file to download. */
export interface FileContribution extends CommonContribution {
  readonly kind: "file";
  readonly url: string;
  /** The key in the component manifest's `files`, where it is not `name`. */
  readonly digests?: string | undefined;
  /** The digest itself (`sha256:…`), for a component that has no manifest. */
  readonly digest?: string | undefined;
  /** Why upstream has nothing for this platform; makes it unavailable. */
  readonly unavailable?: string | undefined;
}

/** A container image, by its full name (`quay.io/calico/node:v3.31.5`); a digest behind it (`…@sha256:…`) pins it. */
export interface ImageContribution extends CommonContribution {
  readonly kind: "image";
  readonly image: string;
  /** What it is pinned to, where that is not in `image`. */
  readonly digest?: string | undefined;
  /** Why upstream has nothing for this platform; makes it unavailable. */
  readonly unavailable?: string | undefined;
}

/** What a plugin contributes for one release and platform: plain data. */
export type Contribution = FileContribution | ImageContribution;

/**
 * How the digest of a file is published. URLs may hold {version}, {arch} (`amd64`) and {machine} (`x86_64`).
 * - sums: a file of many lines at that URL, as sha256sum or BSD tools write them
 * - suffix: the file's own URL with this ending (`.sha256`), the digest alone or with the file's name
 * - asset: GitHub's own digest of the release asset
 * - none: not at all, for this reason
 */
export type DigestSource =
  | { readonly sums: string }
  | { readonly suffix: string }
  | { readonly asset: true }
  | { readonly none: string };

/** Where newer versions appear, and their digests: what `kso manifests update` reads. */
export interface Upstream {
  /** The variable that holds the version (`etcd_version`): with a newer one in it, `contribute` writes the newer URLs. */
  readonly pin: string;
  /** `github`: OWNER/NAME, its releases or its tags. `stable`: a URL with {minor} that answers with the newest patch release. */
  readonly versions:
    | { readonly github: string; readonly from?: "releases" | "tags" | undefined }
    | { readonly stable: string };
  /** The tag of a version (default: `v{version}`). */
  readonly tag?: string | undefined;
  /** Each file of this version: its key in the manifest's `files` → how its digest is published. */
  readonly digests: Readonly<Record<string, DigestSource>>;
}

/**
 * One component. `contribute` is pure: no clock, no network, no disk, no randomness.
 * @example
 * ```ts
 * import { file, image, type Plugin, pin, pinned } from "kso/plugin";
 *
 * const plugin: Plugin = {
 *   name: "etcd",
 *   category: "core",
 *   description: "etcd, the store of the cluster",
 *   *contribute(release, platform) {
 *     const etcd = pin(release, "etcd_version");
 *     const base = `https://github.com/etcd-io/etcd/releases/download/v${etcd.version}`;
 *     yield file("etcd", etcd, `${base}/etcd-v${etcd.version}-linux-${platform.arch}.tar.gz`);
 *     yield* image("etcd", pinned(release, "etcd_image_tag"), "quay.io/coreos/etcd");
 *   },
 * };
 *
 * export default plugin;
 * ```
 */
export interface Plugin {
  /** Lower case, with hyphens; equal to the file's stem. */
  readonly name: string;
  readonly category: Category;
  /** One line for people. */
  readonly description: string;
  /** Other names that users may say. */
  readonly aliases?: readonly string[] | undefined;
  readonly upstream?: Upstream | undefined;
  contribute(release: Release, platform: Platform): Iterable<Contribution>;
}

/** A version together with the pin that it came from. */
export interface Pinned {
  readonly version: string;
  readonly pin: string;
}

/** The pin of that name, or undefined where the release has none. */
export function pinned(release: Release, name: string): Pinned | undefined {
  const version = release.pins[name];
  return version === undefined ? undefined : { version, pin: name };
}

/**
 * The pin of that name.
 * @throws Error when the release has none: for pins that every release has.
 */
export function pin(release: Release, name: string): Pinned {
  const version = pinned(release, name);
  if (!version) throw new Error(`${release.name} pins no ${name}`);
  return version;
}

/** A file whose version is a pin. `options` names the table of digests, why it is unavailable, or a condition. */
export function file(
  name: string,
  version: Pinned,
  url: string,
  options: Pick<FileContribution, "digests" | "digest" | "unavailable" | "when"> = {},
): FileContribution {
  return { kind: "file", name, ...version, url, ...options };
}

/** The image of a repository at the tag that a pin holds; nothing where the release has no such pin (`yield* image(…)`). */
export function* image(
  name: string,
  tag: Pinned | undefined,
  repository: string,
  options: Pick<ImageContribution, "unavailable" | "when"> = {},
): Iterable<ImageContribution> {
  if (tag) yield { kind: "image", name, ...tag, image: `${repository}:${tag.version}`, ...options };
}
