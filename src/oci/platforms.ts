// Which manifest of an index serves a platform: the one that containerd chooses on a node of that platform.
import type { ImageIndexEntry, ImagePlatform } from "./manifest.ts";

const synonyms: Readonly<Record<string, string>> = { x86_64: "amd64", "x86-64": "amd64", aarch64: "arm64" };
/** The variant that every machine of an architecture has. */
const baselineVariants: Readonly<Record<string, string>> = { amd64: "v1", arm64: "v8" };

/** The architecture in Go's words. */
export function architectureOf({ architecture }: ImagePlatform): string {
  const name = architecture.toLowerCase();
  return synonyms[name] ?? name;
}

/** Does an image for `imagePlatform` run on the platform (`linux/arm64`)? A variant that either does not name matches any. */
export function matchesPlatform(imagePlatform: ImagePlatform, platform: string): boolean {
  const [os, architecture, variant] = platform.split("/");
  if (imagePlatform.os.toLowerCase() !== os || architectureOf(imagePlatform) !== architecture) return false;
  return variant === undefined || imagePlatform.variant === undefined || imagePlatform.variant === variant;
}

/** The entry for the platform: one for every machine of the architecture before one for newer machines only. */
export function chooseEntry(entries: readonly ImageIndexEntry[], platform: string): ImageIndexEntry | undefined {
  const matching = entries.filter((entry) => entry.platform && matchesPlatform(entry.platform, platform));
  const [, architecture = "", variant = baselineVariants[architecture]] = platform.split("/");
  const exact = matching.find((entry) => !entry.platform?.variant || entry.platform.variant === variant);
  return exact ?? matching[0];
}
