// `kso verify`: is every byte, every image and every architecture what the lock says?
import { availableParallelism } from "node:os";
import { KsoError } from "../../core/errors.ts";
import { startHashing } from "../../store/hashing.ts";
import type { Report } from "../../verify/report.ts";
import { verifyPaths } from "../../verify/verify.ts";
import type { Command } from "../command.ts";
import { interruptible } from "../interrupt.ts";
import { size } from "../meter.ts";
import { type Arguments, commonFlags } from "../options.ts";
import { watcher } from "../watch.ts";

export const verifyCommand: Command = {
  name: "verify",
  usage: "verify BUNDLE… [--deep]",
  description: "check every byte, every image and every architecture of a bundle",
  flags: [
    { name: "deep", help: "look at every executable, in archives and images too, and hash every volume" },
    { name: "allow-arch-mismatch", value: "NAME", help: "let an item pass that holds another architecture's code" },
    { name: "jobs", value: "N", help: "threads that hash (default: one a processor)" },
    ...commonFlags,
  ],
  async run(args, output) {
    const paths = args.positionals;
    if (paths.length === 0) throw new KsoError("usage", "Name a bundle: kso verify bundle.tar");
    const threads = threadsOf(args);
    const watch = watcher(args, output, false);
    const report = await interruptible("nothing was changed; run the same command again", async (signal) => {
      const hashing = startHashing(threads);
      try {
        return await watch(`Verify ${paths.join(" ")}`, (progress) =>
          verifyPaths(paths, {
            deep: args.has("deep"),
            allow: args.list("allow-arch-mismatch") ?? [],
            jobs: threads * 2,
            hashing,
            progress,
            signal,
          }),
        );
      } finally {
        await hashing.close();
      }
    });
    if (args.has("json")) output.data(`${JSON.stringify(report, null, 2)}\n`);
    else {
      for (const { what, item, message } of report.problems) output.data(`${what}: ${item}: ${message}\n`);
      for (const { item, message } of report.notes) output.tell(`note: ${item}: ${message}`);
    }
    if (!report.ok) throw new KsoError("verify", `Verification failed: ${failed(report)} in ${paths.join(" ")}`);
    output.tell(summaryOf(report));
  },
};

function failed({ problems }: Report): string {
  return problems.length === 1 ? "1 problem" : `${problems.length} problems`;
}

function summaryOf({ release, kubernetes, platforms = [], counts }: Report): string {
  const { files, images, blobs, bytes } = counts;
  return `${release?.name}, Kubernetes ${kubernetes}, ${platforms.join(" and ")}: ${files} files and ${images} images are complete; ${blobs} blobs, ${size(bytes)}, all as the lock says`;
}

function threadsOf(args: Arguments): number {
  const text = args.one("jobs") ?? String(Math.min(availableParallelism(), 16));
  const threads = Number(text);
  if (!/^\d+$/.test(text) || threads < 1 || threads > 256)
    throw new KsoError("usage", `--jobs wants a number from 1 to 256, not "${text}"`);
  return threads;
}
