// Checks that an image of the bundle is in the registry: its tag leads to the same image, and each blob is there.
import type { Descriptor } from "../core/descriptor.ts";
import type { Lock, LockedImage } from "../core/lock.ts";
import { parseReference } from "../core/reference.ts";
import type { Http } from "../http/http.ts";
import { Logins } from "../oci/auth.ts";
import type { Credentials } from "../oci/credentials.ts";
import { parseDocument } from "../oci/manifest.ts";
import { openRegistry, type Registry } from "../oci/registry.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { imagesIn, type PlatformImage } from "../oci/walk.ts";
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
    const { endpoints, read } = this.#context;
    const { image, root, platforms, byDigest } = locked;
    const { host, tag } = parseReference(image);
    const name = repositoryAt(endpoints, image);
    const registry = form === "named" ? this.#named : (this.#mirrored.get(host) ?? this.#named);
    const repository = registry.reader(name);
    const query = form === "mirrored" ? `?ns=${host}` : "";
    const url = `${registryUrl(endpoints.registry)}/v2/${name}/manifests/${tag}${query}`;
    const failed = (reason: string): EndpointCheckResult => resultFor({ name: image, platforms }, url, reason);

    const target = await headOf(repository, tag);
    if ("reason" in target) return failed(target.reason);
    const platformImages = imagesIn(root, platforms, read);
    if (platformImages.length === 0 && target.digest !== root.digest)
      return failed(`the tag leads to another image (${target.digest})`);
    if (byDigest && target.digest !== root.digest) {
      const pinned = await headOf(repository, root.digest);
      if ("reason" in pinned) return failed(`it is asked for by ${root.digest}: ${pinned.reason}`);
    }
    const missing: MissingItem[] = [];
    for (const platformImage of platformImages) {
      const reason = await reasonFrom(async () => {
        if (!(await leadsTo(repository, target, root, platformImage)))
          return `the tag leads to another image (${target.digest}), which does not hold ${platformImage.manifest.digest}`;
        return blobs ? await this.#missingBlob(repository, platformImage) : undefined;
      });
      if (reason !== undefined) missing.push({ item: image, platform: platformImage.platform, url, reason });
    }
    return { checked: platforms.length, missing };
  }

  /** Names the first blob that the registry lacks. */
  async #missingBlob(
    repository: RepositoryReader,
    { manifest, config, layers }: PlatformImage,
  ): Promise<string | undefined> {
    if (!(await repository.head(manifest.digest))) return `the registry lacks its manifest ${manifest.digest}`;
    for (const blob of [config, ...layers]) {
      const request = { ...repository.blobRequest(blob), method: "HEAD" } as const;
      const response = await this.#context.http.send(request, [404]);
      await response.cancel();
      if (response.status === 404) return `the registry lacks its blob ${blob.digest}`;
    }
    return undefined;
  }
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

/** Does the tag lead to the digest of the image or its manifest, or to an index made for fewer platforms? */
async function leadsTo(
  repository: RepositoryReader,
  target: Descriptor,
  root: Descriptor,
  { manifest }: PlatformImage,
): Promise<boolean> {
  if (target.digest === root.digest || target.digest === manifest.digest) return true;
  const { bytes, descriptor } = await repository.manifest(target.digest);
  const document = parseDocument(bytes, descriptor);
  return document.kind === "index" && document.entries.some(({ blob }) => blob.digest === manifest.digest);
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
