// Reads published digests: lines of sha256sum, lines of BSD tools, or one digest alone.
import { type Digest, parseDigest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import { quotedName } from "../../core/quote.ts";

/** The error for a published digest that is malformed or contradicts another. */
export function malformed(reason: string): KsoError {
  return new KsoError("fetch", reason);
}

type Algorithm = "sha256" | "sha512";

/**
 * The digest of `name` in a file of many lines; undefined: the file does not name it.
 * @throws KsoError `fetch` when its line is broken, or two lines differ.
 */
export function digestInSums(text: string, name: string, algorithm: Algorithm): Digest | undefined {
  const digests = new Set<Digest>();
  for (const line of text.split(/\r?\n/)) {
    const entry = entryOf(line, algorithm);
    if (entry?.name === name) digests.add(digestOf(algorithm, entry.hex, name));
  }
  if (digests.size > 1) throw malformed(`it says two things about ${name}`);
  const [digest] = digests;
  return digest;
}

/**
 * The digest in a file that is about `name` alone.
 * @throws KsoError `fetch` when it is anything else.
 */
export function singleDigest(text: string, name: string, algorithm: Algorithm): Digest {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const [line = ""] = lines;
  if (lines.length !== 1) throw malformed(lines.length === 0 ? "it is empty" : "it is more than one line");
  const entry = entryOf(line, algorithm) ?? { hex: line.trim(), name };
  if (entry.name !== name) throw malformed(`it is about ${quotedName(entry.name)} and not ${name}`);
  return digestOf(algorithm, entry.hex, name);
}

/** `HEX  NAME`, `HEX *NAME`, `SHA256 (NAME) = HEX`; NAME may have a path before it. */
function entryOf(line: string, algorithm: Algorithm): { hex: string; name: string } | undefined {
  const [, kind, bsdName = "", bsdHex = ""] = /^(SHA256|SHA512|[A-Z0-9-]+) \((.+)\) = (\S+)\s*$/.exec(line) ?? [];
  if (kind !== undefined) {
    // Such files list several algorithms; the others are left alone.
    if (kind.toLowerCase() !== algorithm) return undefined;
    return { hex: bsdHex, name: baseOf(bsdName) };
  }
  const [, hex, name] = /^\s*(\S+)[ \t]+\*?(\S.*?)\s*$/.exec(line) ?? [];
  return hex === undefined || name === undefined ? undefined : { hex, name: baseOf(name) };
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function digestOf(algorithm: Algorithm, hex: string, name: string): Digest {
  const digest = parseDigest(`${algorithm}:${hex.toLowerCase()}`);
  if (!digest) throw malformed(`${quotedName(hex)} is no ${algorithm} digest of ${name}`);
  return digest;
}
