// `kso fetch`: fill the store, write the lock.
import type { Command } from "../command.ts";
import { planOf } from "../context.ts";
import { fetchFlags, storePath, withStore } from "../environment.ts";
import { fetchPlan } from "../fetching.ts";
import { commonFlags, selectionFlags } from "../options.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { size } from "../terminal/meter.ts";
import { watcher } from "../terminal/watch.ts";

export const fetchCommand: Command = {
  name: "fetch",
  usage: "fetch [--lock FILE] [--store DIR]",
  description: "fill the store with everything that a cluster needs, and write the lock",
  flags: [...fetchFlags, ...selectionFlags, ...commonFlags],
  async run(args, output) {
    const { plan } = await planOf(args, output);
    const watch = watcher(args, output, true);
    const advice = `what has arrived is kept in ${storePath(args)}; run the same command again to go on`;
    const { path, lock, fetched } = await interruptible(advice, (signal) =>
      withStore(args, (store) => fetchPlan(plan, args, output, { store, watch, signal })),
    );
    output.data(args.has("json") ? `${JSON.stringify({ event: "result", lock: path, fetched })}\n` : `${path}\n`);
    const came = fetched.items > 0 ? `${fetched.items} items fetched, ${size(fetched.bytes)}` : "nothing to fetch";
    output.tell(`${lock.files.length} files and ${lock.images.length} images are in the store: ${came}`);
  },
};
