// Explains why a file has another digest than expected: damage on the way, a new file upstream, or a wrong published digest.
import { type Digest, digestParts, parseDigest } from "../core/digest.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import type { Http } from "../http/http.ts";
import type { PlannedFile } from "./files.ts";
import type { WrongDigest } from "./ingest.ts";

/** The largest checksum file that is read. Bytes. */
const checksumLimit = 1 << 16;

/** Says in one sentence what happened to the file, and what to do. */
export async function explainWrongDigest(file: PlannedFile, wrong: WrongDigest, http: Http): Promise<string> {
  const { artifact, locked } = file;
  const { actual, webPage } = wrong;
  if (webPage)
    return `the server answers with a web page (a login, an error, a notice) in place of the file: ${wrong.message}; look at it in a browser, or name another mirror`;
  if (!wrong.steady) return `${wrong.message}: something on the way damages it (a proxy, a mirror, the network)`;
  const advice = `check it, then let it in with --accept-digest ${artifact.name}=${actual}`;
  if (locked && artifact.digest && locked.digest !== artifact.digest && actual === artifact.digest)
    return `the file moved after the lock of ${locked.resolved} (${locked.digest}), and the published digest with it (${actual}): take it with --update`;
  if (locked && !locked.published)
    return `upstream moved: it serves ${actual}, and on ${locked.resolved} it served ${locked.digest} (nobody publishes a digest); ${advice}`;
  const published = locked?.published ?? { digest: artifact.digest, source: artifact.provenance.digest };
  const stated = `${published.digest} (published by ${published.source})`;
  const upstreamDigest = await publishedBeside(file, http);
  if (upstreamDigest === actual)
    return `upstream moved: it serves ${actual}, and its own checksum file agrees, not ${stated}; ${advice}`;
  if (upstreamDigest !== undefined && upstreamDigest === published.digest)
    return `it is ${actual} on the way here, while upstream's own checksum file still says ${stated}: the copy is wrong, use another mirror`;
  if (locked && locked.digest === published.digest)
    return `upstream moved after ${locked.resolved}: it serves ${actual} and not ${stated}; ${advice}`;
  return `it is ${actual} and not ${stated}: upstream replaced the file, or that digest is wrong; ${advice}`;
}

/** The digest in upstream's `<file>.sha256`, where there is one. */
async function publishedBeside({ artifact, transfer }: PlannedFile, http: Http): Promise<Digest | undefined> {
  const algorithm = artifact.digest ? digestParts(artifact.digest).algorithm : "sha256";
  for (const { url } of [...transfer.sources].reverse()) {
    try {
      const response = await http.send({ url: `${url}.${algorithm}` });
      const text = new TextDecoder().decode(await response.bytes(checksumLimit));
      const [hex] = /\b(?:[0-9a-f]{64}|[0-9a-f]{128})\b/i.exec(text) ?? [];
      const digest = parseDigest(`${algorithm}:${hex?.toLowerCase()}`);
      if (digest) return digest;
    } catch (cause) {
      if (!(cause instanceof KsoError)) throw new KsoError("unexpected", messageOf(cause), cause);
    }
  }
  return undefined;
}
