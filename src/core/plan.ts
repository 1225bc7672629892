// A plan is a release and a selection resolved to artifacts, with the reason for each. It is what every exporter reads.
import type { Digest } from "./digest.ts";
import type { Category } from "./plugin.ts";

/** Where an artifact's version, name and digest come from, so that a person can follow it up. */
export interface Provenance {
  readonly version: string;
  /** The plugin that wrote the URL or image name. */
  readonly name: string;
  readonly digest?: string;
}

interface CommonArtifact {
  /** kubespray's name of the item (`calico_node`), unique together with `kind` and `platforms`. */
  readonly name: string;
  readonly component: string;
  readonly version: string;
  /** `linux/amd64`, …: the platforms that this very URL or image serves. */
  readonly platforms: readonly string[];
  /** True when the release's own generate_list.sh prints it. */
  readonly listed: boolean;
  /** Why it is in. */
  readonly reason: string;
  readonly provenance: Provenance;
  /** In a plan of several releases: those that want it, oldest first. */
  readonly releases?: readonly string[];
  /**
   * The mirrors' URLs of it, in order of preference, which are tried instead of the origin; absent where its host has no mirror.
   * Of an image: the registry's address with the image's name below it.
   */
  readonly locations?: readonly string[];
}

/** A file that a cluster downloads. */
export interface FileArtifact extends CommonArtifact {
  readonly kind: "file";
  /** The origin's own URL. */
  readonly url: string;
  /** Its name inside the air gap: `<origin host>/<path>`, whatever the mirror. */
  readonly path: string;
  /** The published digest; absent only where what is unavailable was kept. */
  readonly digest?: Digest;
  /** A chart of Helm that is looked up in this repository when it is fetched: the URL is where it usually would be. */
  readonly chart?: { readonly repository: string; readonly name: string };
}

/** An image that a cluster pulls. */
export interface ImageArtifact extends CommonArtifact {
  readonly kind: "image";
  /** The full name inside the air gap: `registry.k8s.io/pause:3.10`. */
  readonly image: string;
  /** What it is pinned to: it is pulled by this digest, whatever its tag leads to. */
  readonly digest?: Digest;
}

/** A file or an image that some component needs. */
export type Artifact = FileArtifact | ImageArtifact;

/** Something a component wants for a platform that upstream does not have, or has no published digest for. */
export interface Unavailable {
  readonly kind: "file" | "image";
  readonly name: string;
  readonly component: string;
  readonly version: string;
  readonly platform: string;
  /** The URL or image that kubespray would still try. */
  readonly locator: string;
  readonly reason: string;
  /** True when `--unavailable include` kept it among the artifacts. */
  readonly included: boolean;
  /** On record: `--allow-missing` goes on without it. */
  readonly allowed?: true;
  /** In a plan of several releases: those that want it, oldest first. */
  readonly releases?: readonly string[];
}

/** Why an image is not there for an architecture. @param source who says so, where nobody asked the registry. */
export function lacksReason(source?: string): string {
  return `upstream's image has none for this architecture${source === undefined ? "" : ` (${source})`}`;
}

/** Something an inventory, or an included component of a checkout, wants and kso cannot evaluate: no request for it is known. */
export interface Unresolved {
  /** `variables` is a file that sets variables of an inventory and cannot be read: nobody knows what it wants. */
  readonly kind: "file" | "image" | "variables";
  /** Of variables: the file, from its group_vars or host_vars on. */
  readonly name: string;
  readonly component: string;
  /** None for variables. */
  readonly platforms: readonly string[];
  /** The field of the item: `url`, `enabled`, …; empty for the item as a whole. */
  readonly field: string;
  /** As the checkout or the inventory has it: `{{ helm_download_url }}`. */
  readonly expression: string;
  readonly reason: string;
  /** The hosts that want it, where they are known. */
  readonly hosts?: readonly string[];
  /** On record: `--allow-unresolved` goes on without it. */
  readonly allowed?: true;
  /** In a plan of several releases: those that want it, oldest first. */
  readonly releases?: readonly string[];
}

/** What is unavailable for one platform or several, for the same reason. */
export type UnavailableItem = Omit<Unavailable, "platform" | "locator"> & { readonly platforms: readonly string[] };

/** Each item once for each reason, with its platforms. */
export function unavailableItems(unavailable: readonly Unavailable[]): UnavailableItem[] {
  const items = new Map<string, UnavailableItem>();
  for (const { platform, locator: _, ...item } of unavailable) {
    const key = JSON.stringify([item.name, item.version, item.reason, item.included]);
    const platforms = items.get(key)?.platforms ?? [];
    items.set(key, { ...item, platforms: platforms.includes(platform) ? platforms : [...platforms, platform] });
  }
  return [...items.values()];
}

/** Whether a component is in, and why. */
export interface Decision {
  readonly component: string;
  readonly category: Category;
  readonly included: boolean;
  readonly reason: string;
  /** A flag, the user's own plugin or an inventory asks for it, or what is asked for requires it. It is not written: the reason says why. */
  readonly requested?: true;
  /** In a plan of several releases: those for which it was taken, oldest first. */
  readonly releases?: readonly string[];
}

/** The release that a plan was made for. */
export interface PlannedRelease {
  readonly name: string;
  readonly version: string;
  readonly commit: string;
  /** Of a checkout that is no embedded release: what `origins` are in a release manifest. The isolated side has no other source of them. */
  readonly origins?: Readonly<Record<string, string>>;
}

/** One of several releases, with the Kubernetes version that it is planned for. */
export interface ReleaseStep extends PlannedRelease {
  readonly kubernetes: string;
}

/** What is to be fetched, and why; `plan.json`. */
export interface Plan {
  /** 2 where it is for several releases. */
  readonly schema: "kso.plan/1" | "kso.plan/2";
  /** Of several, the newest. */
  readonly release: PlannedRelease;
  /** That of {@link Plan.release}. */
  readonly kubernetes: string;
  /** All of several releases, oldest first; every item of the plan then says which of them want it. */
  readonly releases?: readonly ReleaseStep[];
  readonly platforms: readonly string[];
  /** What kind of site it is for (`--profile`): some components are left out, as their decisions say. */
  readonly profile?: string;
  /** In the release's own order: files, then images, what kubespray does not list last. */
  readonly artifacts: readonly Artifact[];
  readonly unavailable: readonly Unavailable[];
  /** Each item once. */
  readonly unresolved: readonly Unresolved[];
  readonly components: readonly Decision[];
  /** What a person should know and nothing depends on. */
  readonly notes: readonly string[];
  /** The plan of each of several releases by itself; not written. */
  readonly parts?: readonly Plan[];
}

/** The URL or image reference that an artifact is fetched from: at its first mirror, or at its origin where it has none. */
export function sourceOf(artifact: Artifact): string {
  const [mirror] = artifact.locations ?? [];
  if (artifact.kind === "file") return mirror ?? artifact.url;
  const name = mirror?.replace(/^https?:\/\//, "") ?? artifact.image;
  return artifact.digest ? `${name}@${artifact.digest}` : name;
}

/** The name of an artifact inside the air gap: a file's path, or an image's full name. */
export function artifactName(artifact: Artifact): string {
  return artifact.kind === "file" ? artifact.path : artifact.image;
}

/** The one way a plan is written: with the source of each artifact, and without the other mirrors. */
export function formatPlan({ parts: _, ...plan }: Plan): string {
  const components = plan.components.map(({ requested: _requested, ...decision }) => decision);
  return `${JSON.stringify({ ...plan, artifacts: artifactsJson(plan.artifacts), components }, null, 2)}\n`;
}

/** Is it asked for by name or by an inventory? What no decision is about (a base image) is part of the job itself. */
export function isRequested({ component }: Pick<Artifact, "component">, { components }: Plan): boolean {
  const decisions = components.filter((decision) => decision.component === component);
  return decisions.length === 0 || decisions.some(({ requested }) => requested);
}

/** Artifacts as they are written: with the source of each, and without the other mirrors. */
export function artifactsJson(artifacts: readonly Artifact[]): object[] {
  return artifacts.map((artifact) => {
    const source = sourceOf(artifact);
    if (artifact.kind === "file") {
      const { locations: _, ...file } = artifact;
      return { ...file, url: source };
    }
    const { locations: _, image, digest, ...common } = artifact;
    return { ...common, image, source, ...(digest && { digest }) };
  });
}

/** The files of one platform, in order. */
export function filesFor(plan: Plan, platform: string): FileArtifact[] {
  return plan.artifacts.filter(
    (artifact): artifact is FileArtifact => artifact.kind === "file" && artifact.platforms.includes(platform),
  );
}

/** The images, in order. */
export function imagesOf(plan: Plan): ImageArtifact[] {
  return plan.artifacts.filter((artifact): artifact is ImageArtifact => artifact.kind === "image");
}
