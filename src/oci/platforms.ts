// Which manifest of an index serves a platform. In travel the words of kso (`linux/arm64`) and of an index; the choice is
// the one that containerd makes on a node of that platform.
import type { ImageIndexEntry, ImagePlatform } from "./manifest.ts";

const synonyms: Readonly<Record<string, string>> = { x86_64: "amd64", "x86-64": "amd64", aarch64: "arm64" };
/** The variant that every machine of an architecture has. */
const baseline: Readonly<Record<string, string>> = { amd64: "v1", arm64: "v8" };

/** The architecture in Go's words. */
export function architectureOf({ architecture }: ImagePlatform): string {
  const word = architecture.toLowerCase();
  return synonyms[word] ?? word;
}

/** Does an image that says so run on the platform? What it leaves open does not count. */
export function matchesPlatform(runsOn: ImagePlatform, platform: string): boolean {
  const [os, architecture, variant] = platform.split("/");
  if (runsOn.os.toLowerCase() !== os || architectureOf(runsOn) !== architecture) return false;
  return variant === undefined || runsOn.variant === undefined || runsOn.variant === variant;
}

/** The entry for the platform: one for every machine of the architecture before one for newer machines only. */
export function chooseEntry(entries: readonly ImageIndexEntry[], platform: string): ImageIndexEntry | undefined {
  const fit = entries.filter(({ platform: runsOn }) => runsOn && matchesPlatform(runsOn, platform));
  const [, architecture = "", wanted = baseline[architecture]] = platform.split("/");
  const plain = fit.find(({ platform: runsOn }) => !runsOn?.variant || runsOn.variant === wanted);
  return plain ?? fit[0];
}
