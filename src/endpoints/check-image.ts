// Checks that an image of the bundle is in the registry: its tag leads to the same image, and each blob is there.
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { availablePlatforms, type Lock, type LockedImage } from "../core/lock.ts";
import { parseReference } from "../core/reference.ts";
import type { Http } from "../http/http.ts";
import { Logins } from "../oci/auth.ts";
import type { Credentials } from "../oci/credentials.ts";
import { manifestKind, parseDocument } from "../oci/manifest.ts";
import { openRegistry, type Registry } from "../oci/registry.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { type ImageContents, type PlatformImage, walkImage } from "../oci/walk.ts";
import { type EndpointCheckResult, type MissingItem, reasonFrom, resultFor } from "./check-result.ts";
import { type Endpoints, registryHosts, registryUrl, repositoryAt } from "./endpoints.ts";

/** How images are requested: by the registry's name, or as containerd requests them from a mirror (`?ns=quay.io`). */
export type NameForm = "named" | "mirrored";

/** Where images are looked up, and by which means. */
export interface ImageCheckContext {
  readonly lock: Lock;
  readonly endpoints: Endpoints;
  /** Reads manifests and configurations out of the bundle. */
  readonly read: (blob: Descriptor) => Uint8Array | undefined;
  readonly http: Http;
  readonly credentials: Credentials;
}

/** How one image is looked up, and whether its blobs are looked up too. */
export interface ImageCheckOptions {
  readonly form: NameForm;
  readonly blobs: boolean;
}

/** Looks up images in the registry of the endpoints. */
export class ImageCheck {
  readonly #context: ImageCheckContext;
  readonly #named: Registry;
  /** By the host that images come from. */
  readonly #mirrored: ReadonlyMap<string, Registry>;

  constructor(context: ImageCheckContext) {
    const { lock, http, credentials, endpoints } = context;
    const { registry } = endpoints;
    const logins = new Logins({ http, credentials });
    const open = (client: Http): Registry =>
      openRegistry({ http: client, credentials, base: registryUrl(registry), host: registry.host, logins });
    this.#context = context;
    this.#named = open(http);
    this.#mirrored = new Map(registryHosts(lock.images).map((host) => [host, open(asMirror(http, host))]));
  }

  /** Checks that a registry responds. @throws HttpError as {@link Registry.ping} does. */
  async ping(): Promise<void> {
    await this.#named.ping();
  }

  /** Compares one image with what its tag leads to. */
  async check(locked: LockedImage, { form, blobs }: ImageCheckOptions): Promise<EndpointCheckResult> {
    const { endpoints, lock, read } = this.#context;
    const { image, root, byDigest } = locked;
    const platforms = availablePlatforms(locked, lock);
    const { host, tag } = parseReference(image);
    const name = repositoryAt(endpoints, image);
    const registry = form === "named" ? this.#named : (this.#mirrored.get(host) ?? this.#named);
    const repository = registry.reader(name);
    const query = form === "mirrored" ? `?ns=${host}` : "";
    const url = `${registryUrl(endpoints.registry)}/v2/${name}/manifests/${tag}${query}`;
    const failed = (reason: string): EndpointCheckResult => resultFor({ name: image, platforms }, url, reason);
    if (platforms.length === 0)
      return resultFor(
        { name: image, platforms: locked.platforms },
        url,
        "the bundle has no image for any of its platforms; write the bundle anew",
      );

    const target = await headOf(repository, tag);
    if ("reason" in target) return failed(target.reason);
    const walked = walkImage(root, platforms, read);
    if (walked.images.length === 0 && target.digest !== root.digest)
      return failed(`the tag leads to another image (${target.digest})`);
    if (byDigest && target.digest !== root.digest) {
      const pinned = await headOf(repository, root.digest);
      if ("reason" in pinned) return failed(`it is asked for by ${root.digest}: ${pinned.reason}`);
    }
    let there = walked.images;
    const unreadable = await reasonFrom(async () => {
      if (target.digest !== root.digest) there = await this.#imagesAt(repository, target, platforms);
      return undefined;
    });
    if (unreadable !== undefined) return failed(unreadable);
    const missing: MissingItem[] = [];
    for (const platform of platforms) {
      const reason = await reasonFrom(
        async () => await this.#missingOf(platform, { repository, target, walked, there, blobs }),
      );
      if (reason !== undefined) missing.push({ item: image, platform, url, reason });
    }
    return { checked: platforms.length, missing };
  }

  /** Names the first thing that a client of the platform would not get; undefined where it gets all. */
  async #missingOf(
    platform: string,
    { repository, target, walked, there, blobs }: ImageAtSite,
  ): Promise<string | undefined> {
    const expected = walked.images.find((one) => one.platform === platform);
    const isImage = walked.images.length + walked.unavailable.length + walked.unread.length > 0;
    if (!expected && isImage) return "the bundle lacks its manifest; kso verify tells more";
    const found = there.find((one) => one.platform === platform);
    if (expected && found?.manifest.digest !== expected.manifest.digest)
      return `the tag leads to another image (${target.digest}), which does not hold ${expected.manifest.digest}`;
    if (!blobs) return undefined;
    if (!expected) return await this.#missingBlob(repository, walked.blobs.slice(1));
    if (!(await repository.head(expected.manifest.digest)))
      return `the registry lacks its manifest ${expected.manifest.digest}`;
    return await this.#missingBlob(repository, [expected.config, ...expected.layers]);
  }

  /** What clients of each platform get of an index that is not the bundle's: they choose from the site's own. */
  async #imagesAt(
    repository: RepositoryReader,
    target: Descriptor,
    platforms: readonly string[],
  ): Promise<readonly PlatformImage[]> {
    const documents = new Map<Digest, Uint8Array>();
    let level: readonly Descriptor[] = [target];
    for (let depth = 0; level.length > 0 && depth <= maxIndexDepth; depth++) {
      const below: Descriptor[] = [];
      for (const { digest } of level) {
        if (documents.has(digest)) continue;
        const { bytes, descriptor } = await repository.manifest(digest);
        documents.set(digest, bytes);
        const document = parseDocument(bytes, descriptor);
        const entries = document.kind === "index" ? document.entries.map(({ blob }) => blob) : [];
        below.push(...entries.filter(({ mediaType }) => manifestKind(mediaType) === "index"));
      }
      level = below;
    }
    return walkImage(target, platforms, (blob) => documents.get(blob.digest) ?? this.#context.read(blob)).images;
  }

  /** Names the first blob that the registry lacks. */
  async #missingBlob(repository: RepositoryReader, blobs: readonly Descriptor[]): Promise<string | undefined> {
    for (const blob of blobs) {
      const request = { ...repository.blobRequest(blob), method: "HEAD" } as const;
      const response = await this.#context.http.send(request, [404]);
      await response.cancel();
      if (response.status === 404) return `the registry lacks its blob ${blob.digest}`;
    }
    return undefined;
  }
}

/** Indexes inside one another that are looked into. */
const maxIndexDepth = 4;

/** An image of the bundle, and what the site has under its name. */
interface ImageAtSite {
  readonly repository: RepositoryReader;
  /** What the tag leads to. */
  readonly target: Descriptor;
  /** The image in the bundle. */
  readonly walked: ImageContents;
  /** What clients of each platform get by the tag. */
  readonly there: readonly PlatformImage[];
  /** Whether blobs are looked up too. */
  readonly blobs: boolean;
}

/** What a tag or a digest leads to, or the reason why that is not known. */
async function headOf(
  repository: RepositoryReader,
  reference: string,
): Promise<Descriptor | { readonly reason: string }> {
  let target: Descriptor | undefined;
  const reason = await reasonFrom(async () => {
    target = await repository.head(reference);
    return undefined;
  });
  if (reason !== undefined) return { reason };
  return target ?? { reason: "there is no such image" };
}

/** An HTTP client that requests as containerd does from a mirror: with the host that images come from in the query. */
function asMirror(http: Http, host: string): Http {
  const send: Http["send"] = (request, accept) => {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/v2/")) url.searchParams.set("ns", host);
    return http.send({ ...request, url: url.href }, accept);
  };
  return { ...http, send };
}
