// The formats, in the order of `--help`.
import { compose } from "./compose.ts";
import { dockerfile } from "./dockerfile.ts";
import type { Exporter } from "./exporter.ts";
import { image } from "./image.ts";
import { list } from "./list.ts";
import { registry } from "./registry.ts";
import { tarball } from "./tarball.ts";

export const exporters: readonly Exporter[] = [list, dockerfile, tarball, image, registry, compose];
