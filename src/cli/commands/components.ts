// `kso components`: the matrix of components × architectures for one release: what is unavailable, and why.
import type { Text } from "../../core/language.ts";
import { architectureName } from "../../core/platform.ts";
import { describeUnresolved } from "../../core/unresolved.ts";
import { generalKeys } from "../../flags/output.ts";
import { selectionKeys } from "../../flags/selection.ts";
import { type ComponentRow, componentMatrix } from "../../plan/component-matrix.ts";
import { imageKnowledge } from "../../plan/image-knowledge.ts";
import { type Command, command, say, writeJson } from "../command.ts";
import { catalogOf, requestOf, resolvedOf } from "../context.ts";
import { lastLock } from "../environment.ts";
import { describeUnavailable, fittedTable } from "../terminal/report.ts";

export const componentsCommand: Command = command({
  name: "components",
  usage: ["[--json]"],
  flagsOnly: true,
  description: "the matrix of components and architectures, with what is unavailable",
  flags: [...selectionKeys, "lock", "config", ...generalKeys],
  help: { lock: "the lock of an earlier kso fetch, which saw the architectures of its images" },
  examples: [
    { line: "kso components", meaning: "of the newest release" },
    { line: "kso components --kubespray 2.30.0 --json", meaning: "of another one, for scripts" },
  ],
  chinese: {
    description: "组件与架构的对照表，以及上游没有提供的内容",
    help: { lock: "此前 kso fetch 的锁文件，其中记录了各镜像的架构" },
    examples: ["最新版本", "其他版本，供脚本使用"],
  },
  json: [
    {
      form: "value",
      example:
        '{"schema": "kso.components/1", "release": {"name": "kubespray-2.31.0", "version": "2.31.0", "commit": "…"}, "kubernetes": "1.35.4", "components": [{"component": "etcd", "category": "core", "versions": ["3.6.10"], "listed": true, "platforms": {"linux/amd64": "complete"}, "unavailable": []}]}',
    },
  ],
  async run(options, _, output, typed) {
    const catalog = await catalogOf(options);
    const lock = lastLock(options.lock, typed("lock"));
    const { plan, rows, unavailable } = await componentMatrix(
      requestOf(options),
      imageKnowledge(catalog, lock && { lock, path: options.lock }),
      (request) => resolvedOf(options, catalog, request),
    );
    if (options.json) {
      const { release, kubernetes } = plan;
      writeJson(output, { schema: "kso.components/1", release, kubernetes, components: rows });
      return;
    }
    const header = [
      "COMPONENT",
      "CATEGORY",
      "VERSION",
      ...plan.platforms.map((platform) => architectureName(platform).toUpperCase()),
      "LISTED",
    ];
    const cells = rows.map((row) => [
      row.component,
      row.category,
      row.versions.join(", ") || "-",
      ...plan.platforms.map(
        (platform) =>
          ({
            complete: "yes",
            unknown: "unknown",
            unresolved: "unresolved",
            partial: "unavailable",
            unavailable: "unavailable",
            none: "-",
          })[row.platforms[platform] ?? "none"],
      ),
      row.listed ? "yes" : "-",
    ]);
    output.data(`${fittedTable(header, cells, { width: output.width, optional: ["LISTED", "CATEGORY"] })}\n`);
    say(output, summaryOf(rows));
    if (rows.some((row) => Object.values(row.platforms).includes("unknown")))
      output.tell(
        "unknown: nobody has looked which architectures some image is for; kso fetch finds out, kso manifests update keeps it",
      );
    for (const text of describeUnavailable(unavailable)) output.tell(`unavailable: ${text}`);
    for (const item of plan.unresolved) output.tell(`unresolved: ${describeUnresolved(item)}`);
  },
});

function summaryOf(rows: readonly ComponentRow[]): Text {
  const count = (...states: readonly string[]): number =>
    rows.filter(({ platforms }) => Object.values(platforms).some((state) => states.includes(state))).length;
  const [lacking, unknown] = [count("partial", "unavailable"), count("unknown")];
  return {
    en: `${rows.length} components; ${lacking} lack something for an architecture, of ${unknown} it is unknown`,
    zh: `${rows.length} 个组件；${lacking} 个缺少某种架构的内容，${unknown} 个未知`,
  };
}
