// Exports of a small sample, without a network.
import { join } from "node:path";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { LockedImage } from "../../src/core/lock.ts";
import { silentProgress } from "../../src/core/progress.ts";
import type { BaseImages, ExportOptions } from "../../src/export/exporter.ts";
import { exporters } from "../../src/export/exporters.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { type Sample, sampleLock } from "./bundle.ts";
import { noise } from "./seed.ts";

const oci = "application/vnd.oci.image";

/** A base with one layer for each platform of the sample. */
export function baseIn(
  { put, lock }: Sample,
  change: (config: Record<string, unknown>) => object = (same) => same,
): LockedImage {
  const blobs: Descriptor[] = [];
  const json = (value: unknown, type: string): Descriptor =>
    put(Buffer.from(JSON.stringify(value)), `${oci}.${type}.v1+json`);
  const manifests = lock.platforms.map((platform) => {
    const [os, architecture] = platform.split("/");
    const layer = put(noise(`base ${platform}`, 5_000), `${oci}.layer.v1.tar`);
    const config = json(change({ architecture, os, rootfs: { type: "layers", diff_ids: [layer.digest] } }), "config");
    const manifest = json(
      { schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, config, layers: [layer] },
      "manifest",
    );
    blobs.push(manifest, config, layer);
    return { ...manifest, platform: { os, architecture } };
  });
  const root = json({ schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests }, "index");
  const common = { name: "base", component: "kso", version: "1", platforms: lock.platforms, resolved: "2026-11-24" };
  return { ...common, image: "docker.io/library/base:1", root, blobs: [root, ...blobs] };
}

/** Forecasts and writes an export of the sample. */
export async function exporting(
  format: "image" | "registry" | "compose",
  output: string,
  sample: Sample,
  more: Partial<ExportOptions> = {},
): Promise<{ forecast: number; bytes: number; texts: readonly { path: string; content: string }[] }> {
  const exporter = exporters.find(({ name }) => name === format);
  if (exporter?.needs !== "content") throw new Error(`${format} carries no bytes`);
  const hashing = startHashing(1);
  try {
    const base = baseIn(sample);
    const baseImages: BaseImages<LockedImage> = { files: base, images: base };
    const options = {
      lock: sample.lock,
      blobs: sample.blobs,
      output,
      baseImages,
      hashing,
      progress: silentProgress,
      ...more,
    };
    const { bytes: forecast } = exporter.forecast(options);
    const { bytes, texts = [] } = await exporter.write(options);
    return { forecast, bytes, texts };
  } finally {
    await hashing.close();
  }
}

/** A sample of files and images by their names and contents. */
export function sampleWith(folder: string, files: Record<string, string>, images: Record<string, string> = {}): Sample {
  return sampleLock(join(folder, "blobs"), {
    files: Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const),
    images: Object.entries(images),
  });
}
