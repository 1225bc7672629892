// What every output format promises; each exporter runs it.
import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { silentProgress } from "../../src/core/progress.ts";
import type { ContentExporter, ExportOptions, PlanExporter } from "../../src/export/exporter.ts";
import { exporters } from "../../src/export/exporters.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { type Sample, sampleLock } from "../support/bundle.ts";
import { baseIn } from "../support/exporting.ts";
import { root } from "../support/paths.ts";
import { planFor } from "../support/plan.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

test("names differ, and each has a line for help", () => {
  expect(new Set(exporters.map(({ name }) => name)).size).toBe(exporters.length);
  expect(exporters.filter(({ description }) => !/^.{10,120}$/.test(description))).toEqual([]);
});

test("every exporter of src is a format, and runs these tests", () => {
  const constants = globSync("src/export/**/*.ts", { cwd: root }).flatMap((path) => [
    ...readFileSync(join(root, path), "utf8").matchAll(/export const \w+: (?:Plan|Content)?Exporter =/g),
  ]);
  expect(constants).toHaveLength(exporters.length);
});

const planExporters = exporters.filter((exporter): exporter is PlanExporter => exporter.needs === "plan");

describe.each(planExporters.map((exporter) => [exporter.name, exporter] as const))("%s", (_, exporter) => {
  test("gives the same files for the same plan, each once, below the output, and all its own", () => {
    const files = exporter.render(planFor({}));
    expect(exporter.render(planFor({}))).toEqual(files);
    const paths = files.map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(0);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.filter((path) => path.startsWith("/") || path.includes(".."))).toEqual([]);
    // Otherwise a later export would leave them behind.
    expect(paths.filter((path) => !exporter.owns.test(path))).toEqual([]);
    expect(exporter.owns.test("notes.txt")).toBeFalse();
  });
});

const contentExporters = exporters.filter((exporter): exporter is ContentExporter => exporter.needs === "content");

async function writing(
  exporter: ContentExporter,
  sample: Sample,
  output: string,
  more: Partial<ExportOptions> = {},
): Promise<{ forecast: number; bytes: number; files: readonly string[] }> {
  const base = baseIn(sample);
  const hashing = startHashing(1);
  try {
    const options = {
      lock: sample.lock,
      blobs: sample.blobs,
      output,
      baseImages: { files: base, images: base },
      hashing,
      progress: silentProgress,
      ...more,
    };
    const { bytes: forecast } = exporter.forecast(options);
    const { bytes, files } = await exporter.write(options);
    return { forecast, bytes, files };
  } finally {
    await hashing.close();
  }
}

/** Digests by name, of a file or of all files below a directory. */
function contentOf(path: string): Record<string, string> {
  if (!statSync(path).isDirectory()) return { "": sha(readFileSync(path)) };
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => !statSync(join(path, name)).isDirectory());
  return Object.fromEntries(files.map((name) => [name, sha(readFileSync(join(path, name)))]));
}

describe.each(contentExporters.map((exporter) => [exporter.name, exporter] as const))("%s", (_, exporter) => {
  test("writes as many bytes as it says before, to where it says", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const output = join(folder.path, "output");
    const { forecast, bytes, files } = await writing(exporter, sample, output);
    expect(bytes).toBe(forecast);
    expect(statSync(output).isDirectory()).toBe(exporter.outputType === "directory");
    expect(files.filter((path) => !path.startsWith(output) || !statSync(path))).toEqual([]);
    expect(readdirSync(folder.path).sort()).toEqual(["blobs", "output"]);
  });

  test("makes the same bytes of the same lock, in whatever order that is, and over an earlier export", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const { lock } = sample;
    const reversed = { ...lock, files: lock.files.toReversed(), images: lock.images.toReversed() };
    const [first, second] = [join(folder.path, "first"), join(folder.path, "second")];
    await writing(exporter, sample, first);
    await writing(exporter, sample, second, { lock: reversed });
    const content = contentOf(first);
    expect(contentOf(second)).toEqual(content);
    await writing(exporter, sample, first);
    expect(contentOf(first)).toEqual(content);
  });

  test("names a blob that is missing, and leaves nothing", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const missing = sample.lock.images[0]?.blobs.at(-1)?.digest;
    const blobs: ExportOptions["blobs"] = {
      locate: (digest) => (digest === missing ? undefined : sample.blobs.locate(digest)),
    };
    const work = writing(exporter, sample, join(folder.path, "output"), { blobs });
    await expect(work).rejects.toMatchObject({ code: "fetch", message: expect.stringContaining(missing ?? "?") });
    expect(readdirSync(folder.path)).toEqual(["blobs"]);
  });

  test("is interrupted by a signal, and leaves nothing", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const work = writing(exporter, sample, join(folder.path, "output"), { signal: AbortSignal.abort() });
    await expect(work).rejects.toMatchObject({ code: "interrupted" });
    expect(readdirSync(folder.path)).toEqual(["blobs"]);
  });

  test("refuses an output of the other kind, and leaves it as it was", () => {
    using folder = temporary();
    const output = join(folder.path, "output");
    if (exporter.outputType === "file") mkdirSync(output);
    else writeFileSync(output, "mine");
    expect(() => exporter.check({ output })).toThrow(expect.objectContaining({ code: "usage" }));
    expect(statSync(output).isDirectory()).toBe(exporter.outputType === "file");
  });
});
