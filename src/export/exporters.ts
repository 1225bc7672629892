// The list of all formats.
import { composeExporter } from "./compose.ts";
import { dockerfileExporter } from "./dockerfile.ts";
import type { Exporter } from "./exporter.ts";
import { imageExporter } from "./image.ts";
import { listExporter } from "./list.ts";
import { registryExporter } from "./registry.ts";
import { tarballExporter } from "./tarball.ts";

/** All formats, in the order of `--help`. */
export const exporters: readonly Exporter[] = [
  listExporter,
  dockerfileExporter,
  tarballExporter,
  imageExporter,
  registryExporter,
  composeExporter,
];
