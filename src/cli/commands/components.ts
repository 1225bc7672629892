// `kso components`: the matrix of components × architectures for one release: what is unavailable, and why.
import type { Text } from "../../core/language.ts";
import { architectureName } from "../../core/platform.ts";
import { describeUnresolved } from "../../core/unresolved.ts";
import { generalKeys } from "../../flags/output.ts";
import { selectionKeys } from "../../flags/selection.ts";
import { type ComponentMatrix, type ComponentRow, componentMatrix } from "../../plan/component-matrix.ts";
import { imageKnowledge } from "../../plan/image-knowledge.ts";
import { type Command, command, say, writeJson } from "../command.ts";
import { catalogOf, requestsOf, resolvedOf } from "../context.ts";
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
    { line: "kso components --kubespray 2.30.0,2.31.0", meaning: "of the steps of an upgrade, side by side" },
    { line: "kso components --kubespray 2.30.0 --json", meaning: "of another one, for scripts" },
  ],
  chinese: {
    description: "组件与架构的对照表，以及上游没有提供的内容",
    help: { lock: "此前 kso fetch 的锁文件，其中记录了各镜像的架构" },
    examples: ["最新版本", "升级路径上的各个版本，并列显示", "其他版本，供脚本使用"],
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
    const lock = lastLock(options.lock, typed.has("lock"));
    const knowledge = imageKnowledge(catalog, lock && { lock, path: options.lock });
    const matrices: ComponentMatrix[] = [];
    for (const request of requestsOf(options, catalog))
      matrices.push(await componentMatrix(request, knowledge, (one) => resolvedOf(options, catalog, one)));
    if (options.json) return writeJson(output, matricesJson(matrices));
    const [header, ...cells] = tableOf(matrices);
    output.data(`${fittedTable(header ?? [], cells, { width: output.width, optional: ["LISTED", "CATEGORY"] })}\n`);
    say(output, summaryOf(matrices.flatMap(({ rows }) => rows)));
    if (matrices.some(({ rows }) => rows.some((row) => Object.values(row.platforms).includes("unknown"))))
      output.tell(
        "unknown: nobody has looked which architectures some image is for; kso fetch finds out, kso manifests update keeps it",
      );
    const texts = matrices.flatMap(({ unavailable }) => describeUnavailable(unavailable));
    for (const text of new Set(texts)) output.tell(`unavailable: ${text}`);
    for (const item of matrices.flatMap(({ plan }) => plan.unresolved))
      output.tell(`unresolved: ${describeUnresolved(item)}`);
  },
});

function summaryOf(rows: readonly ComponentRow[]): Text {
  const components = [...Map.groupBy(rows, ({ component }) => component).values()];
  const count = (...states: readonly string[]): number =>
    components.filter((own) => own.some((row) => Object.values(row.platforms).some((state) => states.includes(state))))
      .length;
  const [lacking, unknown] = [count("partial", "unavailable"), count("unknown")];
  return {
    en: `${components.length} components; ${lacking} lack something for an architecture, of ${unknown} it is unknown`,
    zh: `${components.length} 个组件；${lacking} 个缺少某种架构的内容，${unknown} 个未知`,
  };
}

/** One value: of several releases, each with its own rows. */
function matricesJson(matrices: readonly ComponentMatrix[]): object {
  const each = matrices.map(({ plan: { release, kubernetes }, rows }) => ({ release, kubernetes, components: rows }));
  return each.length > 1 ? { schema: "kso.components/2", releases: each } : { schema: "kso.components/1", ...each[0] };
}

/** A row for each component; of several releases with a column of versions for each. */
function tableOf(matrices: readonly ComponentMatrix[]): string[][] {
  const versions = matrices.map(({ plan }) => plan.release.version);
  const platforms = matrices[0]?.plan.platforms ?? [];
  const names = matrices[0]?.rows.map(({ component, category }) => ({ component, category })) ?? [];
  const rows = names.map(({ component, category }) => {
    const own = matrices.map((matrix) => matrix.rows.find((row) => row.component === component));
    return [
      component,
      category,
      ...own.map((row) => row?.versions.join(", ") || "-"),
      ...platforms.map((platform) =>
        combinedCell(
          own.map((row) => states[row?.platforms[platform] ?? "none"]),
          versions,
        ),
      ),
      combinedCell(
        own.map((row) => (row?.listed ? "yes" : "-")),
        versions,
      ),
    ];
  });
  const versionTitles = versions.length > 1 ? versions : ["VERSION"];
  const header = [
    "COMPONENT",
    "CATEGORY",
    ...versionTitles,
    ...platforms.map((name) => architectureName(name).toUpperCase()),
    "LISTED",
  ];
  return [header, ...rows];
}

const states = {
  complete: "yes",
  unknown: "unknown",
  unresolved: "unresolved",
  partial: "unavailable",
  unavailable: "unavailable",
  none: "-",
} as const;

/** What is so in every release; otherwise what is so in which: `yes (2.30.0, 2.31.0), unavailable (2.29.1)`. */
function combinedCell(texts: readonly string[], versions: readonly string[]): string {
  const owners = Map.groupBy(versions, (_, at) => texts[at] ?? "-");
  if (owners.size === 1) return [...owners.keys()].join("");
  return [...owners].map(([text, own]) => `${text} (${own.join(", ")})`).join(", ");
}
