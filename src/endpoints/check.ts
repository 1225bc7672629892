// Is everything of a bundle at the site, under the very names that were written? In travel the lock and a running site; out
// travel the misses. Names, sizes and digests are compared; no file and no layer is downloaded.
import type { Descriptor } from "../core/descriptor.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock, LockedFile, LockedImage } from "../core/lock.ts";
import { parseReference } from "../core/reference.ts";
import { HttpError, reasonOf } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { Credentials } from "../oci/credentials.ts";
import { type ManifestDocument, parseDocument } from "../oci/manifest.ts";
import { openRegistry, type Registry } from "../oci/registry.ts";
import type { RepositoryReader } from "../oci/repository-reader.ts";
import { imagesIn, type PlatformImage } from "../oci/walk.ts";
import { type Endpoints, fileAt, registryHosts, registryUrl, repositoryAt } from "./endpoints.ts";

/** Something that the site does not have as the bundle has it. */
export interface MissingItem {
  /** The file's path or the image's full name, as in the bundle. */
  readonly item: string;
  readonly platform: string;
  /** Where it was looked for. */
  readonly url: string;
  readonly reason: string;
}

/** How images are asked for: by the registry's own name, or as containerd asks a mirror (`?ns=quay.io`). */
export type NameForm = "named" | "mirrored";

export interface CheckOptions {
  readonly lock: Lock;
  readonly site: Endpoints;
  readonly forms: readonly NameForm[];
  /** Reads manifests and configurations out of the bundle. */
  readonly read: (blob: Descriptor) => Uint8Array | undefined;
  readonly http: Http;
  readonly credentials: Credentials;
}

/**
 * @returns how many names were looked up, each for each of its platforms, and what was missed.
 * @throws KsoError `remote` when a server of the site cannot be reached at all.
 */
export async function checkEndpoints(checking: CheckOptions): Promise<{ checked: number; misses: MissingItem[] }> {
  const { lock, site, http, credentials, forms } = checking;
  const { files } = site;
  const base = registryUrl(site.registry);
  await reached(http, `${base}/v2/`, "registry");
  if (files !== undefined) await reached(http, `${files}/`, "file server");
  const open = (via: Http): Registry => openRegistry({ http: via, credentials, base, host: site.registry.host });
  const named = open(http);
  const mirrors = new Map(registryHosts(lock.images).map((origin) => [origin, open(asMirror(http, origin))]));
  const registryFor = (form: NameForm, image: string): Registry =>
    form === "named" ? named : (mirrors.get(parseReference(image).host) ?? named);
  const results = await Promise.all([
    ...(files === undefined ? [] : lock.files.map((file) => checkFile(http, files, file))),
    ...lock.images.flatMap((image) =>
      // Blobs have one name, whatever the image's.
      forms.map((form, at) => checkImage(checking, image, form, registryFor(form, image.image), at === 0)),
    ),
  ]);
  return {
    checked: results.reduce((all, { checked }) => all + checked, 0),
    misses: results.flatMap((one) => one.misses),
  };
}

interface Result {
  readonly checked: number;
  readonly misses: readonly MissingItem[];
}

async function reached(http: Http, url: string, what: string): Promise<void> {
  try {
    await (await http.send({ url })).cancel();
  } catch (cause) {
    // Any answer at all will do: names are what is looked up, not this.
    if (!(cause instanceof HttpError)) throw cause;
    if (cause.status !== undefined) return;
    throw new KsoError("remote", `Cannot reach the ${what} at ${url}: ${reasonOf(cause)}`, cause);
  }
}

async function checkFile(
  http: Http,
  files: string,
  { path, url: origin, size, platforms }: LockedFile,
): Promise<Result> {
  const url = fileAt(files, origin);
  const reason = await failing(async () => {
    const head = await http.send({ url, method: "HEAD" }, unwilling);
    const answer = unwilling.includes(head.status) ? await http.send({ url }) : head;
    await answer.cancel();
    const length = answer.headers.get("content-length");
    return length === null || Number(length) === size ? undefined : `it has ${length} bytes, and ${size} in the bundle`;
  });
  return resultOf(path, platforms, url, reason);
}

/** What servers say that answer GET only. */
const unwilling = [405, 501];

async function checkImage(
  { site, read, http }: CheckOptions,
  { image, root, platforms }: LockedImage,
  form: NameForm,
  registry: Registry,
  deep: boolean,
): Promise<Result> {
  const { host, tag } = parseReference(image);
  const name = repositoryAt(site, image);
  const repository = registry.reader(name);
  const query = form === "mirrored" ? `?ns=${host}` : "";
  const url = `${registryUrl(site.registry)}/v2/${name}/manifests/${tag}${query}`;
  const own = imagesIn(root, platforms, read);
  let there: Descriptor | undefined;
  const reason = await failing(async () => {
    there = await repository.head(tag);
    return there ? undefined : "there is no such image";
  });
  if (reason !== undefined || !there) return resultOf(image, platforms, url, reason);
  const top = there;
  const misses: MissingItem[] = [];
  if (own.length === 0 && top.digest !== root.digest)
    return resultOf(image, platforms, url, `the tag leads to another image (${top.digest})`);
  for (const one of own) {
    const lacking = await failing(async () => {
      if (!(await leadsTo(repository, top, root, one)))
        return `the tag leads to another image (${top.digest}), which does not hold ${one.manifest.digest}`;
      return deep ? await lackingBlob(http, repository, one) : undefined;
    });
    if (lacking !== undefined) misses.push({ item: image, platform: one.platform, url, reason: lacking });
  }
  return { checked: platforms.length, misses };
}

/** The tag's own digest, or that of an index made anew for fewer platforms. */
async function leadsTo(
  repository: RepositoryReader,
  there: Descriptor,
  root: Descriptor,
  { manifest }: PlatformImage,
): Promise<boolean> {
  if (there.digest === root.digest || there.digest === manifest.digest) return true;
  const { bytes, descriptor } = await repository.manifest(there.digest);
  const document: ManifestDocument = parseDocument(bytes, descriptor);
  return document.kind === "index" && document.entries.some(({ blob }) => blob.digest === manifest.digest);
}

async function lackingBlob(
  http: Http,
  repository: RepositoryReader,
  { manifest, config, layers }: PlatformImage,
): Promise<string | undefined> {
  if (!(await repository.head(manifest.digest))) return `the registry lacks its manifest ${manifest.digest}`;
  for (const blob of [config, ...layers]) {
    const answer = await http.send({ ...repository.blobRequest(blob), method: "HEAD" }, [404]);
    await answer.cancel();
    if (answer.status === 404) return `the registry lacks its blob ${blob.digest}`;
  }
  return undefined;
}

async function failing(ask: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof HttpError) return reasonOf(cause);
    if (cause instanceof KsoError && cause.code !== "interrupted") return cause.message;
    throw cause;
  }
}

function resultOf(item: string, platforms: readonly string[], url: string, reason: string | undefined): Result {
  const misses = reason === undefined ? [] : platforms.map((platform) => ({ item, platform, url, reason }));
  return { checked: platforms.length, misses };
}

/** The same network, asking as containerd asks a mirror: with the origin in the query. */
function asMirror(http: Http, origin: string): Http {
  const send: Http["send"] = (asked, accept) => {
    const url = new URL(asked.url);
    if (url.pathname.startsWith("/v2/")) url.searchParams.set("ns", origin);
    return http.send({ ...asked, url: url.href }, accept);
  };
  return { ...http, send };
}
