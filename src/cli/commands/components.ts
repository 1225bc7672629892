// `kso components`: the matrix of components × architectures for one release: what is unavailable, and why.
import { readLock } from "../../bundle/lock.ts";
import type { Lock } from "../../core/lock.ts";
import { describeUnresolved } from "../../core/unresolved.ts";
import { statsAt } from "../../files/stats.ts";
import { generalKeys } from "../../flags/output.ts";
import { selectionKeys } from "../../flags/selection.ts";
import { componentMatrix } from "../../plan/component-matrix.ts";
import { imageKnowledge } from "../../plan/image-knowledge.ts";
import { type Command, command, writeJson } from "../command.ts";
import { catalogOf, requestOf, resolvedOf } from "../context.ts";
import { columns, describeUnavailable } from "../terminal/report.ts";

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
      ...plan.platforms.map((platform) => platform.toUpperCase()),
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
    output.data(`${columns([header, ...cells], output.width)}\n`);
    if (rows.some((row) => Object.values(row.platforms).includes("unknown")))
      output.tell(
        "unknown: nobody has looked which architectures some image is for; kso fetch finds out, kso manifests update keeps it",
      );
    for (const text of describeUnavailable(unavailable)) output.tell(`unavailable: ${text}`);
    for (const item of plan.unresolved) output.tell(`unresolved: ${describeUnresolved(item)}`);
  },
});

/** The lock of an earlier fetch. One that nobody named and that cannot be read says nothing here. */
function lastLock(path: string, isNamed: boolean): Lock | undefined {
  if (isNamed) return readLock(path);
  try {
    return statsAt(path)?.isFile() ? readLock(path) : undefined;
  } catch {
    return undefined;
  }
}
