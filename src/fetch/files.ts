// The files of a plan: what bytes each one must have and who says so, and what it means when they are not.
import { createHash } from "node:crypto";
import { type Digest, digestParts, parseDigest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { LockedFile } from "../core/lock.ts";
import type { FileArtifact } from "../core/plan.ts";
import type { Http } from "../http/http.ts";
import type { HttpResponse } from "../http/request.ts";
import { type FetchOptions, names } from "./options.ts";
import type { Transfer, Transferred, WrongDigest } from "./transfer.ts";

/** A file with what its bytes are held to. */
export interface WantedFile {
  readonly artifact: FileArtifact;
  readonly locked: LockedFile | undefined;
  readonly transfer: Transfer;
}

/** A sidecar file of checksums is not longer than this. Bytes. */
const sidecarLimit = 1 << 16;

/** The plan's files, each path once. @throws KsoError `unresolvable` when two files want one name. */
export function wantedFiles(options: FetchOptions): WantedFile[] {
  const locked = new Map(options.lock?.files.map((file) => [file.path, file]));
  const byPath = new Map<string, FileArtifact>();
  for (const artifact of options.plan.artifacts) {
    if (artifact.kind !== "file") continue;
    const there = byPath.get(artifact.path);
    if (there && there.digest !== artifact.digest)
      throw new KsoError(
        "unresolvable",
        `${artifact.path} is wanted twice, as ${there.digest} (${there.component}) and as ${artifact.digest} (${artifact.component})`,
      );
    const platforms = [...new Set([...(there?.platforms ?? []), ...artifact.platforms])];
    byPath.set(artifact.path, { ...(there ?? artifact), platforms });
  }
  return [...byPath.values()].map((artifact) => want(artifact, locked.get(artifact.path), options));
}

function want(artifact: FileArtifact, locked: LockedFile | undefined, options: FetchOptions): WantedFile {
  const accepted = names(artifact).flatMap((name) => options.accept.get(name) ?? []);
  // Digests that are let in come first: who names one wants it.
  const expected = [...accepted, ...(locked ? [locked.digest] : artifact.digest ? [artifact.digest] : [])];
  const transfer: Transfer = {
    label: artifact.path,
    key: expected[0] ? digestParts(expected[0]).hex : createHash("sha256").update(artifact.url).digest("hex"),
    // Not the lock's size: should the server's be another one, that is news, and not a cut connection.
    size: undefined,
    expected,
    sources: (artifact.locations ?? [artifact.url]).map((url) => ({ url })),
  };
  if (locked && artifact.digest && locked.published && locked.published.digest !== artifact.digest)
    options.progress.note(
      `${artifact.path}: the lock of ${locked.resolved} is kept, although the published digest is now ${artifact.digest} (${artifact.provenance.digest}); --update takes it`,
    );
  return { artifact, locked, transfer };
}

/** The size that the first server tells which tells one, without fetching; undefined where none does. Bytes. */
export async function sizeAt(
  { http, probe }: Pick<FetchOptions, "http" | "probe">,
  { sources }: Transfer,
): Promise<number | undefined> {
  for (const source of sources) {
    try {
      // Where there are others nobody waits for the first.
      const size = sizeOf(await (sources.length > 1 ? probe : http).send({ ...source, method: "HEAD" }));
      if (size !== undefined) return size;
    } catch {
      // Some servers refuse HEAD; the fetch itself will tell.
    }
  }
  return undefined;
}

/** The length that an answer announces; undefined where it announces none. Bytes. */
export function sizeOf({ headers }: Pick<HttpResponse, "headers">): number | undefined {
  const length = Number(headers.get("content-length") ?? Number.NaN);
  return Number.isSafeInteger(length) && length > 0 ? length : undefined;
}

/** The file's line in the lock. */
export function lockFile(
  { artifact, locked }: WantedFile,
  { digest, size }: Transferred & { arrived: true },
  options: FetchOptions,
  mismatch: string | undefined,
): LockedFile {
  const { name, component, version, platforms, url, path } = artifact;
  const same = locked?.digest === digest;
  const published =
    (same ? locked.published : undefined) ??
    (artifact.digest ? { digest: artifact.digest, source: artifact.provenance.digest ?? "the plan" } : undefined);
  const agrees = !published || published.digest === digest || options.store.alias(published.digest) === digest;
  const accepted = same ? locked.accepted : !agrees;
  return {
    name,
    component,
    version,
    platforms: [...platforms].sort(),
    resolved: same ? locked.resolved : options.today,
    ...(mismatch !== undefined && { mismatch }),
    url,
    path,
    digest,
    size,
    ...(published && { published }),
    ...(accepted && { accepted: true }),
  };
}

/** Who moved: the file, or what was published about it. One sentence for a person who must decide. */
export async function explainWrong(wanted: WantedFile, wrong: WrongDigest, http: Http): Promise<string> {
  const { artifact, locked, transfer } = wanted;
  const { found } = wrong;
  if (!wrong.steady) return `${wrong.message}: something on the way damages it (a proxy, a mirror, the network)`;
  const advice = `check it, then let it in with --accept-digest ${artifact.name}=${found}`;
  if (locked && artifact.digest && locked.digest !== artifact.digest && found === artifact.digest)
    return `the file moved after the lock of ${locked.resolved} (${locked.digest}), and the published digest with it (${found}): take it with --update`;
  if (locked && !locked.published)
    return `upstream moved: it serves ${found}, and on ${locked.resolved} it served ${locked.digest} (nobody publishes a digest); ${advice}`;
  const published = locked?.published ?? { digest: artifact.digest, source: artifact.provenance.digest };
  const held = `${published.digest} (published by ${published.source})`;
  const own = await sidecar(artifact, transfer, http);
  if (own === found)
    return `upstream moved: it serves ${found}, and its own checksum file agrees, not ${held}; ${advice}`;
  if (own !== undefined && own === published.digest)
    return `it is ${found} on the way here, while upstream's own checksum file still says ${held}: the copy is wrong, use another mirror`;
  if (locked && locked.digest === published.digest)
    return `upstream moved after ${locked.resolved}: it serves ${found} and not ${held}; ${advice}`;
  return `it is ${found} and not ${held}: upstream replaced the file, or that digest is wrong; ${advice}`;
}

/** What upstream's own `<file>.sha256` says, where there is one. */
async function sidecar(artifact: FileArtifact, { sources }: Transfer, http: Http): Promise<Digest | undefined> {
  const algorithm = artifact.digest ? digestParts(artifact.digest).algorithm : "sha256";
  for (const { url } of [...sources].reverse()) {
    try {
      const answer = await http.send({ url: `${url}.${algorithm}` });
      const text = new TextDecoder().decode(await answer.bytes(sidecarLimit));
      const [hex] = /\b(?:[0-9a-f]{64}|[0-9a-f]{128})\b/i.exec(text) ?? [];
      const digest = parseDigest(`${algorithm}:${hex?.toLowerCase()}`);
      if (digest) return digest;
    } catch (cause) {
      if (!(cause instanceof KsoError)) throw new KsoError("unexpected", messageOf(cause), cause);
    }
  }
  return undefined;
}
