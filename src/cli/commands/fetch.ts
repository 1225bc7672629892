// `kso fetch`: fill the store, write the lock.
import { formatCounts } from "../../core/counts.ts";
import type { Text } from "../../core/language.ts";
import type { Lock } from "../../core/lock.ts";
import { formatSize } from "../../core/size.ts";
import { type FetchDependencies, type FetchPlanOptions, type FetchResult, fetchPlan } from "../../fetch/fetch.ts";
import { fetchingKeys } from "../../flags/fetching.ts";
import { generalKeys } from "../../flags/output.ts";
import { selectionKeys } from "../../flags/selection.ts";
import type { FetchingOptions, Options } from "../../flags/table.ts";
import { assertResolved } from "../../plan/unresolved.ts";
import { version } from "../../runtime/build.ts";
import { type Command, command, type Output } from "../command.ts";
import { planOf } from "../context.ts";
import { credentialsHere, networkOf, readEarlierLock, storePath, today, withStore } from "../environment.ts";
import { succeed, typedWords } from "../success.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { watcher } from "../terminal/watch.ts";

export const fetchCommand: Command = command({
  name: "fetch",
  usage: ["[--lock FILE] [--store DIR]"],
  flagsOnly: true,
  description: "fill the store with everything that a cluster needs, and write the lock",
  flags: [...fetchingKeys, ...selectionKeys, "force", "config", ...generalKeys],
  examples: [
    { line: "kso fetch", meaning: "everything of the newest release, for both architectures" },
    { line: "kso fetch --arch arm64 --cni cilium --jobs 16", meaning: "less, and faster" },
    { line: "kso fetch --extra missing.json", meaning: "and what a server was asked for and lacked" },
  ],
  chinese: {
    description: "把集群所需的全部内容下载到本地缓存，并写入锁文件",
    examples: ["最新版本的全部内容，两种架构", "少一些，快一些", "以及服务器被请求而没有的内容"],
  },
  async run(options, _, output, typed) {
    const { plan } = await planOf(options, output, typed);
    assertResolved(plan.unresolved);
    const watch = watcher(options, output, true);
    const advice = `what has arrived is kept in ${storePath(options)}; run the same command again to go on`;
    const { path, lock, fetched } = await interruptible(advice, (signal) =>
      withStore(options, (store) => fetchWith(options, { plan, baseImages: [] }, { store, watch, signal, output })),
    );
    output.data(options.json ? `${JSON.stringify({ event: "result", lock: path, fetched })}\n` : `${path}\n`);
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

/** Fetches a plan as the flags say; `kso export` fetches by this too. */
export async function fetchWith(
  options: FetchingOptions & Options<"force">,
  request: Pick<FetchPlanOptions, "plan" | "baseImages" | "output">,
  { output, store, watch, signal }: FetchContext,
): Promise<FetchResult> {
  const { path: lockPath, lock, replaced } = readEarlierLock(options);
  return await fetchPlan(
    {
      ...request,
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
    },
    {
      ...networkOf(options, options.jobs, signal),
      store,
      credentials: credentialsHere(),
      watch,
      signal,
      note: (text) => output.tell(`note: ${text}`),
      onFailure: ({ artifact, cause, attempts }) =>
        output.tell(`failed: ${artifact}: ${cause}${attempts > 1 ? ` (${attempts} tries)` : ""}`),
    },
  );
}
