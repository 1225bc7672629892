// `kso export`: the main job.
import { join } from "node:path";
import { KsoError } from "../../core/errors.ts";
import { filesFor, imagesOf } from "../../core/plan.ts";
import { didYouMean } from "../../core/suggest.ts";
import { exporters } from "../../export/table.ts";
import type { Command } from "../command.ts";
import { planOf } from "../context.ts";
import { commonFlags, selectionFlags } from "../options.ts";
import { writeDirectory } from "../output.ts";

export const exportCommand: Command = {
  name: "export",
  usage: "export --format FORMAT [-o PATH]",
  description: `write what a cluster needs: ${exporters.map(({ name, description }) => `${name} (${description})`).join("; ")}`,
  flags: [
    { name: "format", value: "FORMAT", short: "f", help: exporters.map(({ name }) => name).join(" or ") },
    { name: "output", value: "PATH", short: "o", help: "where to write (default: RELEASE-FORMAT here)" },
    ...selectionFlags,
    ...commonFlags,
  ],
  async run(args, output) {
    const names = exporters.map(({ name }) => name);
    const format = args.one("format");
    const exporter = exporters.find(({ name }) => name === format);
    if (!exporter) {
      const what =
        format === undefined ? "--format is missing" : `Unknown format "${format}"${didYouMean(format, names)}`;
      throw new KsoError("usage", `${what}; there are: ${names.join(", ")}`);
    }
    if (exporter.needs === "content")
      throw new KsoError("usage", `The format "${format}" needs bytes, which this version cannot fetch`);
    const { plan } = await planOf(args, output);
    const path = args.one("output") ?? `${plan.release.name}-${exporter.name}`;
    const files = exporter.render(plan);
    await writeDirectory(path, files, exporter.owns);

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
  },
};
