// `--format compose`: both container images with all that runs them. Writes the two archives of `--format image`, a script
// that loads them, a compose file, and units for systemd. The small files name the images by tag; the script compares what
// was loaded with the digests that were built.
import { join } from "node:path";
import { releasesTag } from "../core/releases.ts";
import { filledIn, isOwnDocument } from "../files/foreign.ts";
import type { OutputFile } from "../files/output.ts";
import { composeFile } from "./compose/compose-file.ts";
import { loadScript } from "./compose/load.ts";
import { imageReport } from "./compose/report.ts";
import type { ContainerService } from "./compose/service.ts";
import { quadletUnit, serviceUnit } from "./compose/units.ts";
import type { ContentExporter, ExportOptions, ExportResult } from "./exporter.ts";
import type { BuiltImage } from "./image/manifests.ts";
import { imageExporter, writeImages } from "./image.ts";

async function write(options: ExportOptions): Promise<ExportResult> {
  const { result, images } = await writeImages(options);
  const services = servicesOf(releasesTag(options.lock), images as [BuiltImage, BuiltImage]);
  return { ...result, texts: textsOf(services) };
}

function servicesOf(version: string, [files, images]: [BuiltImage, BuiltImage]): ContainerService[] {
  return [
    {
      service: "files",
      name: "kubespray-files",
      tag: files.tag,
      description: `Files that kubespray ${version} downloads`,
      port: 8080,
      health: "/health",
      // nginx changes the user of its worker processes, and the owner of their directories.
      capabilities: ["CHOWN", "SETGID", "SETUID"],
      image: files,
    },
    {
      service: "images",
      name: "kubespray-images",
      tag: images.tag,
      description: `Images that kubespray ${version} pulls`,
      port: 5000,
      health: "/v2/",
      capabilities: [],
      user: "65534:65534",
      image: images,
    },
  ];
}

/** The small files in a folder of the output, where images.json is none of kso's. */
function foreignTexts(output: string, folder: string): string[] {
  const names = /^(compose\.yaml|images\.json|load\.sh|kubespray-(files|images)\.(container|service))$/;
  return isOwnDocument(join(output, "images.json"), "images") ? [] : filledIn(join(output, folder), names);
}

function textsOf(services: readonly ContainerService[]): OutputFile[] {
  return [
    { path: "compose.yaml", content: composeFile(services) },
    { path: "images.json", content: imageReport(services) },
    { path: "load.sh", content: loadScript(services), executable: true },
    ...services.flatMap((service) => [
      { path: `quadlet/${service.name}.container`, content: quadletUnit(service) },
      { path: `systemd/${service.name}.service`, content: serviceUnit(service) },
    ]),
  ];
}

export const composeExporter: ContentExporter = {
  ...imageExporter,
  name: "compose",
  owns: /^(kubespray-(files|images)\.tar|compose\.yaml|images\.json|load\.sh|quadlet|systemd)$/,
  foreign: (options) => [
    ...imageExporter.foreign(options),
    ...["", "quadlet", "systemd"].flatMap((folder) => foreignTexts(options.output, folder)),
  ],
  description: "both container images with a compose file, systemd units, and a script that loads them",
  write,
};
