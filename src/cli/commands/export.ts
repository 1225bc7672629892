// `kso export`: the main job.

import { KsoError } from "../../core/errors.ts";
import { type Artifact, artifactName, filesFor, imagesOf, type Plan } from "../../core/plan.ts";
import { releasesName, releasesText } from "../../core/releases.ts";
import { nearestOrAll } from "../../core/suggest.ts";
import { exportPlan } from "../../export/export-plan.ts";
import type { Exporter, PlanExporter } from "../../export/exporter.ts";
import { exporters } from "../../export/exporters.ts";
import { keptSentence } from "../../files/foreign.ts";
import type { OptionArguments } from "../../flags/argv.ts";
import { fetchingKeys } from "../../flags/fetching.ts";
import { formatKeys, generalKeys } from "../../flags/output.ts";
import { selectionKeys } from "../../flags/selection.ts";
import { type FlagKey, flags, type Options } from "../../flags/table.ts";
import { assertOutputsApart } from "../../flags/values.ts";
import { assertResolved } from "../../plan/unresolved.ts";
import { type Command, command, type Output, writeJson, writeLine } from "../command.ts";
import { planOf } from "../context.ts";
import { saySavings, succeed } from "../success.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { progressExample } from "../terminal/watch.ts";

const keys = [
  "format",
  "output",
  "force",
  ...formatKeys,
  ...fetchingKeys,
  ...selectionKeys,
  "config",
  ...generalKeys,
] as const satisfies readonly FlagKey[];

export const exportCommand: Command = command({
  name: "export",
  usage: ["--format FORMAT [-o PATH]"],
  flagsOnly: true,
  description: `write what a cluster needs: ${exporters.map(({ name }) => name).join(", ")}`,
  details: {
    title: "Formats",
    meanings: Object.fromEntries(exporters.map(({ name, description }) => [name, description])),
  },
  flags: keys,
  help: { output: "where to write (default: RELEASE-FORMAT here; tarball: RELEASE.tar)" },
  examples: [
    { line: "kso export --format list", meaning: "URLs, image names and sums, for both architectures" },
    { line: "kso export --format tarball --with-binaries -o bundle.tar", meaning: "the bundle" },
    { line: "kso export --format dockerfile --arch arm64 --kube 1.35", meaning: "a build context" },
  ],
  chinese: {
    description: `输出集群所需的内容：${exporters.map(({ name }) => name).join("、")}`,
    help: { output: "输出位置（默认：当前目录下的 RELEASE-FORMAT；tarball 为 RELEASE.tar）" },
    examples: ["两种架构的 URL、镜像名和校验和", "离线包", "容器镜像的构建目录"],
    details: {
      title: "格式",
      meanings: {
        list: "各架构的 URL 列表、镜像列表、SHA256SUMS 和 plan.json",
        dockerfile: "构建目录：包含全部内容的文件服务器和镜像仓库的 Dockerfile，以及 docker-bake.hcl",
        tarball: "离线包：一个归档文件，既是 OCI 镜像布局也是文件目录，附带锁文件和校验和",
        image: "无需构建工具直接生成两个容器镜像：文件服务器和镜像仓库，内含全部内容",
        registry: "distribution 镜像仓库的存储目录，内含全部镜像",
        compose: "两个容器镜像，附带 compose 文件、systemd 单元和加载脚本",
      },
    },
  },
  json: [
    {
      of: "the formats list and dockerfile",
      form: "value",
      example: '{"format": "list", "path": "kubespray-2.31.0-list", "files": ["files-amd64.list"]}',
    },
    {
      of: "the other formats",
      form: "events",
      example: `${progressExample}
{"event": "result", "format": "tarball", "path": "bundle.tar", "files": ["bundle.tar"], "bytes": 5500000000, "lock": "kso.lock.json", "fetched": {"items": 96, "bytes": 5400000000}}`,
    },
  ],
  async run(options, _, output, typed) {
    const exporter = exporterOf(options.format, typed);
    const { plan } = await planOf(options, output, typed);
    assertResolved(plan.unresolved);
    if (exporter.needs === "plan") return await runPlanExport(exporter, withoutCharts(plan, output), options, output);
    const { runContentExport } = await import("./export-content.ts");
    await runContentExport(exporter, plan, options, output);
  },
});

/** Is it a flag that has no meaning for this format? */
function isStray(key: FlagKey, { name, needs }: Exporter): boolean {
  const { formats } = flags[key];
  return formats ? !formats.includes(name) : needs === "plan" && fetchingFlags.has(key);
}

const fetchingFlags: ReadonlySet<FlagKey> = new Set(fetchingKeys);

function exporterOf(format: string | undefined, typed: OptionArguments): Exporter {
  const names = exporters.map(({ name }) => name);
  const exporter = exporters.find(({ name }) => name === format);
  if (!exporter) {
    const problem =
      format === undefined
        ? `--format is missing; there are: ${names.join(", ")}`
        : `Unknown format "${format}"${nearestOrAll(format, names)}`;
    throw new KsoError("usage", problem);
  }
  const stray = keys.find((key) => typed.has(key) && isStray(key, exporter));
  if (stray) throw new KsoError("usage", `--${flags[stray].name} has no meaning for the format "${format}"`);
  return exporter;
}

/** The plan without charts that are looked up when they are fetched: nobody knows their URLs before. Each is named. */
function withoutCharts(plan: Plan, output: Output): Plan {
  const isLookedUp = (artifact: Artifact): boolean => artifact.kind === "file" && artifact.chart !== undefined;
  for (const artifact of plan.artifacts.filter(isLookedUp))
    output.tell(`note: ${artifactName(artifact)} is left out: its repository says where it is when it is fetched`);
  return { ...plan, artifacts: plan.artifacts.filter((artifact) => !isLookedUp(artifact)) };
}

/** Writes the format, and prints the names of what was written. */
async function runPlanExport(
  exporter: PlanExporter,
  plan: Plan,
  options: Options<"output" | "json" | "force" | "profile" | "manifests">,
  output: Output,
): Promise<void> {
  const path = options.output ?? `${releasesName(plan)}-${exporter.name}`;
  assertOutputsApart(keys, { ...options, lock: undefined, output: path }, { owns: exporter.owns });
  const { force } = options;
  const { files, replaced } = await interruptible(`${path} is as it was; run it again`, (signal) =>
    exportPlan({ exporter, plan, output: path, force, signal }),
  );
  if (options.json) writeJson(output, { format: exporter.name, path, files });
  else for (const file of files) writeLine(output, file);
  for (const file of replaced) output.tell(keptSentence(file));
  saySavings(output, plan, options);
  const counts = plan.platforms.map((platform) => `${filesFor(plan, platform).length} files for ${platform}`);
  const done = {
    en: `${releasesText(plan)}: ${[...counts, `${imagesOf(plan).length} images`].join(", ")}; written to ${path}`,
    zh: `${releasesText(plan)}：${plan.platforms.map((platform) => `${platform} ${filesFor(plan, platform).length} 个文件`).join("、")}，${imagesOf(plan).length} 个镜像；已写入 ${path}`,
  };
  succeed(output, options, done);
}
