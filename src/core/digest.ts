// A digest as OCI writes it: `sha256:` and 64 hex digits, or `sha512:` and 128.

/** `sha256:9f86d0…`, `sha512:…`: algorithm, colon, lower-case hex. */
export type Digest = `${"sha256" | "sha512"}:${string}`;

/** What {@link parseDigest} accepts; also the pattern in the JSON Schema. */
export const digestPattern: RegExp = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** The digest, or undefined when the text is not one. */
export function parseDigest(text: string): Digest | undefined {
  return digestPattern.test(text) ? (text as Digest) : undefined;
}

/** Splits a digest into its two halves. */
export function digestParts(digest: Digest): { algorithm: "sha256" | "sha512"; hex: string } {
  const [algorithm, hex] = digest.split(":") as ["sha256" | "sha512", string];
  return { algorithm, hex };
}
