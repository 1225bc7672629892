// images.json: the two images by digest, for whoever wants to check or refer to them in a way of their own.
import type { Descriptor } from "../../core/descriptor.ts";
import type { ContainerService } from "./service.ts";

export function imageReport(runs: readonly ContainerService[]): string {
  const plain = ({ digest, size }: Descriptor): object => ({ digest, size });
  const images = runs.map(({ tag, name, port, built: { index, platforms } }) => ({
    ...{ image: tag, archive: `${name}.tar`, port, index: plain(index.descriptor) },
    platforms: Object.fromEntries(
      platforms.map(({ platform, tag, manifest, config, layers }) => [
        platform,
        {
          image: tag,
          manifest: plain(manifest.descriptor),
          config: plain(config.descriptor),
          layers: layers.map(plain),
        },
      ]),
    ),
  }));
  return `${JSON.stringify({ schema: "kso.images/1", images }, null, 2)}\n`;
}
