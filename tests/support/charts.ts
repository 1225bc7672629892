// Packaged Helm charts, as `helm package` writes them: Chart.yaml first.
import { gzipSync } from "node:zlib";
import { formatIndex } from "../../src/charts/index-file.ts";
import { chartRepositories } from "../../src/charts/repository.ts";
import { type Member, tar } from "./archives.ts";
import { type Sample, sampleLock, sampleOptions } from "./bundle.ts";

/** A package of a chart with these lines in its Chart.yaml. */
export function chartPackage(name: string, version: string, more = ""): Buffer {
  const text = `apiVersion: v2\nname: ${name}\nversion: ${version}\n${more}`;
  return packed([
    { name: `${name}/Chart.yaml`, content: text },
    { name: `${name}/values.yaml`, content: "replicas: 1\n" },
  ]);
}

/** The same members every time make the same bytes. */
export function packed(members: readonly Member[]): Buffer {
  return gzipSync(tar(members));
}

/** A sample that has a chart too: its path, and the text of its index. */
export async function sampleWithChart(
  folder: string,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<{ sample: Sample; indexes: ReadonlyMap<string, string> }> {
  const chart = ["helm.cilium.io/cilium-1.19.3.tgz", chartPackage("cilium", "1.19.3")] as const;
  const sample = sampleLock(folder, { files: [...sampleOptions().files, chart, ...Object.entries(files)] });
  const repositories = await chartRepositories(sample.lock.files, sample.blobs);
  return { sample, indexes: new Map(repositories.map((one) => [one.path, formatIndex(one)])) };
}
