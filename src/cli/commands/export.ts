// `kso export`: the main job.
import { join } from "node:path";
import { KsoError } from "../../core/errors.ts";
import { filesFor, imagesOf, type Plan } from "../../core/plan.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { ContentExporter, Exporter, PlanExporter } from "../../export/exporter.ts";
import { exporters } from "../../export/exporters.ts";
import { writeOutputDirectory } from "../../files/output.ts";
import type { Command, Output } from "../command.ts";
import { planOf } from "../context.ts";
import { fetchFlags } from "../environment.ts";
import { type Arguments, commonFlags, selectionFlags } from "../options.ts";

export const exportCommand: Command = {
  name: "export",
  usage: "export --format FORMAT [-o PATH]",
  description: `write what a cluster needs: ${exporters.map(({ name }) => name).join(", ")}`,
  words: {
    title: "Formats",
    of: Object.fromEntries(exporters.map(({ name, description }) => [name, description])),
  },
  flags: [
    { name: "format", value: "FORMAT", short: "f", help: exporters.map(({ name }) => name).join(", ") },
    {
      name: "output",
      value: "PATH",
      short: "o",
      help: "where to write (default: RELEASE-FORMAT here; tarball: RELEASE.tar)",
    },
    { name: "with-binaries", help: "tarball: kso itself travels along, for both architectures" },
    { name: "binaries", value: "DIR", help: "where those binaries lie (default: beside this one)" },
    { name: "split", value: "SIZE", help: "tarball: in volumes of that size (4.7G, 700M, 1GiB)" },
    { name: "base", value: "PATH", help: "tarball: only what this lock or bundle has not" },
    {
      name: "base-files",
      value: "IMAGE",
      help: "image, compose: build the file server on this nginx (default: the plan's own)",
    },
    {
      name: "base-images",
      value: "IMAGE",
      help: "image, compose: build the registry on this one (default: the plan's own)",
    },
    { name: "copy", help: "registry: with bytes of its own, no hard links into the store" },
    ...fetchFlags,
    ...selectionFlags,
    ...commonFlags,
  ],
  async run(args, output) {
    const exporter = exporterOf(args);
    if (exporter.needs === "plan") return await fromPlan(exporter, args, output, (await planOf(args, output)).plan);
    return await fromContent(exporter, args, output);
  },
};

/** Is it a flag that means nothing for this format? */
function isStray(flag: string, { needs, flags }: Exporter): boolean {
  if (flags.includes(flag)) return false;
  return exporters.some((other) => other.flags.includes(flag)) || (needs === "plan" && fetches.has(flag));
}

const fetches: ReadonlySet<string> = new Set(fetchFlags.map(({ name }) => name));

function exporterOf(args: Arguments): Exporter {
  const names = exporters.map(({ name }) => name);
  const format = args.one("format");
  const exporter = exporters.find(({ name }) => name === format);
  if (!exporter) {
    const what =
      format === undefined ? "--format is missing" : `Unknown format "${format}"${didYouMean(format, names)}`;
    throw new KsoError("usage", `${what}; there are: ${names.join(", ")}`);
  }
  const stray = exportCommand.flags.map(({ name }) => name).find((flag) => args.typed(flag) && isStray(flag, exporter));
  if (stray !== undefined) throw new KsoError("usage", `--${stray} has no meaning for the format "${format}"`);
  return exporter;
}

async function fromPlan(exporter: PlanExporter, args: Arguments, output: Output, plan: Plan): Promise<void> {
  const path = args.one("output") ?? `${plan.release.name}-${exporter.name}`;
  const files = exporter.render(plan);
  await writeOutputDirectory(path, files, exporter.owns);

  const written = files.map((file) => join(path, file.path));
  output.data(
    args.has("json")
      ? `${JSON.stringify({ format: exporter.name, path, files: written }, null, 2)}\n`
      : written.map((name) => `${name}\n`).join(""),
  );
  const counts = plan.platforms.map((platform) => `${filesFor(plan, platform).length} files for ${platform}`);
  output.tell(
    `${plan.release.name}, Kubernetes ${plan.kubernetes}: ${[...counts, `${imagesOf(plan).length} images`].join(", ")}; written to ${path}`,
  );
}

async function fromContent(exporter: ContentExporter, args: Arguments, output: Output): Promise<void> {
  const { plan } = await planOf(args, output);
  const { name } = plan.release;
  const path = args.one("output") ?? (exporter.outputType === "file" ? `${name}.tar` : `${name}-${exporter.name}`);
  const { sealPlan } = await import("../sealing.ts");
  await sealPlan(exporter, plan, path, args, output);
}
