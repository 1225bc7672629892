// Checks before the first byte that this is a registry, that it takes these names from this user, and that Harbor projects exist.
import { KsoError } from "../core/errors.ts";
import { parseReference } from "../core/reference.ts";
import { nameInRegistry, type RegistryNaming } from "../core/registry-address.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import { anonymously } from "../http/request.ts";
import type { Registry } from "../oci/registry.ts";
import { RegistryError } from "../oci/registry-error.ts";
import type { NamedImage, PushRegistry } from "./names.ts";
import { pushReason } from "./reason.ts";

/** The registry that is probed, and how images are named in it. */
export interface ProbeContext {
  readonly registry: Registry;
  readonly http: Http;
  readonly address: PushRegistry;
  readonly mapping: RegistryNaming;
  readonly signal: AbortSignal;
}

/** A repository that cannot be pushed to. */
interface Refused {
  /** The part of its name before the first slash: in Harbor, a project. */
  readonly group: string;
  readonly image: NamedImage;
  readonly cause: unknown;
}

/**
 * Opens an upload in each group of repositories (those with the same part before the first slash), and cancels it at once.
 * @throws KsoError `remote` saying what to do, when the registry does not take them.
 */
export async function assertPushable(images: readonly NamedImage[], context: ProbeContext): Promise<void> {
  const { registry, address, signal } = context;
  await registry.ping(signal).catch((cause) => {
    signal.throwIfAborted();
    throw unreachable(address, cause);
  });
  const problems = await Promise.all(
    [...deepestOfGroups(images)].map(async ([group, image]) => {
      const cause = await uploadFailure(image.repository, context);
      return cause === undefined ? undefined : { text: await explain({ group, image, cause }, context), cause };
    }),
  );
  const refused = problems.filter((problem) => problem !== undefined);
  if (refused.length === 0) return;
  const texts = [...new Set(refused.map(({ text }) => text))];
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
    const group = image.repository.split("/")[0] as string;
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

async function explain({ group, image, cause }: Refused, context: ProbeContext): Promise<string> {
  const { address, mapping } = context;
  const { repository, images } = image;
  const reason = pushReason(cause);
  if (await isMissingProject(group, context))
    return `the Harbor project "${group}" does not exist (${reason}); create it, or push below one that does: --registry ${address.host}/PROJECT`;
  const [first] = images;
  const flat = first && nameInRegistry(parseReference(first.image), "flatten", address.prefix);
  const nested = mapping !== "flatten" && flat !== undefined && flat !== repository && cause instanceof RegistryError;
  if (nested && cause.status !== 403 && !(await uploadFailure(flat, context)))
    return `it takes no nested name such as "${repository}" (${reason}); push with --map flatten`;
  return `it does not let "${repository}" be pushed to: ${reason}`;
}

/** Harbor tells whether a project exists, and responds to a push into one that does not with 401, 403 or 404. */
async function isMissingProject(group: string, { http, address: { base }, signal }: ProbeContext): Promise<boolean> {
  try {
    const ping = await http.send({ url: `${base}/api/v2.0/ping`, authorize: anonymously, signal });
    const text = new TextDecoder().decode(await ping.bytes(1024));
    if (!/pong/i.test(text)) return false;
    const url = `${base}/api/v2.0/projects?project_name=${encodeURIComponent(group)}`;
    const response = await http.send({ url, method: "HEAD", authorize: anonymously, signal }, [404]);
    await response.cancel();
    return response.status === 404;
  } catch {
    signal.throwIfAborted();
    return false;
  }
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
