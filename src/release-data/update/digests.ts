// One file of one version: where its digest is published, and what is published there.
import { type Digest, parseDigest } from "../../core/digest.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import type { Platform } from "../../core/platform.ts";
import type { DigestSource, Upstream } from "../../core/plugin.ts";
import { digestBeside, digestInSums, malformed, printable } from "./sums.ts";
import type { Ask } from "./upstream-client.ts";

/** Where to look for the digest of a file. */
export interface DigestLocation {
  readonly how: "sums" | "beside" | "asset";
  /** What is read; for an asset, the file itself. */
  readonly url: string;
  /** The file's name. */
  readonly name: string;
  /** It is a release asset of the upstream's own repository: GitHub knows a digest too. */
  readonly isAsset: boolean;
  /** In words, for the manifest. */
  readonly source: string;
}

export function locationFor(
  rule: Exclude<DigestSource, { none: string }>,
  { versions }: Upstream,
  { url, version, platform }: { url: string; version: string; platform: Platform },
): DigestLocation {
  const name = url.slice(url.lastIndexOf("/") + 1);
  const repository = "github" in versions ? `https://github.com/${versions.github}` : undefined;
  const isAsset = repository !== undefined && url.startsWith(`${repository}/releases/download/`);
  if ("sums" in rule) {
    const at = expand(rule.sums, version, platform);
    return { how: "sums", url: at, name, isAsset, source: rule.sums };
  }
  if ("beside" in rule) {
    const { host } = new URL(url);
    return {
      how: "beside",
      url: url + rule.beside,
      name,
      isAsset,
      source: `${rule.beside} beside the file at ${host}`,
    };
  }
  return {
    how: "asset",
    url,
    name,
    isAsset: true,
    source: `${repository ?? url}: GitHub's digest of the release asset`,
  };
}

function expand(template: string, version: string, { arch, machine }: Platform): string {
  const values: Readonly<Record<string, string>> = { version, arch, machine };
  return template.replace(/\{(version|arch|machine)\}/g, (_, word: string) => values[word] ?? "");
}

/**
 * The digest, or why there is none.
 * @throws KsoError `fetch` when it cannot be read, is malformed, or when GitHub says another one.
 */
export async function publishedDigest(
  { how, url, name, isAsset }: DigestLocation,
  assets: ReadonlyMap<string, string | null> | undefined,
  ask: Ask,
): Promise<Digest | { readonly missing: string }> {
  const known = isAsset ? assets?.get(name) : undefined;
  if (how === "asset") {
    if (known === undefined) return { missing: `the release has no asset ${name}` };
    if (known === null) return { missing: `GitHub has no digest of ${name}` };
    return assetDigest(known, name);
  }
  const algorithm = /sha512/i.test(url.slice(url.lastIndexOf("/"))) ? "sha512" : "sha256";
  const text = await ask.fixed(url);
  if (text === undefined) return { missing: `404 Not Found: ${url}` };
  const digest = reading(url, () => (how === "sums" ? digestInSums : digestBeside)(text, name, algorithm));
  if (digest === undefined) return { missing: `${url} does not name ${name}` };
  // Two words about the same bytes; who can change one file of a release may have changed one only.
  if (known?.startsWith(`${algorithm}:`) && assetDigest(known, name) !== digest)
    throw malformed(`${url} says ${digest} of ${name}, and GitHub says ${known}`);
  return digest;
}

function assetDigest(text: string, name: string): Digest {
  const digest = parseDigest(text);
  if (!digest) throw malformed(`GitHub's digest of ${name} is "${printable(text)}"`);
  return digest;
}

function reading<T>(url: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw new KsoError("fetch", `Cannot use ${url}: ${messageOf(thrown)}`, thrown);
  }
}
