// `kso export` of formats that hold bytes. Loaded when one is asked for: formats that are text start faster without it.
import type { Lock } from "../../core/lock.ts";
import type { Plan } from "../../core/plan.ts";
import { releasesName } from "../../core/releases.ts";
import { shellWord } from "../../core/shell.ts";
import { formatSize } from "../../core/size.ts";
import type { BinaryLocation } from "../../export/binaries.ts";
import { type ContentExportDependencies, exportContent } from "../../export/export-content.ts";
import type { ContentExporter } from "../../export/exporter.ts";
import { fetchOwnBinary } from "../../fetch/own-binaries.ts";
import { keptSentence } from "../../files/foreign.ts";
import type { formatFlags } from "../../flags/output.ts";
import { type FetchingOptions, flagKeys, type GeneralOptions, type Options } from "../../flags/table.ts";
import { assertOutputsApart } from "../../flags/values.ts";
import { withMirrors } from "../../plan/mirrors.ts";
import { version } from "../../runtime/build.ts";
import { clone } from "../../runtime/clone.ts";
import { selfCommand } from "../../runtime/self.ts";
import type { Store } from "../../store/store.ts";
import type { Output } from "../command.ts";
import { mirrorsOf } from "../context.ts";
import { networkOf, ownRelease, storePath, withStore } from "../environment.ts";
import { type NextStep, saySavings, succeed } from "../success.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { watcher } from "../terminal/watch.ts";
import { fetchWith } from "./fetch.ts";

type ExportFlags = FetchingOptions &
  GeneralOptions &
  Options<keyof typeof formatFlags | "mirror" | "mirrorPreset" | "profile" | "manifests" | "output" | "force">;

/** Fetches the plan, writes it in the format, and prints the names of what was written. */
export async function runContentExport(
  exporter: ContentExporter,
  plan: Plan,
  options: ExportFlags,
  output: Output,
): Promise<void> {
  const path = options.output ?? defaultOutput(exporter, plan);
  exporter.check({ output: path, split: options.split });
  const named = { ...options, output: path, store: storePath(options) };
  assertOutputsApart(flagKeys, named, { owns: exporter.owns });
  const watch = watcher(options, output, true);
  let content: Lock | undefined;
  const mirrors = mirrorsOf(options);
  const dependencies = (signal: AbortSignal): ContentExportDependencies<Store> => ({
    withStore: (work) => withStore(options, work),
    fetch: async (request, store) => {
      const baseImages = request.baseImages.map((image) => withMirrors(image, mirrors));
      const { plan, archive } = request;
      const result = await fetchWith(options, { plan, baseImages, output: archive }, { store, watch, signal, output });
      content = result.lock;
      return result;
    },
    fetchBinary: (name, store) =>
      watch(`Fetch ${name} ${version}`, (progress) => {
        const { http } = networkOf(options, 1, signal);
        return fetchOwnBinary(name, ownRelease(mirrors), { store, http, progress, signal });
      }),
    watch,
    clone,
    signal,
  });
  const advice = `${path} was not written; what has arrived is kept in ${storePath(options)}; run the same command again to go on`;
  const { files, bytes, lock, fetched, replaced } = await interruptible(advice, (signal) =>
    exportContent(
      {
        exporter,
        plan,
        output: path,
        split: options.split,
        base: options.base,
        binaries: options.withBinaries ? binaryLocation(options.binaries) : undefined,
        baseImages: { files: options.baseFiles, images: options.baseImages },
        copy: options.copy,
        force: options.force,
      },
      dependencies(signal),
    ),
  );
  output.data(
    options.json
      ? `${JSON.stringify({ event: "result", format: exporter.name, path, files, bytes, lock, fetched })}\n`
      : files.map((file) => `${file}\n`).join(""),
  );
  for (const file of replaced) output.tell(keptSentence(file));
  saySavings(output, plan, options, content);
  const [size, arrived] = [formatSize(bytes), formatSize(fetched.bytes)];
  const done = {
    en: `${size} written to ${path}, ${fetched.items > 0 ? `${arrived} fetched` : "nothing to fetch"}; the lock is ${lock}`,
    zh: `已写入 ${path}（${size}），${fetched.items > 0 ? `下载了 ${arrived}` : "无需下载"}；锁文件为 ${lock}`,
  };
  succeed(output, options, done, exporter.name === "tarball" ? nextAfterBundle(path, options.base) : undefined);
}

/** A delta is checked over its base, where that is a bundle. */
function nextAfterBundle(path: string, base: string | undefined): NextStep {
  const bundles = base === undefined || base.endsWith(".json") ? [path] : [base, path];
  return {
    meaning: {
      en: "check it here, and once more where it was carried to",
      zh: "先在此校验，带到离线环境后再校验一次",
    },
    lines: [`kso verify ${bundles.map(shellWord).join(" ")}`],
  };
}

/** `--binaries`: a folder, or the word that stands for the release. */
function binaryLocation(binaries: string | undefined): BinaryLocation {
  const self = selfCommand();
  return binaries === "release" ? { released: true, self } : { folder: binaries, self };
}

function defaultOutput({ name, outputType }: ContentExporter, plan: Plan): string {
  return outputType === "file" ? `${releasesName(plan)}.tar` : `${releasesName(plan)}-${name}`;
}
