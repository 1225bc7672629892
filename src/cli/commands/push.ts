// `kso push`: a bundle into a registry that the site already runs, its files into object storage or a web server.
import { openBundle } from "../../bundle/open.ts";
import { KsoError } from "../../core/errors.ts";
import { mappings } from "../../push/names.ts";
import type { Means, Pushed } from "../../push/options.ts";
import { slice } from "../../runtime/slice.ts";
import { streamExtents } from "../../store/extents.ts";
import type { Command, Output } from "../command.ts";
import { interruptible } from "../interrupt.ts";
import { size } from "../meter.ts";
import { type Arguments, commonFlags } from "../options.ts";
import { registryOf, toRegistry } from "../pushing.ts";
import { watcher } from "../watch.ts";
import { jobsOf } from "../workshop.ts";

export const pushCommand: Command = {
  name: "push",
  usage: "push BUNDLE… --registry HOST[/PREFIX]",
  description: "put a bundle's images into a registry that is there already",
  flags: [
    { name: "registry", value: "HOST[/PREFIX]", help: "where images go; http:// in front of it where there is no TLS" },
    { name: "map", value: "HOW", help: `names in the registry: ${mappings.join(", ")} (default: strip-host)` },
    { name: "index", value: "MODE", help: "keep (default), or trim indexes to the platforms that are in the bundle" },
    { name: "dry-run", help: "find out what is missing there, and send nothing" },
    { name: "jobs", value: "N", help: "uploads at one time (default: 8)" },
    { name: "ca", value: "FILE", help: "further certificates to trust (PEM)" },
    ...commonFlags,
  ],
  async run(args, output) {
    const paths = args.positionals;
    if (paths.length === 0) throw new KsoError("usage", "Name a bundle: kso push bundle.tar --registry HOST");
    const registry = args.one("registry");
    if (registry === undefined) throw new KsoError("usage", "Name a target: --registry HOST[/PREFIX]");
    const address = registryOf(registry);
    const jobs = jobsOf(args);
    const bundle = openBundle(paths);
    const watch = watcher(args, output, true);
    const dryRun = args.has("dry-run");
    const advice = "what has arrived stays there; run the same command again to go on";
    const pushed = await interruptible(advice, async (signal) => {
      const means: Omit<Means, "progress"> = {
        ...{ lock: bundle.lock, source: bundle, jobs, signal, dryRun },
        open: (extents) => streamExtents(extents, slice),
      };
      return await watch(`Push to ${registry}`, (progress) => toRegistry(args, address, { ...means, progress }));
    });
    tell(pushed, args, output, dryRun);
  },
};

function tell(pushed: Pushed, args: Arguments, output: Output, dryRun: boolean): void {
  const { arrived, failed, sent, mounted } = pushed;
  if (args.has("json")) output.data(`${JSON.stringify({ event: "result", dryRun, ...pushed })}\n`);
  else
    for (const { target, digest, state } of arrived) output.data(`${dryRun ? `${state}  ` : ""}${target}@${digest}\n`);
  for (const { item, was, digest } of arrived)
    if (was !== undefined) output.tell(`trimmed: ${item}: ${was} is ${digest} now`);
  for (const { target, replaced } of arrived)
    if (replaced !== undefined) output.tell(`replaced: ${target} was ${replaced}`);
  for (const { item, target, cause } of failed) output.tell(`failed: ${item} → ${target}: ${cause}`);
  if (failed.length > 0)
    throw new KsoError(
      "remote",
      `${failed.length} of ${failed.length + arrived.length} could not be pushed; all others are there, run the same command again to go on`,
    );
  const came = sent.items > 0 ? `${sent.items} blobs, ${size(sent.bytes)}` : "nothing";
  const shared = mounted > 0 ? `, ${mounted} taken over from repositories next to them` : "";
  output.tell(
    dryRun
      ? `${arrived.length} looked at: ${came} would be sent`
      : `${arrived.length} are there and were read back: ${came} sent${shared}`,
  );
}
