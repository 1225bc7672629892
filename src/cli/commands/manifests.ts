// `kso manifests`: newer versions from upstream, further releases from a checkout, and whether a checkout is all described.
import { join } from "node:path";
import process from "node:process";
import { formatCounts } from "../../core/counts.ts";
import { KsoError } from "../../core/errors.ts";
import type { Text } from "../../core/language.ts";
import { withoutV } from "../../core/version.ts";
import { generalKeys } from "../../flags/output.ts";
import type { FlagKey, Options } from "../../flags/table.ts";
import { checkCheckout } from "../../release-data/check.ts";
import { importRelease } from "../../release-data/import.ts";
import type { SkippedVersion, UpdateResult } from "../../release-data/update/find.ts";
import { describeLacks, describeUnknown, type FoundImages } from "../../release-data/update/images.ts";
import { RegistryClient } from "../../release-data/update/registry-client.ts";
import { openResponseCache } from "../../release-data/update/response-cache.ts";
import { updateManifests } from "../../release-data/update/update.ts";
import { UpstreamClient } from "../../release-data/update/upstream-client.ts";
import { type Command, command, type Output, say, writeJson, writeLine } from "../command.ts";
import { catalogOf, mirrorsOf, oneRelease } from "../context.ts";
import { cacheDirectory, credentialsHere, networkOf } from "../environment.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { watcher } from "../terminal/watch.ts";

const updateKeys = [
  "outputFolder",
  "dryRun",
  "allowMissingDigest",
  "kubespray",
  "only",
  "plugin",
  "manifests",
  "mirror",
  "mirrorPreset",
  "jobs",
  "ca",
  "config",
  ...generalKeys,
] as const satisfies readonly FlagKey[];
const checkKeys = ["kubesprayDir", "kubespray", "plugin", ...generalKeys] as const satisfies readonly FlagKey[];
const importKeys = ["outputFolder", ...checkKeys] as const satisfies readonly FlagKey[];

export const manifestsCommand: Command = command({
  name: "manifests",
  subcommands: [
    { name: "update", synopsis: "[-o DIR] [--only LIST]", flags: updateKeys },
    { name: "import", synopsis: "--kubespray-dir DIR [-o DIR]", flags: importKeys },
    { name: "check", synopsis: "--kubespray-dir DIR", flags: checkKeys },
  ],
  description:
    "take in what upstream published since, or a further kubespray release; check that a checkout is all described",
  flags: [...updateKeys, "kubesprayDir"],
  help: {
    dryRun: "update: ask upstream and only say what would be written",
    kubesprayDir: "import, check: a kubespray checkout",
  },
  examples: [
    { line: "kso manifests update --only etcd,helm", meaning: "what upstream published since" },
    { line: "kso manifests import --kubespray-dir kubespray -o manifests", meaning: "a further release" },
    { line: "kso manifests check --kubespray-dir kubespray", meaning: "is all of a checkout described?" },
  ],
  chinese: {
    description: "收录上游新发布的版本或新的 kubespray 版本；检查某个代码目录是否已全部收录",
    help: {
      dryRun: "update：查询上游，只说明将写入什么",
      kubesprayDir: "import、check：kubespray 代码目录",
    },
    examples: ["上游新发布的版本", "增加一个 kubespray 版本", "代码目录中的内容是否已全部收录？"],
  },
  json: [
    {
      of: "update",
      form: "value",
      example:
        '{"schema": "kso.update/1", "folder": "manifests", "dryRun": false, "written": [], "skipped": [], "failed": []}',
    },
    {
      of: "import",
      form: "value",
      example: '{"schema": "kso.import/1", "folder": "manifests", "components": ["etcd"], "releases": ["2.31.0"]}',
    },
    {
      of: "check",
      form: "value",
      example:
        '{"schema": "kso.check/1", "release": "2.31.0", "owned": 210, "waived": [], "unowned": [], "disagreements": []}',
    },
  ],
  async run(options, [subcommand, ...rest], output, typed) {
    if (rest.length === 0 && subcommand === "update") return await runUpdate(options, output, !typed.has("only"));
    if (rest.length === 0 && subcommand === "import") return await runImport(options, output);
    if (rest.length === 0 && subcommand === "check") return await runCheck(options, output);
    throw new KsoError(
      "usage",
      "Write kso manifests update, kso manifests import --kubespray-dir DIR, or kso manifests check --kubespray-dir DIR",
    );
  },
});

async function runImport(
  { kubesprayDir, outputFolder: folder = "manifests", ...options }: Options<(typeof importKeys)[number]>,
  output: Output,
): Promise<void> {
  if (kubesprayDir === undefined) throw new KsoError("usage", "Write kso manifests import --kubespray-dir DIR");
  const release = oneRelease(options.kubespray, "kso manifests import");
  const version = release && withoutV(release);
  const { components, releases } = await importRelease(
    { kubesprayDir, version, folder },
    await catalogOf(options, true),
  );
  if (options.json)
    writeJson(output, {
      schema: "kso.import/1",
      folder,
      components: [...components.keys()],
      releases: [...releases.keys()],
    });
  say(output, {
    en: `${components.size} components and ${releases.size} releases written to ${folder}`,
    zh: `已将 ${components.size} 个组件和 ${releases.size} 个版本写入 ${folder}`,
  });
}

async function runCheck(
  { kubesprayDir, ...options }: Options<(typeof checkKeys)[number]>,
  output: Output,
): Promise<void> {
  if (kubesprayDir === undefined) throw new KsoError("usage", "Write kso manifests check --kubespray-dir DIR");
  const named = oneRelease(options.kubespray, "kso manifests check");
  const version = named && withoutV(named);
  const { plugins } = await catalogOf(options, true);
  const { release, owned, waived, unowned, disagreements } = checkCheckout({ kubesprayDir, version }, plugins);
  if (options.json) {
    const value = { schema: "kso.check/1", release, owned, waived, unowned, disagreements };
    writeJson(output, value);
  } else {
    for (const { kind, name, where, reads } of unowned)
      writeLine(output, `${where}: ${kind} ${name}: no plugin owns ${reads.join(", ") || "it"}`);
    for (const disagreement of disagreements) writeLine(output, disagreement);
  }
  say(output, {
    en: `${release}: ${owned} references are owned by plugins, ${waived.length} are waived by name`,
    zh: `${release}：${owned} 处引用由插件负责，${waived.length} 处按名称豁免`,
  });
  const count = unowned.length + disagreements.length;
  if (count > 0)
    throw new KsoError(
      "unresolvable",
      `${count} ${count === 1 ? "thing" : "things"} in ${kubesprayDir} that plugins do not describe as kubespray has ${count === 1 ? "it" : "them"}`,
    );
}

async function runUpdate(
  options: Options<(typeof updateKeys)[number]>,
  output: Output,
  skipUnpublished: boolean,
): Promise<void> {
  const { kubespray, only: components, dryRun, allowMissingDigest: allowMissing, jobs, json } = options;
  const release = oneRelease(kubespray, "kso manifests update");
  const mirrors = mirrorsOf(options);
  const folder = options.outputFolder ?? options.manifests ?? "manifests";
  const cache = openResponseCache(join(cacheDirectory(), "kso-upstream"));
  const token = process.env["GITHUB_TOKEN"] || process.env["GH_TOKEN"] || undefined;
  const watch = watcher(options, output, false);
  const result = await updateManifests(
    { folder, release, components, skipUnpublished, refreshImages: !skipUnpublished, dryRun, allowMissing, jobs },
    {
      catalog: await catalogOf(options, true),
      online: (look) =>
        interruptible("nothing was written; run the same command again", (signal) =>
          watch("Look for newer versions", (progress) => {
            const { http, probe } = networkOf(options, jobs, signal);
            const upstream = new UpstreamClient({ http, mirrors, cache, token, signal });
            const images = new RegistryClient({ http: probe, credentials: credentialsHere(), mirrors, signal });
            return look({ upstream, images, progress, signal });
          }),
        ),
    },
  );
  reportUpdate(result, { folder, dryRun, json }, output);
}

function reportUpdate(
  { found, skipped, failed, images, unknown }: UpdateResult & FoundImages,
  { folder, dryRun, json }: { folder: string; dryRun: boolean; json: boolean },
  output: Output,
): void {
  if (json) {
    const written = found.map(({ component, version, files, lacks }) => ({ component, version, files, lacks }));
    const value = { schema: "kso.update/1", folder, dryRun, written, skipped, failed, images, unknown };
    writeJson(output, value);
  } else output.data(found.map(({ component, version }) => `${component} ${version}\n`).join(""));
  for (const { component, version, lacks } of found)
    for (const lack of lacks) output.tell(`note: ${component} ${version}: ${lack}`);
  for (const lack of describeLacks(images)) output.tell(`unavailable: ${lack}`);
  for (const text of describeUnknown(unknown)) output.tell(`unknown: ${text}`);
  for (const version of skipped) output.tell(`left out: ${describeSkipped(version)}`);
  for (const version of failed) output.tell(`failed: ${describeSkipped(version)}`);
  const components = new Set(found.map(({ component }) => component)).size;
  const parts = takenParts({ found, images }, components);
  say(output, updateSummary(parts, { folder, dryRun, hasFailed: failed.length > 0 }));
  assertAllRead(failed, dryRun, parts.length);
}

/** What an update took, in both languages. */
function takenParts(
  { found, images }: Pick<UpdateResult & FoundImages, "found" | "images">,
  components: number,
): Text[] {
  const counted = { files: 0, images: countImages(images) };
  return [
    ...(found.length > 0
      ? [
          {
            en: `${found.length} versions of ${components} components`,
            zh: `${components} 个组件的 ${found.length} 个版本`,
          },
        ]
      : []),
    ...(images.length > 0
      ? [{ en: `the architectures of ${formatCounts(counted)}`, zh: `${formatCounts(counted, "zh")}的架构信息` }]
      : []),
  ];
}

function updateSummary(
  parts: readonly Text[],
  { folder, dryRun, hasFailed }: { readonly folder: string; readonly dryRun: boolean; readonly hasFailed: boolean },
): Text {
  if (parts.length === 0)
    return {
      en: `${hasFailed ? "nothing could be taken" : "nothing new"}; ${folder} stays as it is`,
      zh: `${hasFailed ? "未能取得任何内容" : "没有新内容"}；${folder} 保持不变`,
    };
  const [en, zh] = [parts.map((part) => part.en).join(" and "), parts.map((part) => part.zh).join("，")];
  return {
    en: `${en} ${dryRun ? "would be" : "were"} written to ${folder}; use them with --manifests ${folder}`,
    zh: `${dryRun ? "将写入" : "已写入"} ${folder}：${zh}；用 --manifests ${folder} 采用`,
  };
}

function countImages(images: FoundImages["images"]): number {
  return new Set(images.map(({ image }) => image)).size;
}

/** Checks that no version failed. @throws KsoError `fetch` naming the first one that could not be read or verified. */
function assertAllRead([first, ...rest]: readonly SkippedVersion[], dryRun: boolean, found: number): void {
  if (!first) return;
  const others = rest.length > 0 ? `, nor ${rest.length} more` : "";
  const done = found === 0 ? "nothing else is new" : `everything else is ${dryRun ? "listed" : "written"}`;
  throw new KsoError(
    "fetch",
    `Cannot take ${describeSkipped(first)}${others}; ${done}; run the same command again to go on`,
    undefined,
    { items: [first, ...rest].map(({ component, version }) => [component, version].filter(Boolean).join(" ")) },
  );
}

function describeSkipped({ component, version, reason }: SkippedVersion): string {
  return `${component}${version === undefined ? "" : ` ${version}`}: ${reason}`;
}
