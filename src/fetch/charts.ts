// Charts of Helm that a user adds: where the archive of each is, and which bytes it must have. Their repositories say so: the index of
// one that is reached by HTTP, the manifest of one in a registry. What the lock has is not looked up again.
import { findPublished, type PublishedChart } from "../charts/published.ts";
import { mapConcurrently } from "../core/concurrency.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { LockedFile } from "../core/lock.ts";
import type { FileArtifact, ImageArtifact } from "../core/plan.ts";
import type { HttpRequest } from "../http/request.ts";
import { Logins } from "../oci/auth.ts";
import { parseDocument } from "../oci/manifest.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { type FetchFailure, type FetchOptions, failureOf } from "./options.ts";
import { Registries } from "./registries.ts";

/** A chart with its location, and the requests that download it. */
export interface LocatedChart {
  readonly artifact: FileArtifact;
  readonly sources: readonly HttpRequest[];
}

/** The charts of a plan by their paths; those that nobody has are failures. */
export interface LocatedCharts {
  readonly charts: ReadonlyMap<string, LocatedChart>;
  readonly failed: readonly FetchFailure[];
}

/** The largest index that is read. Bytes. */
const maxIndex = 64 << 20;
/** The layer of a chart in a registry (https://helm.sh/docs/topics/registries/). */
const chartLayer = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

type ChartArtifact = FileArtifact & Required<Pick<FileArtifact, "chart">>;

/** Looks up the charts of the plan. */
export async function locateCharts(options: FetchOptions): Promise<LocatedCharts> {
  const charts = options.plan.artifacts.filter(isChart);
  const failed: FetchFailure[] = [];
  if (charts.length === 0) return { charts: new Map(), failed };
  const locator = new ChartLocator(options);
  const located = await mapConcurrently(options.jobs, charts, async (artifact) => {
    try {
      return [[artifact.path, await locator.locate(artifact)] as const];
    } catch (cause) {
      options.signal?.throwIfAborted();
      failed.push(failureOf(artifact, locator.indexOf(artifact), cause, 1));
      return [];
    }
  });
  return { charts: new Map(located.flat()), failed };
}

function isChart(artifact: FileArtifact | ImageArtifact): artifact is ChartArtifact {
  return artifact.kind === "file" && artifact.chart !== undefined;
}

class ChartLocator {
  readonly #options: FetchOptions;
  readonly #registries: Registries;
  /** By its URL: each index is read once. */
  readonly #indexes = new Map<string, Promise<string>>();

  constructor(options: FetchOptions) {
    this.#options = options;
    this.#registries = new Registries(options.http, options.credentials, new Logins(options));
  }

  async locate(artifact: ChartArtifact): Promise<LocatedChart> {
    const locked = this.#options.lock?.files.find(({ path }) => path === artifact.path);
    const isInRegistry = artifact.chart.repository.startsWith("oci:");
    return isInRegistry ? await this.#inRegistry(artifact, locked) : await this.#inRepository(artifact, locked);
  }

  /** What is asked for where the chart is. */
  indexOf({ chart, url }: ChartArtifact): string {
    return chart.repository.startsWith("oci:") ? url : `${chart.repository}/index.yaml`;
  }

  async #inRepository(artifact: ChartArtifact, locked: LockedFile | undefined): Promise<LocatedChart> {
    if (locked) return this.#at(artifact, [locked.url]);
    const index = this.indexOf(artifact);
    const { urls, digest } = await this.#published(artifact, index);
    const whole = urls.map((url) => new URL(url, index).href);
    const plain = whole.find((url) => !url.startsWith("https://"));
    if (plain !== undefined) throw new KsoError("fetch", `${index} leads to ${plain}, which is no https:// URL`);
    const wanted = artifact.digest ?? digest;
    if (wanted && digest && wanted !== digest)
      throw new KsoError("fetch", `${index} has ${digest}, and ${artifact.provenance.version} wants ${wanted}`);
    const provenance = { ...artifact.provenance, digest: artifact.provenance.digest ?? index };
    return this.#at(wanted ? { ...artifact, digest: wanted, provenance } : artifact, whole);
  }

  #at(artifact: ChartArtifact, urls: readonly string[]): LocatedChart {
    const { locationsOf = (url: string): readonly string[] => [url] } = this.#options;
    const [url = artifact.url] = urls;
    return { artifact: { ...artifact, url }, sources: urls.flatMap(locationsOf).map((one) => ({ url: one })) };
  }

  /** @throws KsoError `fetch` naming the index and what it has instead. */
  async #published({ chart: { name }, version }: ChartArtifact, index: string): Promise<PublishedChart> {
    const text = await this.#read(index);
    try {
      return findPublished(text, name, version);
    } catch (cause) {
      throw new KsoError("fetch", `Cannot use ${index}: ${messageOf(cause)}`, cause);
    }
  }

  /** The text of an index, from the first location that has it. */
  async #read(index: string): Promise<string> {
    const read = this.#indexes.get(index) ?? this.#download(index);
    this.#indexes.set(index, read);
    return await read;
  }

  async #download(index: string): Promise<string> {
    const { http, signal, locationsOf = (url: string): readonly string[] => [url] } = this.#options;
    let failure: unknown;
    for (const url of locationsOf(index)) {
      try {
        const response = await http.send({ url, ...(signal && { signal }) });
        return new TextDecoder().decode(await response.bytes(maxIndex));
      } catch (cause) {
        signal?.throwIfAborted();
        failure = cause;
      }
    }
    throw failure;
  }

  async #inRegistry(artifact: ChartArtifact, locked: LockedFile | undefined): Promise<LocatedChart> {
    const repositories = this.#registries.repositoriesFor(imageOf(artifact));
    if (locked)
      return this.#blob(artifact, { digest: locked.digest, size: locked.size, mediaType: chartLayer }, repositories);
    let failure: unknown;
    for (const [index, repository] of repositories.entries()) {
      try {
        const layer = await this.#layerOf(artifact, repository);
        return this.#blob(artifact, layer, [...repositories.slice(index), ...repositories.slice(0, index)]);
      } catch (cause) {
        this.#options.signal?.throwIfAborted();
        failure = cause;
      }
    }
    throw failure;
  }

  async #layerOf(artifact: ChartArtifact, repository: RepositoryReader): Promise<Descriptor> {
    const { descriptor, bytes } = await repository.manifest(tagOf(artifact.version), this.#options.signal);
    const document = parseDocument(bytes, descriptor);
    const layers = document.kind === "manifest" ? document.layers : [];
    const layer = layers.find(({ mediaType }) => mediaType === chartLayer);
    if (!layer) throw new KsoError("fetch", `Cannot use ${artifact.url}: it is no chart of Helm`);
    if (artifact.digest && artifact.digest !== layer.digest)
      throw new KsoError(
        "fetch",
        `${artifact.url} is ${layer.digest}, and ${artifact.provenance.version} wants ${artifact.digest}`,
      );
    return layer;
  }

  #blob(artifact: ChartArtifact, layer: Descriptor, repositories: readonly RepositoryReader[]): LocatedChart {
    // The manifest names the bytes as an index does.
    const provenance = { ...artifact.provenance, digest: artifact.provenance.digest ?? artifact.url };
    return {
      artifact: { ...artifact, digest: layer.digest, provenance },
      sources: repositories.map((repository) => repository.blobRequest(layer)),
    };
  }
}

/** The name under which a registry has the chart, at the same mirrors. */
function imageOf({ chart: { repository, name }, version, path, locations, ...artifact }: ChartArtifact): ImageArtifact {
  const image = `${repository.slice("oci://".length)}/${name}:${tagOf(version)}`;
  const { url: _, ...common } = artifact;
  const host = path.slice(0, path.indexOf("/"));
  const below = (location: string): string =>
    `${location.slice(0, location.length - path.length + host.length)}${image.slice(host.length)}`;
  return { ...common, version, kind: "image", image, ...(locations && { locations: locations.map(below) }) };
}

/** A tag has no plus sign; Helm writes a line in its place. */
function tagOf(version: string): string {
  return version.replaceAll("+", "_");
}
