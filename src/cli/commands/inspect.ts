// `kso inspect`: what is inside a bundle, without reading more than its headers, its lock and its manifests.
import { basename } from "node:path";
import { type ComponentShare, componentShares, distinctBytes } from "../../bundle/contents.ts";
import { type Bundle, openBundle } from "../../bundle/open.ts";
import { KsoError } from "../../core/errors.ts";
import { blobsOf, type Lock } from "../../core/lock.ts";
import { size } from "../../core/size.ts";
import { walkImage } from "../../oci/walk.ts";
import { cachedReader } from "../../verify/blobs.ts";
import { type Command, command } from "../command.ts";
import { generalKeys } from "../flags/output.ts";
import { columns } from "../terminal/report.ts";

/** Something in the lock that a person once decided, or that could not be had. */
interface Entry {
  readonly item: string;
  readonly record: "accepted" | "mismatch" | "pinned" | "missing";
  readonly message: string;
}

export const inspectCommand: Command = command({
  name: "inspect",
  usage: ["BUNDLE… [--json]"],
  description: "show what is inside a bundle",
  flags: generalKeys,
  examples: [
    { line: "kso inspect bundle.tar", meaning: "components, sizes, and what is on record" },
    { line: "kso inspect bundle.tar --json", meaning: "the same for scripts" },
  ],
  async run(options, positionals, output) {
    if (positionals.length === 0) throw new KsoError("usage", "Name a bundle: kso inspect bundle.tar");
    const bundle = openBundle(positionals, { alone: true });
    const shares = componentShares(bundle.lock, platformBlobs(bundle));
    const binaries = [...bundle.names].filter((name) => name.startsWith("kso/kso-"));
    const records = recordsOf(bundle.lock);
    if (options.json) {
      output.data(`${JSON.stringify(describe(bundle, shares, binaries, records), null, 2)}\n`);
      return;
    }
    const { lock } = bundle;
    const facts = [
      ["bundle", bundle.archives.map(({ path }) => path).join(" + ")],
      ["size", `${size(bundle.size)}, ${bundle.archives.reduce((all, { entries }) => all + entries.size, 0)} entries`],
      ["release", `${lock.release.name} (commit ${lock.release.commit})`],
      ["Kubernetes", lock.kubernetes],
      ["platforms", lock.platforms.join(", ")],
      ["lock", `${bundle.lockDigest}, written by kso ${lock.kso}`],
      ...bundle.archives.flatMap(({ path, base }) => (base === undefined ? [] : [["delta", `${path} over ${base}`]])),
      ...bundle.archives.flatMap(({ volumes }) =>
        volumes === undefined ? [] : [["volumes", volumes.map(({ path }) => basename(path)).join(", ")]],
      ),
      ...(binaries.length > 0 ? [["binaries", binaries.join(", ")]] : []),
    ];
    output.data(`${columns(facts)}\n\n${columns(shareRows(lock, shares))}\n\n${columns(itemRows(lock))}\n`);
    for (const { name, version, platform, reason } of lock.unavailable)
      output.data(`unavailable: ${name} ${version} for ${platform}: ${reason}\n`);
    for (const { item, message } of records) output.data(`on record: ${item}: ${message}\n`);
  },
});

/** What each platform needs of an image; an image that is broken counts whole, `kso verify` says what is wrong with it. */
function platformBlobs(bundle: Bundle): Parameters<typeof componentShares>[1] {
  const read = cachedReader(bundle);
  return (root, platform) => {
    try {
      return walkImage(root, [platform], read).blobs;
    } catch (thrown) {
      if (thrown instanceof KsoError) return undefined;
      throw thrown;
    }
  };
}

function shareRows(lock: Lock, shares: readonly ComponentShare[]): string[][] {
  const cells = (
    name: string,
    versions: string,
    of: Pick<ComponentShare, "files" | "images" | "bytes" | "platforms">,
  ): string[] => [
    name,
    versions,
    String(of.files),
    String(of.images),
    ...lock.platforms.map((platform) => size(of.platforms[platform] ?? 0)),
    size(of.bytes),
  ];
  const total = {
    files: lock.files.length,
    images: lock.images.length,
    bytes: distinctBytes(blobsOf(lock)),
    platforms: Object.fromEntries(
      lock.platforms.map((platform) => [
        platform,
        shares.reduce((all, one) => all + (one.platforms[platform] ?? 0), 0),
      ]),
    ),
  };
  return [
    ["COMPONENT", "VERSION", "FILES", "IMAGES", ...lock.platforms.map((platform) => platform.toUpperCase()), "TOTAL"],
    ...shares.map((share) => cells(share.component, share.versions.join(", "), share)),
    cells("all", "", total),
  ];
}

function itemRows(lock: Lock): string[][] {
  const row = (one: Lock["files"][number] | Lock["images"][number]): string[] => [
    one.component,
    one.version,
    one.platforms.map((platform) => platform.replace("linux/", "")).join(","),
    size("path" in one ? one.size : distinctBytes(one.blobs)),
    // Cut to what an eye compares; --json has it whole.
    ("path" in one ? one.digest : one.root.digest).slice(0, 19),
    "path" in one ? one.path : one.image,
  ];
  return [["COMPONENT", "VERSION", "ARCH", "SIZE", "DIGEST", "ITEM"], ...[...lock.files, ...lock.images].map(row)];
}

function recordsOf(lock: Lock): Entry[] {
  return [...lock.files, ...lock.images].flatMap((one): Entry[] => {
    const item = "path" in one ? one.path : one.image;
    const records: Entry[] = [];
    if ("path" in one && one.accepted)
      records.push({
        item,
        record: "accepted",
        message: `other bytes than ${one.published?.digest ?? "published"} were accepted`,
      });
    if ("path" in one && !one.published)
      records.push({ item, record: "pinned", message: "no digest is published; it was pinned on first sight" });
    if (one.mismatch !== undefined) records.push({ item, record: "mismatch", message: one.mismatch });
    if ("missing" in one && one.missing)
      records.push({ item, record: "missing", message: `upstream lacks ${one.missing.join(", ")}` });
    return records;
  });
}

function describe(
  bundle: Bundle,
  shares: readonly ComponentShare[],
  binaries: readonly string[],
  records: readonly Entry[],
): object {
  const { lock, lockDigest, size: bytes, archives } = bundle;
  return {
    schema: "kso.inspect/1",
    bytes,
    layers: archives.map(({ path, base, volumes, entries, size: own }) => ({
      path,
      bytes: own,
      entries: entries.size,
      ...(base !== undefined && { base }),
      ...(volumes && {
        volumes: volumes.map(({ path: of, size: part, digest }) => ({ path: of, bytes: part, digest })),
      }),
    })),
    kso: lock.kso,
    lock: lockDigest,
    release: lock.release,
    kubernetes: lock.kubernetes,
    platforms: lock.platforms,
    components: shares,
    files: lock.files,
    images: lock.images.map(({ blobs, ...image }) => ({ ...image, bytes: distinctBytes(blobs), blobs: blobs.length })),
    binaries,
    unavailable: lock.unavailable,
    records,
  };
}
