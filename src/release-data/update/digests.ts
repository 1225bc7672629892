// One file of one version: where its digest is published, and what is published there.
import { type Digest, parseDigest } from "../../core/digest.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import type { Platform } from "../../core/platform.ts";
import type { DigestSource, Upstream } from "../../core/plugin.ts";
import { quotedName } from "../../core/quote.ts";
import { digestInSums, malformed, singleDigest } from "./sums.ts";
import type { UpstreamReader } from "./upstream-client.ts";

/** Where to look for the digest of a file. */
export interface DigestLocation {
  readonly how: "sums" | "suffix" | "asset";
  /** What is read; for an asset, the file itself. */
  readonly url: string;
  /** The file's name. */
  readonly name: string;
  /** It is a release asset of the upstream's own repository: GitHub knows a digest too. */
  readonly isAsset: boolean;
  /** For the manifest, and for people. */
  readonly source: string;
}

/** Where a plugin says that the digest of a file is published. */
export function locationFor(
  source: Exclude<DigestSource, { none: string }>,
  { versions }: Upstream,
  { url, version, platform }: { url: string; version: string; platform: Platform },
): DigestLocation {
  const name = url.slice(url.lastIndexOf("/") + 1);
  const repository = "github" in versions ? `https://github.com/${versions.github}` : undefined;
  const isAsset = repository !== undefined && url.startsWith(`${repository}/releases/download/`);
  if ("sums" in source)
    return { how: "sums", url: expand(source.sums, version, platform), name, isAsset, source: source.sums };
  if ("suffix" in source) {
    const description = `${source.suffix} beside the file at ${new URL(url).host}`;
    return { how: "suffix", url: url + source.suffix, name, isAsset, source: description };
  }
  const description = `${repository ?? url}: GitHub's digest of the release asset`;
  return { how: "asset", url, name, isAsset: true, source: description };
}

function expand(template: string, version: string, { arch, machine }: Platform): string {
  const values: Readonly<Record<string, string>> = { version, arch, machine };
  return template.replace(/\{(version|arch|machine)\}/g, (_, variable: string) => values[variable] ?? "");
}

/**
 * The digest, or why there is none.
 * @throws KsoError `fetch` when it cannot be read, is malformed, or when GitHub says another one.
 */
export async function publishedDigest(
  { how, url, name, isAsset }: DigestLocation,
  assets: ReadonlyMap<string, string | null> | undefined,
  upstream: UpstreamReader,
): Promise<Digest | { readonly unpublished: string }> {
  const githubDigest = isAsset ? assets?.get(name) : undefined;
  if (how === "asset") {
    if (githubDigest === undefined) return { unpublished: `the release has no asset ${name}` };
    if (githubDigest === null) return { unpublished: `GitHub has no digest of ${name}` };
    return assetDigest(githubDigest, name);
  }
  const algorithm = /sha512/i.test(url.slice(url.lastIndexOf("/"))) ? "sha512" : "sha256";
  const text = await upstream.readFixed(url);
  if (text === undefined) return { unpublished: `404 Not Found: ${url}` };
  const digest = namingUrl(url, () => (how === "sums" ? digestInSums : singleDigest)(text, name, algorithm));
  if (digest === undefined) return { unpublished: `${url} does not name ${name}` };
  // Two sources for the same bytes must agree: somebody who tampers with a release may have changed only one of them.
  if (githubDigest?.startsWith(`${algorithm}:`) && assetDigest(githubDigest, name) !== digest)
    throw malformed(`${url} says ${digest} of ${name}, and GitHub says ${githubDigest}`);
  return digest;
}

function assetDigest(text: string, name: string): Digest {
  const digest = parseDigest(text);
  if (!digest) throw malformed(`GitHub's digest of ${name} is ${quotedName(text)}`);
  return digest;
}

/** Runs `read`; what it throws is thrown with the URL in front. */
function namingUrl<T>(url: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw new KsoError("fetch", `Cannot use ${url}: ${messageOf(thrown)}`, thrown);
  }
}
