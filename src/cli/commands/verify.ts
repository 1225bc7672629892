// `kso verify`: is every byte, every image and every architecture what the lock says?
import { availableParallelism } from "node:os";
import { openBundle } from "../../bundle/open.ts";
import { formatCounts } from "../../core/counts.ts";
import { KsoError } from "../../core/errors.ts";
import type { Text } from "../../core/language.ts";
import { releasesText } from "../../core/releases.ts";
import { shellWord } from "../../core/shell.ts";
import { formatSize } from "../../core/size.ts";
import { generalKeys } from "../../flags/output.ts";
import { clusterKeys } from "../../flags/selection.ts";
import { flags, type Options } from "../../flags/table.ts";
import { type Coverage, coverageSummary } from "../../kubespray/coverage.ts";
import { assertResolved } from "../../plan/unresolved.ts";
import { startHashing } from "../../store/hashing.ts";
import type { VerifyReport } from "../../verify/report.ts";
import { verifyPaths } from "../../verify/verify.ts";
import { type Command, command, type Output, writeJson, writeLine } from "../command.ts";
import { catalogOf, clusterOptionsOf } from "../context.ts";
import { succeed } from "../success.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { watcher } from "../terminal/watch.ts";

export const verifyCommand: Command = command({
  name: "verify",
  usage: ["BUNDLE… [--deep] [--kubespray-dir DIR --inventory PATH]"],
  description:
    "check every byte, every image and every architecture of a bundle; for an inventory, that it answers every request",
  flags: ["deep", "allowArchMismatch", "threads", "unused", ...clusterKeys, "config", ...generalKeys],
  help: {
    deep: "look at every executable, in archives and images too, and hash every volume",
    allowArchMismatch: "let an item pass that holds another architecture's code",
  },
  examples: [
    { line: "kso verify bundle.tar", meaning: "every byte, every image, every architecture" },
    { line: "kso verify --deep bundle.tar", meaning: "what archives and images hold, too" },
    {
      line: "kso verify bundle.tar --kubespray-dir kubespray --inventory inventory/mycluster",
      meaning: "and that it answers every request of one cluster",
    },
  ],
  chinese: {
    description: "校验离线包的每个字节、每个镜像和每种架构；给出 inventory 时，还检查是否满足其全部请求",
    help: {
      deep: "检查每个可执行文件，包括压缩包和镜像内的，并计算每个分卷的摘要",
      allowArchMismatch: "放行含有其他架构机器码的条目",
    },
    examples: ["每个字节、每个镜像、每种架构", "同时检查压缩包和镜像的内容", "并检查是否满足某个集群的全部请求"],
  },
  json: [
    {
      form: "value",
      example:
        '{"schema": "kso.verify/1", "ok": true, "bundles": ["bundle.tar"], "release": {"name": "kubespray-2.31.0", "version": "2.31.0", "commit": "…"}, "kubernetes": "1.35.4", "platforms": ["linux/amd64"], "lock": "sha256:…", "counts": {"files": 46, "images": 50, "blobs": 900, "entries": 1100, "bytes": 5400000000}, "problems": [], "notes": []}',
    },
  ],
  async run(options, positionals, output, typed) {
    if (positionals.length === 0) throw new KsoError("usage", "Name a bundle: kso verify bundle.tar");
    const { kubesprayDir } = options;
    const stray = [...clusterKeys, "unused" as const].find((key) => typed.has(key));
    if (stray !== undefined && kubesprayDir === undefined)
      throw new KsoError(
        "usage",
        `--${flags[stray].name} wants --kubespray-dir: what a cluster asks for is read from its checkout`,
      );
    const report = await verify(positionals, options, output);
    // A bundle too broken to open has no lock to hold requests against.
    const coverage =
      kubesprayDir !== undefined && report.lock !== undefined
        ? await coverageOf({ ...options, kubesprayDir }, positionals)
        : undefined;
    print(report, coverage, options, output);
    assertVerified(report, coverage, positionals.join(" "));
    const bundles = positionals.map(shellWord).join(" ");
    succeed(output, options, summaryOf(report), {
      meaning: { en: "serve it where the cluster is, or push it", zh: "在集群所在的网络中提供服务，或推送" },
      lines: [`kso serve ${bundles}`, `kso push ${bundles} --registry HOST --files-to URL`],
    });
  },
});

/** Checks the bundle, with hashing threads that end with the check. */
async function verify(
  paths: readonly string[],
  options: Options<"threads" | "deep" | "allowArchMismatch" | "json" | "quiet">,
  output: Output,
): Promise<VerifyReport> {
  const { threads = Math.min(availableParallelism(), 16), deep, allowArchMismatch: allow } = options;
  const watch = watcher(options, output, false);
  return await interruptible("nothing was changed; run the same command again", async (signal) => {
    const hashing = startHashing(threads);
    try {
      return await watch(`Verify ${paths.join(" ")}`, (progress) =>
        verifyPaths(paths, { deep, allow, jobs: threads * 2, hashing, progress, signal }),
      );
    } finally {
      await hashing.close();
    }
  });
}

function print(
  report: VerifyReport,
  coverage: Coverage | undefined,
  { json, unused }: Options<"json" | "unused">,
  output: Output,
): void {
  if (json) {
    const { unused: _, ...withoutUnused } = coverage ?? {};
    const cluster = unused ? coverage : withoutUnused;
    const combined = coverage && { ...report, ok: report.ok && coverage.ok, cluster };
    writeJson(output, combined ?? report);
    return;
  }
  for (const { what, item, message } of report.problems) writeLine(output, `${what}: ${item}: ${message}`);
  // What each architecture of a cluster asks for is known with its inventory; that others have more is then no matter.
  const notes = report.notes.filter(({ item }) => !(coverage && report.platforms?.includes(item)));
  for (const { item, message } of notes) output.tell(`note: ${item}: ${message}`);
  if (coverage) printCoverage(coverage, unused, output);
}

/**
 * Fails when something is missing or wrong.
 * @throws KsoError `verify` where the bundle is not what its lock says, or the cluster asks for more; `unresolvable` where nobody
 * knows whether it does.
 */
function assertVerified(report: VerifyReport, coverage: Coverage | undefined, bundle: string): void {
  if (!report.ok) throw new KsoError("verify", `Verification failed: ${problemCount(report)} in ${bundle}`);
  assertResolved(coverage?.unresolved ?? []);
  if (coverage && !coverage.ok)
    throw new KsoError(
      "verify",
      `The cluster will ask for what ${bundle} does not have: ${coverage.missing.length} of ${coverage.requests} requests are not satisfied`,
    );
}

/** How far the bundle answers the cluster that the flags name. */
async function coverageOf(
  options: Omit<Options<(typeof clusterKeys)[number]>, "kubesprayDir"> & { readonly kubesprayDir: string },
  paths: readonly string[],
): Promise<Coverage> {
  const { clusterCoverage } = await import("../../kubespray/cluster-coverage.ts");
  const { lock } = openBundle(paths, { alone: true });
  return clusterCoverage(await catalogOf(options), lock, clusterOptionsOf(options));
}

/** Prints what is missing on stdout, what is worth knowing on stderr. */
function printCoverage(coverage: Coverage, unused: boolean, output: Output): void {
  for (const { name, platform, locator, reason } of coverage.missing)
    writeLine(output, `missing: ${name} ${platform}: ${locator}: ${reason}`);
  for (const { locator, platforms } of unused ? coverage.unused : [])
    writeLine(output, `unused: ${locator} (${platforms.join(", ")})`);
  for (const note of coverage.notes) output.tell(`note: ${note}`);
  output.tell(coverageSummary(coverage));
}

function problemCount({ problems }: VerifyReport): string {
  return problems.length === 1 ? "1 problem" : `${problems.length} problems`;
}

function summaryOf({ release, kubernetes = "", releases, platforms = [], counts }: VerifyReport): Text {
  const { files, images, bytes } = counts;
  const subject = release ? releasesText({ release, kubernetes, ...(releases && { releases }) }) : "the bundle";
  return {
    en: `${subject}, ${platforms.join(" and ")}: ${files} files and ${images} images are complete; ${formatSize(bytes)}, all as the lock says`,
    zh: `${subject}，${platforms.join("、")}：${formatCounts(counts, "zh")}齐全；共 ${formatSize(bytes)}，与锁文件一致`,
  };
}
