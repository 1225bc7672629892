// Checks before the first byte that this is a registry, and that it takes these names from this user.
import { KsoError } from "../core/errors.ts";
import { parseReference } from "../core/reference.ts";
import { nameInRegistry, type RegistryNaming } from "../core/registry-address.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { Credentials } from "../oci/credentials.ts";
import type { Registry } from "../oci/registry.ts";
import { RegistryError } from "../oci/registry-error.ts";
import { groupOf, harborProjects, harborReasons, type RefusedRepository } from "./harbor.ts";
import type { NamedImage, PushRegistry } from "./names.ts";
import { pushReason } from "./reason.ts";

/** The registry that is probed, and how images are named in it. */
export interface ProbeContext {
  readonly registry: Registry;
  readonly http: Http;
  readonly address: PushRegistry;
  readonly credentials: Credentials;
  readonly mapping: RegistryNaming;
  readonly signal: AbortSignal;
}

/** Checks that a registry responds and lets this user in. @throws KsoError `remote` saying what to do. */
export async function assertReachable({ registry, address, signal }: ProbeContext): Promise<void> {
  await registry.ping(signal).catch((cause) => {
    signal.throwIfAborted();
    throw unreachable(address, cause);
  });
}

/**
 * Opens an upload in each group of repositories (those with the same part before the first slash), and cancels it at once.
 * @throws KsoError `remote` saying what to do, when the registry does not take them.
 */
export async function assertPushable(images: readonly NamedImage[], context: ProbeContext): Promise<void> {
  const { address } = context;
  const probed = await Promise.all(
    [...deepestOfGroups(images).values()].map(async (image) => ({
      image,
      cause: await uploadFailure(image.repository, context),
    })),
  );
  const refused = probed.filter(({ cause }) => cause !== undefined);
  if (refused.length === 0) return;
  const projects = await harborProjects(context);
  const texts = projects
    ? await harborReasons(refused, images, projects, address)
    : [...new Set(await Promise.all(refused.map((each) => explain(each, context))))];
  throw new KsoError(
    "remote",
    `Cannot push to ${address.host}: ${texts.slice(0, 5).join("; ")}${texts.length > 5 ? `; and ${texts.length - 5} more` : ""}; nothing was sent`,
    refused[0]?.cause,
  );
}

/** Group → the image of it whose name has the most levels. */
function deepestOfGroups(images: readonly NamedImage[]): Map<string, NamedImage> {
  const groups = new Map<string, NamedImage>();
  for (const image of images) {
    const group = groupOf(image);
    const deepest = groups.get(group);
    if (!deepest || depth(image.repository) > depth(deepest.repository)) groups.set(group, image);
  }
  return groups;
}

function depth(repository: string): number {
  return repository.split("/").length;
}

/** Why an upload cannot be opened there; undefined when it can. */
async function uploadFailure(repository: string, { registry, signal }: ProbeContext): Promise<unknown> {
  const writer = registry.writer(repository);
  try {
    await writer.cancel(await writer.begin(signal));
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    return cause;
  }
}

async function explain({ image, cause }: RefusedRepository, context: ProbeContext): Promise<string> {
  const { address, mapping } = context;
  const { repository, images } = image;
  const reason = pushReason(cause);
  const [first] = images;
  const flat = first && nameInRegistry(parseReference(first.image), "flatten", address.prefix);
  const nested = mapping !== "flatten" && flat !== undefined && flat !== repository && cause instanceof RegistryError;
  if (nested && cause.status !== 403 && !(await uploadFailure(flat, context)))
    return `it takes no nested name such as "${repository}" (${reason}); push with --map flatten`;
  return `it does not let "${repository}" be pushed to: ${reason}`;
}

function unreachable({ host, base }: PushRegistry, cause: unknown): KsoError {
  const reason = pushReason(cause);
  const status = cause instanceof HttpError ? cause.status : undefined;
  const withoutTls = /does not speak TLS/.test(reason) && base.startsWith("https:");
  const hint = withoutTls
    ? `; if it has none, write --registry http://${host}`
    : status === 404
      ? "; there is no registry at this address"
      : "";
  return new KsoError("remote", `Cannot push to ${host}: ${reason}${hint}; nothing was sent`, cause);
}
