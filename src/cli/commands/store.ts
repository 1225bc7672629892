// `kso store`: look after what is on this machine.
import { readLock } from "../../bundle/lock.ts";
import { KsoError } from "../../core/errors.ts";
import { formatSize } from "../../core/size.ts";
import { generalKeys } from "../../flags/output.ts";
import type { FetchingOptions, GeneralOptions, Options } from "../../flags/table.ts";
import { checkStore } from "../../store/check.ts";
import { blobsNeededBy, pruneStore } from "../../store/prune.ts";
import { assertStore } from "../../store/store.ts";
import { type Command, command, type Output, say, writeJson } from "../command.ts";
import { storePath, withStore } from "../environment.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { watcher } from "../terminal/watch.ts";

export const storeCommand: Command = command({
  name: "store",
  subcommands: [
    { name: "path", synopsis: "" },
    { name: "check", synopsis: "" },
    { name: "prune", synopsis: "--lock FILE…" },
  ],
  description: "the blobs on this machine: where they are, hash them again, free what no lock needs",
  flags: ["store", "keptLocks", "all", "dryRun", "config", ...generalKeys],
  help: { dryRun: "prune: only say what would be freed" },
  examples: [
    { line: "kso store check", meaning: "hash every blob again" },
    { line: "kso store prune --lock kso.lock.json --dry-run", meaning: "what could be freed" },
  ],
  chinese: {
    description: "管理本地缓存：查看位置、重新校验、清理不再需要的内容",
    help: { dryRun: "prune：只说明会释放多少空间" },
    examples: ["重新校验本地缓存的全部内容", "查看可以释放多少空间"],
  },
  json: [
    { of: "path", form: "value", example: '{"path": "/root/.cache/kso"}' },
    { of: "check", form: "value", example: '{"blobs": 900, "bytes": 5400000000, "removed": [], "left": []}' },
    { of: "prune", form: "value", example: '{"blobs": 12, "bytes": 80000000, "kept": 888}' },
  ],
  async run(options, positionals, output) {
    const verb = positionals.length === 1 ? positionals[0] : undefined;
    if (verb === "path") {
      const path = storePath(options);
      return options.json ? writeJson(output, { path }) : output.data(`${path}\n`);
    }
    if (verb === "check") return await check(options, output);
    if (verb === "prune") return await prune(options, output);
    throw new KsoError("usage", "Write kso store path, kso store check, or kso store prune --lock FILE");
  },
});

async function check(options: GeneralOptions & Pick<FetchingOptions, "store">, output: Output): Promise<void> {
  const watch = watcher(options, output, false);
  assertStore(storePath(options));
  const { blobs, bytes, removed, left } = await interruptible("nothing was changed", (signal) =>
    withStore(options, (store) => watch("Check the store", (progress) => checkStore(store, { progress, signal }))),
  );
  if (options.json) writeJson(output, { blobs, bytes, removed, left });
  else {
    output.data(removed.map((digest) => `damaged, removed: ${digest}\n`).join(""));
    output.data(left.map((digest) => `damaged, cannot be removed: ${digest}\n`).join(""));
  }
  const damaged = removed.length + left.length;
  const size = formatSize(bytes);
  say(output, {
    en: `${blobs} blobs, ${size}${damaged === 0 ? ": all are intact" : ""}`,
    zh: `${blobs} 个 blob，共 ${size}${damaged === 0 ? "：全部完好" : ""}`,
  });
  if (damaged > 0)
    throw new KsoError("verify", `${damaged} of ${blobs} blobs were damaged; the next fetch downloads them again`);
}

async function prune(
  options: Options<"store" | "keptLocks" | "all" | "dryRun" | "json">,
  output: Output,
): Promise<void> {
  const locks = options.keptLocks;
  if (locks.length === 0 && !options.all)
    throw new KsoError(
      "usage",
      "Name the locks whose blobs are kept: kso store prune --lock FILE (or --all to keep none)",
    );
  const needed = blobsNeededBy(locks.map((path) => readLock(path)));
  assertStore(storePath(options));
  const freed = await withStore(options, async (store) => pruneStore(store, { needed, dryRun: options.dryRun }));
  if (options.json) writeJson(output, freed);
  const size = formatSize(freed.bytes);
  say(output, {
    en: `${freed.blobs} blobs ${options.dryRun ? "would be" : "were"} freed, ${size}; ${freed.kept} are kept`,
    zh: `${options.dryRun ? "将释放" : "已释放"} ${freed.blobs} 个 blob，共 ${size}；保留 ${freed.kept} 个`,
  });
}
