// `kso releases`: the releases of kubespray that kso knows, and what each of them holds.
import { generalKeys } from "../../flags/output.ts";
import { type ReleaseSummary, summarizeReleases } from "../../plan/release-summaries.ts";
import { type Command, command, writeJson } from "../command.ts";
import { catalogOf } from "../context.ts";
import { columns } from "../terminal/report.ts";

export const releasesCommand: Command = command({
  name: "releases",
  usage: ["[--json]"],
  flagsOnly: true,
  description: "the kubespray releases that kso knows, and their Kubernetes versions",
  flags: ["manifests", "config", ...generalKeys],
  help: { manifests: "further releases; they override the embedded ones" },
  examples: [
    { line: "kso releases", meaning: "what is embedded, newest first" },
    { line: "kso releases --json", meaning: "with every Kubernetes version, for scripts" },
  ],
  chinese: {
    description: "kso 内置的 kubespray 版本，以及各自支持的 Kubernetes 版本",
    help: { manifests: "更多版本；同名时优先于内置数据" },
    examples: ["内置的版本，从新到旧", "列出每个 Kubernetes 版本，供脚本使用"],
  },
  json: [
    {
      form: "value",
      example:
        '{"schema": "kso.releases/1", "releases": [{"version": "2.31.0", "commit": "…", "date": "2026-04-24", "kubernetes": {"default": "1.35.4", "versions": ["1.35.4", "…"]}, "components": 41, "files": 45, "images": 48, "embedded": true}]}',
    },
  ],
  async run(options, _, output) {
    const releases = summarizeReleases(await catalogOf(options));
    if (options.json) return writeJson(output, { schema: "kso.releases/1", releases });
    const header = ["KUBESPRAY", "DATE", "KUBERNETES", "DEFAULT", "COMPONENTS", "FILES", "IMAGES", "FROM"];
    output.data(`${columns([header, ...releases.map(cellsOf)], output.width)}\n`);
  },
});

function cellsOf({ version, date, kubernetes, components, files, images, embedded }: ReleaseSummary): string[] {
  const { default: usual, versions } = kubernetes;
  const range = `${versions.at(-1)} to ${versions[0]}`;
  return [version, date, range, usual, ...[components, files, images].map(String), embedded ? "kso" : "--manifests"];
}
