// What the OCI conformance suites read: a bundle whose registry has tags, an image of one manifest and one of several with a platform
// left out, each with what refers to it.
import type { Descriptor } from "../../src/core/descriptor.ts";
import { lockedImage, type Sample, sampleLock } from "./bundle.ts";
import { artifact, image, type Seeded, type SeededImage } from "./images.ts";
import { noise } from "./seed.ts";

/** A repository as the suites are told of it. */
export interface ConformanceRepository {
  readonly name: string;
  readonly tags: readonly string[];
  /** The tag that leads to the manifest. */
  readonly tag: string;
  /** Five artifacts refer to it, two of them of one type. */
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  /** Every manifest and every other blob that is here. */
  readonly manifests: readonly Descriptor[];
  readonly blobs: readonly Descriptor[];
}

const layers = (name: string): Uint8Array[] => [noise(name, 2_000), noise(`${name} above`, 70_000)];

/** The types that the older suite counts. */
const types = [
  "application/vnd.nhl.peanut.butter.bagel",
  "application/vnd.nhl.peanut.butter.bagel",
  "application/vnd.nba.strawberry.jam.croissant",
  "application/vnd.nba.strawberry.jam.croissant",
  "application/vnd.food.stand",
];

const referrersOf = (subject: Descriptor): Seeded[] => types.map((type, number) => artifact({ number }, subject, type));

/** A lock with two repositories, its blobs, and what the suites are told of each. */
export function conformanceSample(directory: string): {
  readonly sample: Sample;
  readonly whole: ConformanceRepository;
  readonly sparse: ConformanceRepository;
} {
  const empty = sampleLock(directory, { files: [], images: [] });
  const single = image({ index: false, platforms: { "linux/amd64": { layers: layers("single") } } });
  const pair = (name: string): SeededImage =>
    image({
      platforms: {
        "linux/amd64": { layers: layers(`${name} amd64`) },
        "linux/arm64": { layers: layers(`${name} arm64`) },
      },
    });
  const index = pair("sparse");
  const { "linux/amd64": here, "linux/arm64": away } = index.platforms as Record<
    string,
    SeededImage["platforms"][string]
  >;
  if (!here || !away) throw new Error("both platforms were asked for");
  const lock = (name: string, tag: string, seeded: Seeded, more = {}): Sample["lock"]["images"][number] =>
    lockedImage(empty, `registry.example/conformance/${name}:${tag}`, seeded, more);
  const alone = single.platforms["linux/amd64"] as SeededImage["platforms"][string];
  const tags = ["1.0", "1.10", "1.9", "2.0"];
  const images = [
    lock("whole", "single", single, { referrers: referrersOf(single.root) }),
    ...tags.map((tag) => lock("whole", tag, pair(tag))),
    lock("sparse", "sparse", index, {
      referrers: referrersOf(here.manifest),
      without: [away.manifest, away.config, ...away.layers],
    }),
    ...tags.map((tag) => lock("sparse", tag, pair(tag))),
  ].sort((a, b) => (a.image < b.image ? -1 : 1));
  const repository = (name: string, tag: string, { manifest, config }: typeof here): ConformanceRepository => {
    const locked = images.filter(({ image }) => image.includes(`/${name}:`));
    const all = locked.flatMap(({ root, blobs }) => [root, ...blobs]);
    const isManifest = ({ mediaType }: Descriptor): boolean => /manifest|index/.test(mediaType);
    return {
      ...{ name: `conformance/${name}`, tags: [tag, ...tags], tag, manifest, config },
      manifests: all.filter(isManifest),
      blobs: all.filter((blob) => !isManifest(blob)),
    };
  };
  return {
    sample: { ...empty, lock: { ...empty.lock, images } },
    whole: repository("whole", "single", alone),
    sparse: repository("sparse", "sparse", here),
  };
}
