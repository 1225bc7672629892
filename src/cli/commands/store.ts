// `kso store`: look after what is on this machine.
import { readLock } from "../../bundle/lock.ts";
import { KsoError } from "../../core/errors.ts";
import { blobsOf } from "../../core/lock.ts";
import { checkStore, pruneStore } from "../../store/maintenance.ts";
import type { Command, Output } from "../command.ts";
import { storeFlag, storePath, withStore } from "../environment.ts";
import { type Arguments, commonFlags, configFlag } from "../options.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { size } from "../terminal/meter.ts";
import { watcher } from "../terminal/watch.ts";

export const storeCommand: Command = {
  name: "store",
  usage: "store path | store check | store prune --lock FILE…",
  description: "the blobs on this machine: where they are, hash them again, free what no lock needs",
  flags: [
    storeFlag,
    { name: "lock", value: "FILE", help: "prune: keep what this lock needs; repeatable" },
    { name: "all", help: "prune: keep nothing" },
    { name: "dry-run", help: "prune: only say what would be freed" },
    configFlag,
    ...commonFlags,
  ],
  async run(args, output) {
    const [verb, ...rest] = args.positionals;
    if (verb === "path" && rest.length === 0) return output.data(`${storePath(args)}\n`);
    if (verb === "check" && rest.length === 0) return await check(args, output);
    if (verb === "prune" && rest.length === 0) return await prune(args, output);
    throw new KsoError("usage", "Write kso store path, kso store check, or kso store prune --lock FILE");
  },
};

async function check(args: Arguments, output: Output): Promise<void> {
  const watch = watcher(args, output, false);
  const { blobs, bytes, removed } = await interruptible("nothing was changed", (signal) =>
    withStore(args, (store, hashing) =>
      watch("Check the store", (progress) => checkStore(store, hashing, progress, signal)),
    ),
  );
  if (args.has("json")) output.data(`${JSON.stringify({ blobs, bytes, removed }, null, 2)}\n`);
  else output.data(removed.map((digest) => `damaged, removed: ${digest}\n`).join(""));
  output.tell(
    `${blobs} blobs, ${size(bytes)}: ${removed.length === 0 ? "all are what they say" : ""}`.replace(/: $/, ""),
  );
  if (removed.length > 0)
    throw new KsoError("verify", `${removed.length} of ${blobs} blobs were damaged; the next fetch brings them anew`);
}

async function prune(args: Arguments, output: Output): Promise<void> {
  const locks = args.list("lock") ?? [];
  if (locks.length === 0 && !args.has("all"))
    throw new KsoError(
      "usage",
      "Name the locks whose blobs are kept: kso store prune --lock FILE (or --all to keep none)",
    );
  const blobs = locks
    .map((path) => readLock(path))
    .flatMap((lock) => [...blobsOf(lock), ...(lock.bases ?? []).flatMap((base) => base.blobs)]);
  const needed = new Set(blobs.map(({ digest }) => digest));
  const freed = await withStore(args, async (store) => pruneStore(store, { needed, dry: args.has("dry-run") }));
  if (args.has("json")) output.data(`${JSON.stringify(freed, null, 2)}\n`);
  output.tell(
    `${freed.blobs} blobs ${args.has("dry-run") ? "would be" : "were"} freed, ${size(freed.bytes)}; ${freed.kept} are kept`,
  );
}
