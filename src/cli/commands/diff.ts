// `kso diff A B`: what changed between two locks or bundles, and how many bytes that is. With --releases: between two
// releases of kubespray, before anything is fetched.

import { readLock } from "../../bundle/lock.ts";
import { compareLocks, type LockChange } from "../../bundle/lock-difference.ts";
import { openBundle } from "../../bundle/open.ts";
import { shortDigest } from "../../core/digest.ts";
import { KsoError } from "../../core/errors.ts";
import type { Lock } from "../../core/lock.ts";
import type { Plan } from "../../core/plan.ts";
import { architectureName } from "../../core/platform.ts";
import { formatSize } from "../../core/size.ts";
import { statsAt } from "../../files/stats.ts";
import { generalKeys } from "../../flags/output.ts";
import { releasesKeys } from "../../flags/selection.ts";
import { flags, type Options } from "../../flags/table.ts";
import { diffReleases } from "../../plan/release-difference.ts";
import { type Command, command, type Output, writeJson, writeLine } from "../command.ts";
import { catalogOf, requestOf } from "../context.ts";
import { fittedTable, reportUnavailable, showPlanDifference } from "../terminal/report.ts";

export const diffCommand: Command = command({
  name: "diff",
  usage: ["A B [--json]", "--releases 2.30.0 2.31.0"],
  description: "show what changed between two locks or bundles, or what another kubespray release brings",
  flags: ["releases", ...releasesKeys, "config", ...generalKeys],
  examples: [
    { line: "kso diff old.tar new.tar", meaning: "what a new bundle changes, and how many bytes that is" },
    { line: "kso diff --releases 2.30.0 2.31.0", meaning: "what an upgrade brings, before anything is fetched" },
  ],
  chinese: {
    description: "比较两个锁文件或离线包，或者查看另一个 kubespray 版本带来的变化",
    examples: ["新离线包有哪些变化，需要传输多少数据", "下载之前查看升级带来的变化"],
  },
  json: [
    {
      of: "two locks or bundles",
      form: "value",
      example:
        '{"schema": "kso.diff/1", "from": {"path": "old.tar"}, "to": {"path": "new.tar"}, "changes": [], "transfer": {"blobs": 3, "bytes": 90000000}, "freed": {"blobs": 3, "bytes": 80000000}}',
    },
    {
      of: "--releases",
      form: "value",
      example:
        '{"schema": "kso.release-diff/1", "from": {}, "to": {}, "components": [], "artifacts": [], "unavailable": {"from": [], "to": []}}',
    },
  ],
  configured: (typed) => typed.has("releases"),
  async run(options, positionals, output, typed) {
    if (options.releases) return await showReleases(options, positionals, output);
    const stray = [...releasesKeys, "config" as const].find((key) => typed.has(key));
    if (stray) throw new KsoError("usage", `--${flags[stray].name} has no meaning for two bundles; add --releases`);
    const [a, b, ...rest] = positionals;
    if (a === undefined || b === undefined || rest.length > 0)
      throw new KsoError("usage", "Name two locks or bundles: kso diff A B");
    const [from, to] = [lockAt(a), lockAt(b)];
    const { changes, transfer, freed } = compareLocks(from, to);
    if (options.json) {
      const side = (path: string, { release, kubernetes, releases, platforms }: Lock): object => ({
        path,
        release,
        kubernetes,
        ...(releases && { releases }),
        platforms,
      });
      const value = { schema: "kso.diff/1", from: side(a, from), to: side(b, to), changes, transfer, freed };
      writeJson(output, value);
      return;
    }
    if (changes.length > 0)
      output.data(
        `${fittedTable(["CHANGE", "COMPONENT", "NAME", "ARCH", "FROM", "TO"], changes.map(row), { width: output.width, optional: ["COMPONENT", "ARCH"] })}\n\n`,
      );
    writeLine(output, summaryOf(changes));
    output.data(`to transfer: ${formatSize(transfer.bytes)}\n`);
    output.data(`freed: ${formatSize(freed.bytes)}\n`);
  },
});

async function showReleases(
  options: Options<(typeof releasesKeys)[number] | "json">,
  positionals: readonly string[],
  output: Output,
): Promise<void> {
  const [a, b, ...rest] = positionals;
  if (a === undefined || rest.length > 0)
    throw new KsoError("usage", "Name two releases: kso diff --releases 2.30.0 2.31.0");
  const catalog = await catalogOf(options);
  const { from, to, difference } = diffReleases({ request: requestOf(options), from: a, to: b }, catalog);
  if (options.json) {
    const side = ({ release, kubernetes, platforms }: Plan): object => ({ release, kubernetes, platforms });
    const unavailable = { from: from.unavailable, to: to.unavailable };
    const value = { schema: "kso.release-diff/1", from: side(from), to: side(to), ...difference, unavailable };
    return writeJson(output, value);
  }
  writeLine(output, `${from.release.name} to ${to.release.name}, Kubernetes ${from.kubernetes} to ${to.kubernetes}`);
  showPlanDifference(difference, output);
  reportUnavailable(to, output);
}

/** A lock file, or the lock of a bundle in any of its forms; a delta is what it makes of its base. */
function lockAt(path: string): Lock {
  const isLock = path.endsWith(".json") && !path.endsWith(".volumes.json");
  if (isLock && statsAt(path)?.isFile()) return readLock(path);
  return openBundle([path], { alone: true }).lock;
}

function row({ change, component, name, platforms, from, to }: LockChange): string[] {
  const arch = platforms.map(architectureName).join(",");
  // Where the version stays, what differs is shown: the bytes, or the name.
  const words = (side: LockChange["from"]): string => {
    if (!side) return "-";
    if (from?.version !== to?.version) return side.version;
    return change === "digest" ? `${side.version} ${shortDigest(side.digest)}` : side.item;
  };
  return [change, component, name, arch, words(from), words(to)];
}

function summaryOf(changes: readonly LockChange[]): string {
  const count = (type: LockChange["change"]): number => changes.filter(({ change }) => change === type).length;
  if (changes.length === 0) return "nothing changed";
  return `${count("added")} added, ${count("removed")} removed, ${count("changed")} changed, ${count("digest")} with other bytes at the same version`;
}
