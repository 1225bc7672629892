// `kso verify`: is every byte, every image and every architecture what the lock says?
import { availableParallelism } from "node:os";
import { KsoError } from "../../core/errors.ts";
import { startHashing } from "../../store/hashing.ts";
import type { Report } from "../../verify/report.ts";
import { verifyPaths } from "../../verify/verify.ts";
import type { Command } from "../command.ts";
import { type Arguments, commonFlags, selectionFlags } from "../options.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { size } from "../terminal/meter.ts";
import { watcher } from "../terminal/watch.ts";

/** What a cluster will ask for is said by the same flags as everywhere. */
const proofFlags = selectionFlags.filter(({ name }) =>
  ["kubespray-dir", "inventory", "kube", "arch", "plugin", "manifests"].includes(name),
);

export const verifyCommand: Command = {
  name: "verify",
  usage: "verify BUNDLE… [--deep] [--kubespray-dir DIR --inventory PATH]",
  description:
    "check every byte, every image and every architecture of a bundle; for an inventory, that it answers every request",
  flags: [
    { name: "deep", help: "look at every executable, in archives and images too, and hash every volume" },
    { name: "allow-arch-mismatch", value: "NAME", help: "let an item pass that holds another architecture's code" },
    { name: "jobs", value: "N", help: "threads that hash (default: one a processor)" },
    { name: "unneeded", help: "with --kubespray-dir: list what is in the bundle and will not be asked for" },
    ...proofFlags,
    ...commonFlags,
  ],
  async run(args, output) {
    const paths = args.positionals;
    if (paths.length === 0) throw new KsoError("usage", "Name a bundle: kso verify bundle.tar");
    const threads = threadsOf(args);
    const stray = [...proofFlags.map(({ name }) => name), "unneeded"].find((flag) => args.has(flag));
    if (stray !== undefined && !args.has("kubespray-dir"))
      throw new KsoError(
        "usage",
        `--${stray} wants --kubespray-dir: what a cluster asks for is read from its checkout`,
      );
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
    // A bundle too broken to open has no lock to hold requests against.
    const proof =
      args.has("kubespray-dir") && report.lock !== undefined
        ? await (await import("../proof.ts")).proofOf(args, paths)
        : undefined;
    if (args.has("json")) {
      const { unneeded, ...cluster } = proof ?? {};
      const whole = proof && { ...report, ok: report.ok && proof.ok, cluster: args.has("unneeded") ? proof : cluster };
      output.data(`${JSON.stringify(whole ?? report, null, 2)}\n`);
    } else {
      for (const { what, item, message } of report.problems) output.data(`${what}: ${item}: ${message}\n`);
      for (const { item, message } of report.notes) output.tell(`note: ${item}: ${message}`);
    }
    if (proof && !args.has("json")) (await import("../proof.ts")).tellProof(proof, args.has("unneeded"), output);
    if (!report.ok) throw new KsoError("verify", `Verification failed: ${failed(report)} in ${paths.join(" ")}`);
    if (proof && !proof.ok)
      throw new KsoError(
        "verify",
        `The cluster will ask for what ${paths.join(" ")} does not have: ${proof.missing.length} of ${proof.requests} requests are not satisfied`,
      );
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
