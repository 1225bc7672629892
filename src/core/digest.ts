// A digest as OCI writes it: `sha256:` and 64 hex digits, or `sha512:` and 128.

import * as v from "valibot";

/** `sha256:9f86d0…`, `sha512:…`: algorithm, colon, lower-case hex. */
export type Digest = `${"sha256" | "sha512"}:${string}`;

/** What {@link parseDigest} accepts; also the pattern in the JSON Schema. */
export const digestPattern: RegExp = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Any digest. */
export const digestSchema: v.GenericSchema<Digest> = v.pipe(
  v.string(),
  v.regex(digestPattern, "must be sha256: and 64 lower-case hex digits, or sha512: and 128"),
) as unknown as v.GenericSchema<Digest>;

/** The digest of a blob: blobs are named by sha256 and nothing else. */
export const sha256Schema: v.GenericSchema<Digest> = v.pipe(
  v.string(),
  v.regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 lower-case hex digits"),
) as unknown as v.GenericSchema<Digest>;

/** The digest, or undefined when the text is not one. */
export function parseDigest(text: string): Digest | undefined {
  return digestPattern.test(text) ? (text as Digest) : undefined;
}

/** Splits a digest into its two halves. */
export function digestParts(digest: Digest): { algorithm: "sha256" | "sha512"; hex: string } {
  const [algorithm, hex] = digest.split(":") as ["sha256" | "sha512", string];
  return { algorithm, hex };
}

/** As much of a digest as people compare. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 19);
}
