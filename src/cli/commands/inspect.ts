// `kso inspect`: what is inside a bundle, without reading more than its headers, its lock and its manifests.
import { basename } from "node:path";
import { type ComponentShare, distinctBytes } from "../../bundle/contents.ts";
import { shortDigest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import {
  availablePlatforms,
  blobsOf,
  type Lock,
  type LockedFile,
  type LockedImage,
  lockedName,
} from "../../core/lock.ts";
import { architectureName } from "../../core/platform.ts";
import { formatSize } from "../../core/size.ts";
import { generalKeys } from "../../flags/output.ts";
import { inspectBundle, inspectionJson } from "../../verify/inspect.ts";
import { type Command, command, writeJson, writeLine } from "../command.ts";
import { describeUnavailable, descriptions, fittedTable } from "../terminal/report.ts";

export const inspectCommand: Command = command({
  name: "inspect",
  usage: ["BUNDLE… [--json]"],
  description: "show what is inside a bundle",
  flags: generalKeys,
  examples: [
    { line: "kso inspect bundle.tar", meaning: "components, sizes, and what is on record" },
    { line: "kso inspect bundle.tar --json", meaning: "the same for scripts" },
  ],
  chinese: {
    description: "显示离线包中有什么",
    examples: ["组件、大小，以及记录在案的例外", "同上，供脚本使用"],
  },
  json: [
    {
      form: "value",
      example:
        '{"schema": "kso.inspect/1", "bytes": 5500000000, "archives": [{"path": "bundle.tar", "bytes": 5500000000, "entries": 1100}], "kso": "0.1.0", "lock": "sha256:…", "release": {"name": "kubespray-2.31.0", "version": "2.31.0", "commit": "…"}, "kubernetes": "1.35.4", "platforms": ["linux/amd64"], "components": [], "files": [], "images": [], "binaries": [], "unavailable": [], "unresolved": [], "records": []}',
    },
  ],
  async run(options, positionals, output) {
    if (positionals.length === 0) throw new KsoError("usage", "Name a bundle: kso inspect bundle.tar");
    const bundle = inspectBundle(positionals);
    if (options.json) {
      writeJson(output, inspectionJson(bundle));
      return;
    }
    const { lock, binaries } = bundle;
    const properties = [
      ["bundle", bundle.archives.map(({ path }) => path).join(" + ")],
      ["size", formatSize(bundle.size)],
      ...releaseRows(lock),
      ["platforms", lock.platforms.join(", ")],
      ...(lock.profile === undefined ? [] : [["profile", lock.profile]]),
      ["lock", `${bundle.lockDigest}, written by kso ${lock.kso}`],
      ...bundle.archives.flatMap(({ path, base }) => (base === undefined ? [] : [["delta", `${path} over ${base}`]])),
      ...bundle.archives.flatMap(({ volumes }) =>
        volumes === undefined ? [] : [["volumes", volumes.map(({ path }) => basename(path)).join(", ")]],
      ),
      ...(binaries.length > 0 ? [["binaries", binaries.join(", ")]] : []),
    ];
    output.data(
      `${descriptions(properties, output.width)}\n\n${shareTable(lock, bundle.components, output.width)}\n\n${fittedTable(itemHeader(lock), itemRows(lock), { width: output.width, optional: ["DIGEST", "RELEASES", "COMPONENT"] })}\n`,
    );
    // What is on record as allowed stands among the records.
    for (const text of describeUnavailable(lock.unavailable.filter(({ allowed }) => !allowed)))
      writeLine(output, `unavailable: ${text}`);
    for (const { item, message } of bundle.records) writeLine(output, `on record: ${item}: ${message}`);
  },
});

function releaseRows({ release, kubernetes, releases }: Lock): string[][] {
  if (!releases)
    return [
      ["release", `${release.name} (commit ${release.commit})`],
      ["Kubernetes", kubernetes],
    ];
  return releases.map((step) => ["release", `${step.name} (commit ${step.commit}), Kubernetes ${step.kubernetes}`]);
}

function shareTable(lock: Lock, shares: readonly ComponentShare[], width: number | undefined): string {
  const cells = (
    name: string,
    versions: string,
    share: Pick<ComponentShare, "files" | "images" | "bytes" | "platforms">,
  ): string[] => [
    name,
    versions,
    String(share.files),
    String(share.images),
    ...lock.platforms.map((platform) => formatSize(share.platforms[platform] ?? 0)),
    formatSize(share.bytes),
  ];
  const total = {
    files: lock.files.length,
    images: lock.images.length,
    bytes: distinctBytes(blobsOf(lock)),
    platforms: Object.fromEntries(
      lock.platforms.map((platform) => [
        platform,
        shares.reduce((sum, share) => sum + (share.platforms[platform] ?? 0), 0),
      ]),
    ),
  };
  const platforms = lock.platforms.map((platform) => platform.toUpperCase());
  const header = ["COMPONENT", "VERSION", "FILES", "IMAGES", ...platforms, "TOTAL"];
  const rows = [
    ...shares.map((share) => cells(share.component, share.versions.join(", "), share)),
    cells("all", "", total),
  ];
  return fittedTable(header, rows, { width, optional: [...platforms, "VERSION"] });
}

function itemHeader({ releases }: Lock): string[] {
  return ["COMPONENT", "VERSION", "ARCH", "SIZE", "DIGEST", ...(releases ? ["RELEASES"] : []), "ITEM"];
}

function itemRows(lock: Lock): string[][] {
  const row = (item: LockedFile | LockedImage): string[] => [
    item.component,
    item.version,
    ("path" in item ? item.platforms : availablePlatforms(item, lock)).map(architectureName).join(","),
    formatSize("path" in item ? item.size : distinctBytes(item.blobs)),
    shortDigest("path" in item ? item.digest : item.root.digest),
    ...(item.releases ? [item.releases.join(",")] : []),
    lockedName(item),
  ];
  return [...lock.files, ...lock.images].map(row);
}
