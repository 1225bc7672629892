// `kso push`: a bundle into a registry that the site already runs, its files into object storage or a web server.
import { openBundle } from "../../bundle/open.ts";
import { KsoError, messageOf } from "../../core/errors.ts";
import { size } from "../../core/size.ts";
import { streamExtents } from "../../files/extents.ts";
import type { PushContext, PushedItem, PushResult } from "../../push/options.ts";
import { slice } from "../../runtime/slice.ts";
import { type Command, command, type Output } from "../command.ts";
import { generalKeys } from "../flags/output.ts";
import { flags, type Options } from "../flags/table.ts";
import { filesToOf, registryOf, toFiles, toRegistry } from "../pushing.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { watcher } from "../terminal/watch.ts";

export const pushCommand: Command = command({
  name: "push",
  usage: ["BUNDLE… --registry HOST[/PREFIX] --files-to s3://BUCKET/PREFIX"],
  description: "put a bundle into a registry, and into object storage or a web server, that are there already",
  flags: ["pushRegistry", "filesTo", "mapping", "index", "dryRun", "jobs", "s3Endpoint", "ca", ...generalKeys],
  help: {
    dryRun: "find out what is missing there, and send nothing",
    jobs: "uploads at one time",
    ca: "further certificates to trust (PEM)",
  },
  examples: [
    { line: "kso push bundle.tar --registry harbor.example/kubespray", meaning: "images" },
    { line: "kso push bundle.tar --files-to s3://mirror/k8s --s3-endpoint https://minio.example", meaning: "files" },
    { line: "kso push bundle.tar --registry harbor.example --dry-run", meaning: "what is missing there" },
  ],
  async run(options, positionals, output) {
    const paths = positionals;
    if (paths.length === 0) throw new KsoError("usage", "Name a bundle: kso push bundle.tar --registry HOST");
    const { pushRegistry: registry, filesTo: files, jobs, dryRun } = options;
    if (registry === undefined && files === undefined)
      throw new KsoError("usage", "Name a target: --registry HOST[/PREFIX], --files-to URL, or both");
    for (const [flag, needs] of [
      ["mapping", registry],
      ["index", registry],
      ["s3Endpoint", files],
    ] as const)
      if (options[flag] !== undefined && needs === undefined)
        throw new KsoError("usage", `--${flags[flag].name} has no meaning without its target`);
    const address = registry === undefined ? undefined : registryOf(registry);
    const to = files === undefined ? undefined : filesToOf(files);
    const bundle = openBundle(paths);
    const watch = watcher(options, output, true);
    const advice = "what has arrived stays there; run the same command again to go on";
    const pushed = await interruptible(advice, async (signal): Promise<Both> => {
      const means: Omit<PushContext, "progress"> = {
        ...{ lock: bundle.lock, source: bundle, jobs, signal, dryRun },
        open: (extents) => streamExtents(extents, slice),
      };
      // What one target refuses the other may take.
      const refused: unknown[] = [];
      const part = async (work: Promise<PushResult> | undefined): Promise<PushResult | undefined> =>
        await work?.catch((cause) => {
          signal.throwIfAborted();
          if (!(cause instanceof KsoError && cause.code === "remote")) throw cause;
          refused.push(cause);
          return undefined;
        });
      const images = await part(
        address &&
          watch(`Push images to ${address.host}`, (progress) => toRegistry(options, address, { ...means, progress })),
      );
      const put = await part(to && watch("Push files", (progress) => toFiles(options, to, { ...means, progress })));
      return { refused, ...(images && { images }), ...(put && { files: put }) };
    });
    tell(pushed, options, output);
  },
});

interface Both {
  /** Why a target took nothing at all. */
  readonly refused: readonly unknown[];
  readonly images?: PushResult;
  readonly files?: PushResult;
}

function tell({ images, files, refused }: Both, { json, dryRun }: Options<"json" | "dryRun">, output: Output): void {
  const both = [...(images ? [images] : []), ...(files ? [files] : [])];
  const [arrived, failed] = [both.flatMap((one) => one.arrived), both.flatMap((one) => one.failed)];
  const state = (one: PushedItem): string => (dryRun ? `${one.state.padEnd(7)}  ` : "");
  if (refused.length > 0 && both.length === 0) throw refused[0];
  if (json)
    output.data(`${JSON.stringify({ event: "result", dryRun, ...(images && { images }), ...(files && { files }) })}\n`);
  else {
    for (const one of images?.arrived ?? []) output.data(`${state(one)}${one.target}@${one.digest}\n`);
    for (const one of files?.arrived ?? []) output.data(`${state(one)}${one.target}\n`);
  }
  for (const { item, was, digest } of arrived)
    if (was !== undefined) output.tell(`trimmed: ${item}: ${was} is ${digest} now`);
  for (const { target, replaced } of arrived)
    if (replaced !== undefined) output.tell(`replaced: ${target} was ${replaced}`);
  for (const { item, target, cause } of failed) output.tell(`failed: ${item} → ${target}: ${cause}`);
  if (images) output.tell(sentence("images", images, dryRun));
  if (files) output.tell(sentence("files", files, dryRun));
  for (const cause of refused.slice(1)) output.tell(`failed: ${messageOf(cause)}`);
  if (refused.length > 0) throw refused[0];
  if (failed.length > 0)
    throw new KsoError(
      "remote",
      `${failed.length} of ${failed.length + arrived.length} could not be pushed; all others are there, run the same command again to go on`,
    );
}

function sentence(what: "images" | "files", { arrived, sent, mounted }: PushResult, dryRun: boolean): string {
  const came =
    sent.items > 0 ? `${sent.items} ${what === "images" ? "blobs" : "files"}, ${size(sent.bytes)}` : "nothing";
  const shared = mounted > 0 ? `, ${mounted} taken over from repositories next to them` : "";
  return dryRun
    ? `${arrived.length} ${what} looked at: ${came} would be sent`
    : `${arrived.length} ${what} are there: ${came} sent${shared}`;
}
