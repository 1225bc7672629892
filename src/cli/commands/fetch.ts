// `kso fetch`: fill the store, write the lock.
import { formatCounts } from "../../core/counts.ts";
import { KsoError } from "../../core/errors.ts";
import type { Text } from "../../core/language.ts";
import type { Lock } from "../../core/lock.ts";
import type { Plan } from "../../core/plan.ts";
import { formatSize } from "../../core/size.ts";
import {
  type FetchDependencies,
  type FetchPlanOptions,
  type FetchResult,
  fetchPlan,
  fetchRefusal,
  forecastPlan,
} from "../../fetch/fetch.ts";
import type { FetchForecast } from "../../fetch/forecast.ts";
import { fetchingKeys } from "../../flags/fetching.ts";
import { generalKeys } from "../../flags/output.ts";
import { selectionKeys } from "../../flags/selection.ts";
import type { FetchingOptions, GeneralOptions, Options } from "../../flags/table.ts";
import { locationsOf } from "../../plan/mirrors.ts";
import { assertResolved } from "../../plan/unresolved.ts";
import { version } from "../../runtime/build.ts";
import { peekStore } from "../../store/peek.ts";
import { type Command, command, type Output, writeJson } from "../command.ts";
import { mirrorsOf, planOf } from "../context.ts";
import { credentialsHere, networkOf, readEarlierLock, storePath, today, withStore } from "../environment.ts";
import { saySavings, succeed, typedWords } from "../success.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { columns } from "../terminal/report.ts";
import { progressExample, watcher } from "../terminal/watch.ts";

export const fetchCommand: Command = command({
  name: "fetch",
  usage: ["[--lock FILE] [--store DIR]"],
  flagsOnly: true,
  description: "fill the store with everything that a cluster needs, and write the lock",
  flags: [...fetchingKeys, ...selectionKeys, "dryRun", "force", "config", ...generalKeys],
  help: { dryRun: "say how much there is to fetch, what it needs, and what would fail; no blob is downloaded" },
  examples: [
    { line: "kso fetch", meaning: "everything of the newest release, for both architectures" },
    { line: "kso fetch --dry-run", meaning: "how much that is, before it starts" },
    { line: "kso fetch --extra missing.json", meaning: "and what a server was asked for and lacked" },
  ],
  chinese: {
    description: "把集群所需的全部内容下载到本地缓存，并写入锁文件",
    help: { dryRun: "只说明要下载多少、需要什么、哪些会失败；不下载任何数据" },
    examples: ["最新版本的全部内容，两种架构", "开始之前先看有多少", "以及服务器被请求而没有的内容"],
  },
  json: [
    {
      form: "events",
      example: `${progressExample}
{"event": "result", "lock": "kso.lock.json", "fetched": {"items": 96, "bytes": 5400000000}}`,
    },
  ],
  async run(options, _, output, typed) {
    const { plan } = await planOf(options, output, typed);
    assertResolved(plan.unresolved);
    if (options.dryRun) return await runDry(options, plan, output);
    const watch = watcher(options, output, true);
    const advice = `what has arrived is kept in ${storePath(options)}; run the same command again to go on`;
    const { path, lock, fetched } = await interruptible(advice, (signal) =>
      withStore(options, (store) => fetchWith(options, { plan, baseImages: [] }, { store, watch, signal, output })),
    );
    output.data(options.json ? `${JSON.stringify({ event: "result", lock: path, fetched })}\n` : `${path}\n`);
    saySavings(output, plan, options, lock);
    succeed(output, options, fetchedSummary(lock, fetched), {
      meaning: { en: "make the bundle of it", zh: "制作离线包" },
      lines: [["kso export --format tarball -o bundle.tar", ...typedWords("fetch", oneTime)].join(" ")],
    });
  },
});

/** Switches of a fetch that the export behind it is not given again. */
const oneTime = ["--update", "--force", "--quiet"];

function fetchedSummary({ files, images }: Lock, { items, bytes }: FetchResult["fetched"]): Text {
  const size = formatSize(bytes);
  const counts = { files: files.length, images: images.length };
  return {
    en: `${formatCounts(counts)} are in the store: ${items > 0 ? `${size} fetched` : "nothing to fetch"}`,
    zh: `本地缓存中已有 ${formatCounts(counts, "zh")}：${items > 0 ? `下载了 ${size}` : "无需下载"}`,
  };
}

interface FetchContext extends Pick<FetchDependencies, "store" | "watch"> {
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** Says what a fetch would do. @throws KsoError `fetch` where it would fail. */
async function runDry(
  options: FetchingOptions & GeneralOptions & Options<"force" | "profile" | "mirror" | "mirrorPreset" | "manifests">,
  plan: Plan,
  output: Output,
): Promise<void> {
  const watch = watcher(options, output, false);
  const forecast = await interruptible("nothing was changed", (signal) =>
    forecastPlan(
      { plan, ...fetchOptionsOf(options) },
      { ...connectionsOf(options, signal), store: peekStore(storePath(options)), watch, signal },
    ),
  );
  const { failures, store } = forecast;
  if (options.json) writeJson(output, { schema: "kso.forecast/1", ...forecast });
  else output.data(`${columns(forecastRows(forecast), output.width)}\n`);
  for (const name of options.json ? [] : forecast.unknown) output.tell(`size unknown: ${name}`);
  for (const { artifact, cause } of failures) output.tell(`failed: ${artifact}: ${cause}`);
  saySavings(output, plan, options);
  if (failures.length > 0) throw fetchRefusal(failures, plan, "could not be fetched");
  if (store.needed > store.free)
    throw new KsoError(
      "usage",
      `Not enough room for the store in ${store.path}: ${formatSize(store.needed)} are needed and ${formatSize(store.free)} are free; free some or name another place with --store`,
    );
}

function forecastRows({ items, fetch, bytes, unknown, dockerHub, store }: FetchForecast): string[][] {
  const more = unknown.length > 0 ? `, and ${unknown.length} of unknown size` : "";
  const { pulls, remaining, limit } = dockerHub;
  const left = remaining === undefined ? "" : `, ${remaining}${limit === undefined ? "" : ` of ${limit}`} left`;
  return [
    ["items", formatCounts(items)],
    ["to fetch", formatCounts(fetch) || "nothing"],
    ["bytes", `${formatSize(fetch.bytes)} to fetch, ${formatSize(bytes)} in all${more}`],
    ["Docker Hub", pulls === 0 ? "no pulls" : `up to ${pulls} pulls${left}`],
    ["store", `${store.path}: ${formatSize(store.needed)} needed, ${formatSize(store.free)} free`],
  ];
}

/** Fetches a plan as the flags say; `kso export` fetches by this too. */
export async function fetchWith(
  options: FetchingOptions & Options<"force" | "mirror" | "mirrorPreset" | "manifests">,
  request: Pick<FetchPlanOptions, "plan" | "baseImages" | "output">,
  { output, store, watch, signal }: FetchContext,
): Promise<FetchResult> {
  return await fetchPlan(
    { ...request, ...fetchOptionsOf(options) },
    {
      ...connectionsOf(options, signal),
      store,
      watch,
      signal,
      note: (text) => output.tell(`note: ${text}`),
      onFailure: ({ artifact, cause, attempts }) =>
        output.tell(`failed: ${artifact}: ${cause}${attempts > 1 ? ` (${attempts} tries)` : ""}`),
    },
  );
}

function fetchOptionsOf(
  options: FetchingOptions & Options<"force">,
): Omit<FetchPlanOptions, "plan" | "baseImages" | "output"> {
  const { path: lockPath, lock, replaced } = readEarlierLock(options);
  return {
    lockPath,
    lock,
    replaced,
    force: options.force,
    jobs: options.jobs,
    accept: options.acceptDigest,
    allowMissing: options.allowMissing,
    allowMismatch: options.allowArchMismatch,
    deep: options.deep,
    today: today(),
    version,
  };
}

function connectionsOf(
  options: FetchingOptions & Options<"mirror" | "mirrorPreset" | "manifests">,
  signal: AbortSignal,
): Pick<FetchDependencies, "http" | "probe" | "credentials" | "locationsOf"> {
  const mirrors = mirrorsOf(options);
  return {
    ...networkOf(options, options.jobs, signal),
    credentials: credentialsHere(),
    locationsOf: (url) => locationsOf(url, mirrors),
  };
}
