// The two kinds of data file in `manifests/`. A release says which versions it pins; a component says which bytes a version is.
import type { Digest } from "./digest.ts";

/** Published digests of one file: version → architecture (`any` where one file serves all) → digest. */
export type DigestTable = Readonly<Record<string, Readonly<Record<string, Digest>>>>;

/** What was seen of the images of one repository. */
export interface ImageTable {
  /** Where it was seen. */
  readonly source: string;
  /** Tag (`*` for every one) → architecture → whether there is an image for it. What does not stand here, nobody has looked up. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
}

/** `manifests/<component>.json`. */
export interface ComponentManifest {
  readonly $schema?: string | undefined;
  /** The component's name, equal to the file's stem and the plugin's. */
  readonly name: string;
  /** Components that this one cannot work without: name → range of kubespray releases (`*` for all). */
  readonly requires?: Readonly<Record<string, string>> | undefined;
  /** File name (as the plugin writes it) → where its digests come from, and the digests. */
  readonly files?: Readonly<Record<string, { readonly source: string; readonly versions: DigestTable }>> | undefined;
  /** Repository (`quay.io/calico/node`) → which architectures its images are for. */
  readonly images?: Readonly<Record<string, ImageTable>> | undefined;
}

/** From this Kubernetes version on (up to the next step) a pin has this value; null: there is none. */
export interface PinStep {
  readonly from: string;
  readonly value: string | null;
}

/** `manifests/releases/kubespray-<version>.json`. */
export interface ReleaseManifest {
  readonly $schema?: string | undefined;
  /** `kubespray-2.31.0`. */
  readonly name: string;
  readonly version: string;
  /** The tag and commit of kubespray that the manifest was read from, and the commit's date. */
  readonly source: {
    readonly repository: string;
    readonly tag: string;
    readonly commit: string;
    readonly date: string;
  };
  readonly kubernetes: {
    /** The version that the release installs by default. */
    readonly default: string;
    /** Every version it has checksums and companions (etcd, CRI tools, …) for, newest first. */
    readonly versions: readonly string[];
  };
  /** kubespray's variables that do not depend on the Kubernetes version: name → value, without a leading v for versions. */
  readonly pins: Readonly<Record<string, string>>;
  /** kubespray's variables that do: name → steps in ascending order. */
  readonly byKubernetes: Readonly<Record<string, readonly PinStep[]>>;
  /**
   * kubespray's variables whose value begins with an origin's host, as the release writes them: `github_url` →
   * `https://github.com`, `quay_image_repo` → `quay.io`. Every URL and image name of the release is made from these.
   */
  readonly origins?: Readonly<Record<string, string>> | undefined;
  /** The names of what kubespray's own generate_list.sh prints, in its order. */
  readonly lists: { readonly files: readonly string[]; readonly images: readonly string[] };
  /** Where this release's checksums differ from the component manifests': component → file → version → arch → digest; null where it publishes none. */
  readonly digests?:
    | Readonly<
        Record<string, Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Digest | null>>>>>>>
      >
    | undefined;
}

/** What the configuration of a cluster is made from: how a release spells its variables, and those that name an origin. */
export type ConfigurableRelease = Pick<ReleaseManifest, "name" | "version" | "origins">;

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** A release manifest that names only what it adds or changes (in a `--manifests` folder). */
export type ReleaseOverlay = Loose<Omit<ReleaseManifest, "name" | "kubernetes" | "lists">> & {
  readonly name: string;
  readonly kubernetes?: Loose<ReleaseManifest["kubernetes"]> | undefined;
  readonly lists?: Loose<ReleaseManifest["lists"]> | undefined;
};
