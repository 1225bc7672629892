// Before the first byte: is this a registry, does it take these names from this user, does the Harbor project exist? In travel
// the names that are wanted; out travels nothing, or an error that says what to do.
import { KsoError } from "../core/errors.ts";
import { HttpError } from "../http/error.ts";
import type { Http } from "../http/http.ts";
import type { Registry } from "../oci/registry.ts";
import { RegistryError } from "../oci/registry-error.ts";
import { type Address, type Mapping, type Named, repositoryFor } from "./names.ts";
import { reasonFor } from "./reason.ts";

/** An upload is opened in each group of repositories (what stands before their first slash), and given up at once. */
export async function probe(
  registry: Registry,
  http: Http,
  address: Address,
  named: readonly Named[],
  mapping: Mapping,
  signal: AbortSignal,
): Promise<void> {
  await registry.ping(signal).catch((cause) => {
    signal.throwIfAborted();
    throw unreachable(address, cause);
  });
  const groups = new Map<string, Named>();
  for (const one of named) {
    const group = one.repository.split("/")[0] as string;
    const other = groups.get(group);
    if (!other || depth(one.repository) > depth(other.repository)) groups.set(group, one);
  }
  const problems = await Promise.all(
    [...groups].map(async ([group, one]) => {
      const cause = await opens(registry, one.repository, signal);
      if (cause === undefined) return undefined;
      return { text: await explain(registry, http, address, group, one, cause, mapping, signal), cause };
    }),
  );
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length === 0) return;
  const texts = [...new Set(found.map(({ text }) => text))];
  throw new KsoError(
    "remote",
    `Cannot push to ${address.host}: ${texts.slice(0, 5).join("; ")}${texts.length > 5 ? `; and ${texts.length - 5} more` : ""}; nothing was sent`,
    found[0]?.cause,
  );
}

function depth(repository: string): number {
  return repository.split("/").length;
}

/** Why an upload cannot be opened there; undefined when it can. */
async function opens(registry: Registry, repository: string, signal: AbortSignal): Promise<unknown> {
  const target = registry.writer(repository);
  try {
    await target.cancel(await target.begin(signal));
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    return cause;
  }
}

async function explain(
  registry: Registry,
  http: Http,
  address: Address,
  group: string,
  { repository, images }: Named,
  cause: unknown,
  mapping: Mapping,
  signal: AbortSignal,
): Promise<string> {
  const said = reasonFor(cause);
  if (await isMissingProject(http, address, group, signal))
    return `the Harbor project "${group}" does not exist (${said}); create it, or push below one that does: --registry ${address.host}/PROJECT`;
  const [first] = images;
  const flat = first && repositoryFor(first.image, "flatten", address.prefix);
  const nested = mapping !== "flatten" && flat !== undefined && flat !== repository && cause instanceof RegistryError;
  if (nested && cause.status !== 403 && !(await opens(registry, flat, signal)))
    return `it takes no nested name such as "${repository}" (${said}); push with --map flatten`;
  return `it does not let "${repository}" be pushed to: ${said}`;
}

/** Harbor tells whether a project exists, and answers a push into one that does not with 401, 403 or 404. */
async function isMissingProject(http: Http, { base }: Address, group: string, signal: AbortSignal): Promise<boolean> {
  try {
    const ping = await http.send({ url: `${base}/api/v2.0/ping`, signal });
    const text = new TextDecoder().decode(await ping.bytes(1024));
    if (!/pong/i.test(text)) return false;
    const url = `${base}/api/v2.0/projects?project_name=${encodeURIComponent(group)}`;
    const answer = await http.send({ url, method: "HEAD", signal }, [404]);
    await answer.cancel();
    return answer.status === 404;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function unreachable({ host, base }: Address, cause: unknown): KsoError {
  const said = reasonFor(cause);
  const status = cause instanceof HttpError ? cause.status : undefined;
  const hint =
    /does not speak TLS/.test(said) && base.startsWith("https:")
      ? `; if it has none, write --registry http://${host}`
      : status === 404
        ? "; there is no registry at this address"
        : "";
  return new KsoError("remote", `Cannot push to ${host}: ${said}${hint}; nothing was sent`, cause);
}
