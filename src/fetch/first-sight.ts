// What public mirrors say of a tag is held against the registry that they stand for, where that answers: a digest protects what was
// pinned, and the first sight of a tag is where a mirror could lie.
import { type Artifact, artifactName, type ImageArtifact } from "../core/plan.ts";
import { parseReference } from "../core/reference.ts";
import { HttpError } from "../http/error.ts";
import type { ResolvedImage } from "./identify-image.ts";
import type { FetchOptions } from "./options.ts";
import type { Registries } from "./registries.ts";

/** How many names a note has. */
const shownNames = 3;

/** Compares the tags of a run with the origins, in one quick try each; a host that does not respond is asked once. */
export class FirstSight {
  readonly #probes: Registries;
  readonly #options: Pick<FetchOptions, "progress" | "signal">;
  readonly #unresponsive = new Set<string>();
  readonly #unconfirmed: string[] = [];

  /** @param probes registries that are tried once. */
  constructor(probes: Registries, options: Pick<FetchOptions, "progress" | "signal">) {
    this.#probes = probes;
    this.#options = options;
  }

  /** The image with the root that its origin names, where a mirror named it and the origin answers. */
  async confirm(image: ResolvedImage, isFromOrigin: boolean): Promise<ResolvedImage> {
    const { artifact, root, repositories } = image;
    if (artifact.digest !== undefined || isFromOrigin || !endsAtOrigin(artifact)) return image;
    const { host, tag } = parseReference(artifact.image);
    const own = await this.#headAtOrigin(artifact, host, tag);
    if (own === undefined) this.#unconfirmed.push(artifact.image);
    if (own === undefined || own.digest === root.digest) return image;
    this.#options.progress.note(
      `${artifact.image}: a mirror says ${root.digest}, and ${host} itself ${own.digest}, which is taken`,
    );
    return { ...image, root: own, repositories: [...repositories.slice(-1), ...repositories.slice(0, -1)] };
  }

  /** Names what nobody but a mirror has vouched for. */
  note(files: readonly Artifact[]): void {
    const unpublished = files.filter((file) => file.digest === undefined && endsAtOrigin(file)).map(artifactName);
    const names = [...this.#unconfirmed.toSorted(), ...unpublished];
    if (names.length === 0) return;
    const others = names.length > shownNames ? ` and ${names.length - shownNames} more` : "";
    const counts = names.length === 1 ? "1 item was" : `${names.length} items were`;
    this.#options.progress.note(
      `${counts} pinned on first sight from a mirror, since their origin did not answer or publishes no digest: ${names.slice(0, shownNames).join(", ")}${others}`,
    );
  }

  async #headAtOrigin(artifact: ImageArtifact, host: string, tag: string): Promise<ResolvedImage["root"] | undefined> {
    if (this.#unresponsive.has(host)) return undefined;
    try {
      return await this.#probes.repositoriesFor(artifact).at(-1)?.head(tag, this.#options.signal);
    } catch (cause) {
      this.#options.signal?.throwIfAborted();
      if (cause instanceof HttpError && cause.status === undefined) this.#unresponsive.add(host);
      return undefined;
    }
  }
}

/** Are there mirrors for it, and its own origin behind them? */
export function endsAtOrigin(artifact: Artifact): boolean {
  const { locations = [] } = artifact;
  return locations.length > 1 && locations.at(-1) === `https://${artifactName(artifact)}`;
}
