// `--format compose`: both container images with all that runs them. In travel a lock, blobs and bases; out travel the two
// archives of `--format image`, a script that loads them, a compose file, and units for systemd. Small texts name the images
// by tag; the script holds what was loaded to the digests that were built.

import type { OutputFile } from "../files/output.ts";
import { composeFile } from "./compose/compose-file.ts";
import { loadScript } from "./compose/load.ts";
import { imageReport } from "./compose/report.ts";
import type { ContainerService } from "./compose/service.ts";
import { quadletUnit, serviceUnit } from "./compose/units.ts";
import type { ContentExporter, ExportOptions, ExportResult } from "./exporter.ts";
import type { BuiltImage } from "./image/manifests.ts";
import { imageExporter, sealImages } from "./image.ts";

async function seal(options: ExportOptions): Promise<ExportResult> {
  const { sealed, written } = await sealImages(options);
  const [files, images] = written.map(({ built }) => built) as [BuiltImage, BuiltImage];
  const { release } = options.lock;
  const runs: readonly ContainerService[] = [
    {
      ...{ service: "files", name: "kubespray-files", tag: files.tag, built: files, port: 8080, health: "/health" },
      description: `Files that kubespray ${release.version} downloads`,
      // nginx hands its work, and the folders for it, to another user.
      capabilities: ["CHOWN", "SETGID", "SETUID"],
    },
    {
      ...{ service: "images", name: "kubespray-images", tag: images.tag, built: images, port: 5000, health: "/v2/" },
      description: `Images that kubespray ${release.version} pulls`,
      ...{ capabilities: [], user: "65534:65534" },
    },
  ];
  return { ...sealed, texts: textsOf(runs) };
}

function textsOf(runs: readonly ContainerService[]): OutputFile[] {
  return [
    { path: "compose.yaml", content: composeFile(runs) },
    { path: "images.json", content: imageReport(runs) },
    { path: "load.sh", content: loadScript(runs), executable: true },
    ...runs.flatMap((run) => [
      { path: `quadlet/${run.name}.container`, content: quadletUnit(run) },
      { path: `systemd/${run.name}.service`, content: serviceUnit(run) },
    ]),
  ];
}

export const composeExporter: ContentExporter = {
  ...imageExporter,
  name: "compose",
  description: "both container images with a compose file, systemd units, and a script that loads them",
  write: seal,
};
