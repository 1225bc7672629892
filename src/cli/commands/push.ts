// `kso push`: a bundle into a registry that the site already runs, its files into object storage or a web server.
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openBundle } from "../../bundle/open.ts";
import { formatShare } from "../../core/counts.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import type { Text } from "../../core/language.ts";
import type { Lock } from "../../core/lock.ts";
import type { SiteLayout } from "../../core/site-layout.ts";
import { formatSize } from "../../core/size.ts";
import { streamExtents } from "../../files/extents.ts";
import { generalKeys } from "../../flags/output.ts";
import { clusterKeys } from "../../flags/selection.ts";
import { flags, type Options } from "../../flags/table.ts";
import type { PushResult } from "../../push/options.ts";
import { type PushOutcome, push } from "../../push/push.ts";
import { sliceFile } from "../../runtime/slice.ts";
import { type Command, command, type Output, say, writeLine } from "../command.ts";
import { catalogOf, clusterOptionsOf } from "../context.ts";
import { credentialsHere, networkOf, storePath } from "../environment.ts";
import { advise, configLines } from "../success.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { progressExample, watcher } from "../terminal/watch.ts";

export const pushCommand: Command = command({
  name: "push",
  usage: ["BUNDLE… --registry HOST[/PREFIX] --files-to s3://BUCKET/PREFIX"],
  description: "put a bundle into a registry, and into object storage or a web server, that are there already",
  flags: [
    "pushRegistry",
    "filesTo",
    "mapping",
    "layout",
    "index",
    "createProjects",
    "publicProjects",
    "dryRun",
    "jobs",
    "s3Endpoint",
    "ca",
    ...clusterKeys,
    "config",
    ...generalKeys,
  ],
  help: {
    dryRun: "find out what is missing there, and send nothing",
    jobs: "uploads at one time",
    ca: "further certificates to trust (PEM)",
  },
  examples: [
    { line: "kso push bundle.tar --registry harbor.example/kubespray", meaning: "images" },
    { line: "kso push bundle.tar --files-to s3://mirror/k8s --s3-endpoint https://minio.example", meaning: "files" },
    {
      line: "kso push bundle.tar --files-to http://10.0.0.5/files --layout inventory --kubespray-dir kubespray -i inventory/prod",
      meaning: "under the paths that this inventory asks for",
    },
  ],
  chinese: {
    description: "把离线包推送到已有的镜像仓库，文件推送到已有的对象存储或 Web 服务器",
    help: { dryRun: "只检查对方缺少什么，不发送", jobs: "同时上传的数量", ca: "额外信任的 CA 证书（PEM）" },
    examples: ["镜像", "文件", "按该 inventory 请求的路径存放"],
  },
  json: [
    {
      form: "events",
      example: `${progressExample}
{"event": "result", "dryRun": false, "images": {"arrived": [], "failed": [], "sent": {"items": 50, "bytes": 4900000000}, "mounted": 3}, "files": {"arrived": [], "failed": [], "sent": {"items": 46, "bytes": 900000000}, "mounted": 0}}`,
    },
  ],
  bundles: (paths) => paths,
  async run(options, positionals, output, typed) {
    const paths = positionals;
    if (paths.length === 0) throw new KsoError("usage", "Name a bundle: kso push bundle.tar --registry HOST");
    const { pushRegistry: registry, filesTo: files, jobs, dryRun } = options;
    if (registry === undefined && files === undefined)
      throw new KsoError("usage", "Name a target: --registry HOST[/PREFIX], --files-to URL, or both");
    for (const [flag, needs] of [
      ["mapping", registry],
      ["index", registry],
      ["createProjects", registry],
      ["publicProjects", registry],
      ["s3Endpoint", files],
    ] as const)
      if (options[flag] !== undefined && options[flag] !== false && needs === undefined)
        throw new KsoError("usage", `--${flags[flag].name} has no meaning without its target`);
    const stray = clusterKeys.find((key) => typed.has(key));
    if (stray !== undefined && options.layout !== "inventory")
      throw new KsoError("usage", `--${flags[stray].name} has no meaning without --layout inventory`);
    const request = {
      registry,
      files,
      mapping: options.mapping ?? "strip-host",
      index: options.index ?? "auto",
      createProjects: projectsOf(options),
      jobs,
      dryRun,
    };
    const bundle = openBundle(paths);
    const layout = options.layout === "inventory" ? await layoutOf(options, bundle.lock, output) : undefined;
    const watch = watcher(options, output, true);
    const advice = "what has arrived stays there; run the same command again to go on";
    const outcome = await interruptible(advice, (signal) =>
      push(
        { ...request, lock: bundle.lock, source: bundle, layout },
        {
          http: networkOf(options, jobs, signal).http,
          credentials: credentialsHere(),
          aws: { env: process.env, home: homedir(), endpoint: options.s3Endpoint },
          sessionsDirectory: join(storePath({}), "uploads"),
          open: (extents) => streamExtents(extents, sliceFile),
          watch,
          signal,
        },
      ),
    );
    print(outcome, options, output);
    if (!layout) adviseConfig(options, { paths, lock: bundle.lock }, output);
  },
});

/** How projects are made that are not there. */
function projectsOf(options: Options<"createProjects" | "publicProjects">): "private" | "public" | undefined {
  if (options.createProjects) return options.publicProjects ? "public" : "private";
  if (options.publicProjects)
    throw new KsoError("usage", "--public-projects has a meaning with --create-projects only");
  return undefined;
}

/** The line that points kubespray at what was pushed, where its names are those that kso config knows. */
function adviseConfig(
  options: Options<"json" | "pushRegistry" | "filesTo" | "mapping" | "dryRun" | "ca">,
  { paths, lock }: { readonly paths: readonly string[]; readonly lock: Lock },
  output: Output,
): void {
  const { pushRegistry: registry, filesTo: files, mapping, dryRun, ca } = options;
  if (!registry || dryRun || mapping === "flatten") return;
  advise(output, options, {
    meaning: {
      en: "point kubespray at it, and check that all is there",
      zh: "让 kubespray 使用它，并检查内容是否齐全",
    },
    lines: configLines({
      bundles: paths,
      lock,
      registry: [registry.base, registry.prefix].filter(Boolean).join("/"),
      files: files && "url" in files ? files.url : undefined,
      naming: mapping === "keep-host" ? "keep-host" : undefined,
      ca,
    }),
  });
}

/** Names of requests that a note lists before it only counts. */
const maxNames = 5;

/** The names that the inventory asks the site for; a note says what it asks elsewhere for. */
async function layoutOf(
  options: Options<(typeof clusterKeys)[number] | "pushRegistry" | "filesTo">,
  lock: Lock,
  output: Output,
): Promise<SiteLayout> {
  const { pushRegistry, filesTo, kubesprayDir } = options;
  if (kubesprayDir === undefined || options.inventory.length === 0)
    throw new KsoError("usage", "--layout inventory wants an inventory: --kubespray-dir DIR --inventory PATH");
  const files = filesTo && "url" in filesTo ? filesTo.url : undefined;
  const { clusterLayout } = await import("../../kubespray/site-layout.ts");
  const cluster = clusterOptionsOf({ ...options, kubesprayDir });
  const layout = clusterLayout(await catalogOf(options), lock, cluster, { files, registry: pushRegistry?.host });
  const { length } = layout.elsewhere;
  const named = layout.elsewhere.slice(0, maxNames).join(", ");
  if (length > 0)
    output.tell(
      `note: ${length} requests of the inventory are for other hosts, and keep kso's names here: ${named}${length > maxNames ? ", …" : ""}`,
    );
  return layout;
}

type PrintOptions = Options<"json" | "dryRun">;

/** Prints what became of each item. @throws KsoError `remote` when something is not there. */
function print(outcome: PushOutcome, options: PrintOptions, output: Output): void {
  const { images, files, refused } = outcome;
  const [first, ...others] = refused;
  if (first && !images && !files) throw first;
  printResult(outcome, options, output);
  printMessages(
    [images, files].flatMap((result) => result ?? []),
    output,
  );
  if (images) say(output, summary("images", images, options));
  if (files) say(output, summary("files", files, options));
  for (const cause of others) output.tell(`failed: ${messageOf(cause)}`);
  if (first) throw first;
  const failed = { files: files?.failed.length ?? 0, images: images?.failed.length ?? 0 };
  const all = {
    files: failed.files + (files?.arrived.length ?? 0),
    images: failed.images + (images?.arrived.length ?? 0),
  };
  const failures = [images, files].flatMap((result) => result?.failed ?? []);
  const remedies = [...new Set(failures.flatMap(({ remedy }) => remedy ?? []))];
  if (failures.length > 0)
    throw new KsoError(
      "remote",
      [
        `${formatShare(failed, all)} could not be pushed`,
        ...(failures.length < all.files + all.images ? ["all others are there"] : []),
        ...remedies,
      ].join("; "),
    );
}

function printResult({ images, files }: PushOutcome, { json, dryRun }: PrintOptions, output: Output): void {
  if (json) {
    output.data(`${JSON.stringify({ event: "result", dryRun, ...(images && { images }), ...(files && { files }) })}\n`);
    return;
  }
  const state = (item: { readonly state: string }): string => (dryRun ? `${item.state.padEnd(7)}  ` : "");
  for (const item of images?.arrived ?? []) writeLine(output, `${state(item)}${item.target}@${item.digest}`);
  for (const item of files?.arrived ?? []) writeLine(output, `${state(item)}${item.target}`);
}

function printMessages(results: readonly PushResult[], output: Output): void {
  const arrived = results.flatMap((result) => result.arrived);
  for (const { item, was, digest, byDigest } of arrived) {
    if (was !== undefined && byDigest)
      output.tell(
        `trimmed: ${item}: ${was} is ${digest} now; the cluster asks for it by the old digest, which this registry will not have`,
      );
  }
  for (const { target, replaced } of arrived)
    if (replaced !== undefined) output.tell(`replaced: ${target} was ${replaced}`);
  for (const { failed } of results)
    for (const { item, target, cause } of failed) output.tell(`failed: ${item} → ${target}: ${cause}`);
}

function summary(
  kind: "images" | "files",
  { arrived, sent, mounted }: PushResult,
  { dryRun }: Pick<PrintOptions, "dryRun">,
): Text {
  const size = formatSize(sent.bytes);
  const number = kind === "files" ? `${sent.items} of them, ` : "";
  const amount = sent.items > 0 ? `${number}${size}` : "nothing";
  const shared = mounted > 0 ? `, ${mounted} taken over from repositories next to them` : "";
  const items = `${arrived.length} 个${kind === "files" ? "文件" : "镜像"}`;
  const need = sent.items > 0 ? `${kind === "files" ? `其中 ${sent.items} 个，` : ""}共 ${size}` : "";
  if (dryRun)
    return {
      en: `${arrived.length} ${kind} checked: ${amount} would be sent`,
      zh: `已检查 ${items}：${need ? `需要发送${need}` : "无需发送"}`,
    };
  return {
    en: `${arrived.length} ${kind} are there: ${amount} sent${shared}`,
    zh: `${items}已就位：${need ? `发送了${need}` : "无需发送"}${mounted > 0 ? `，${mounted} 个取自相邻的仓库` : ""}`,
  };
}
