// images.json names the two images by digest, for people and programs that check them.
import type { Descriptor } from "../../core/descriptor.ts";
import type { ContainerService } from "./service.ts";

/** The text of images.json. */
export function imageReport(services: readonly ContainerService[]): string {
  const images = services.map(({ tag, name, port, image: { index, platforms } }) => ({
    image: tag,
    archive: `${name}.tar`,
    port,
    index: digestAndSize(index.descriptor),
    platforms: Object.fromEntries(
      platforms.map(({ platform, tag, manifest, config, layers }) => [
        platform,
        {
          image: tag,
          manifest: digestAndSize(manifest.descriptor),
          config: digestAndSize(config.descriptor),
          layers: layers.map(digestAndSize),
        },
      ]),
    ),
  }));
  return `${JSON.stringify({ schema: "kso.images/1", images }, null, 2)}\n`;
}

function digestAndSize({ digest, size }: Descriptor): object {
  return { digest, size };
}
