// images.json: the two images by digest, for whoever wants to check or refer to them in a way of their own.
import type { Descriptor } from "../../core/descriptor.ts";
import type { Run } from "./run.ts";

export function imageReport(runs: readonly Run[]): string {
  const plain = ({ digest, size }: Descriptor): object => ({ digest, size });
  const images = runs.map(({ tag, name, port, built: { index, platforms } }) => ({
    ...{ image: tag, archive: `${name}.tar`, port, index: plain(index.blob) },
    platforms: Object.fromEntries(
      platforms.map(({ platform, tag, manifest, config, layers }) => [
        platform,
        { image: tag, manifest: plain(manifest.blob), config: plain(config.blob), layers: layers.map(plain) },
      ]),
    ),
  }));
  return `${JSON.stringify({ schema: "kso.images/1", images }, null, 2)}\n`;
}
