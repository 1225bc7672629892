// Exports that carry bytes, as the command does them: fetch what is missing, then seal from the store.

import { join } from "node:path";
import { metadataLimit, readLock } from "../bundle/lock.ts";
import { openBundle } from "../bundle/open.ts";
import type { Plan } from "../core/plan.ts";
import { size } from "../core/size.ts";
import type { ContentExporter, DeltaBase, ExportOptions } from "../export/exporter.ts";
import { readWhole } from "../files/extents.ts";
import { writeOutputDirectory } from "../files/output.ts";
import { clone } from "../runtime/clone.ts";
import { basesFor, lockedBases } from "./bases.ts";
import { binariesOf } from "./binaries.ts";
import type { Output } from "./command.ts";
import { storePath, withStore } from "./environment.ts";
import { fetchPlan } from "./fetching.ts";
import type { formatFlags } from "./flags/output.ts";
import type { FetchingOptions, GeneralOptions, Options } from "./flags/table.ts";
import { interruptible } from "./terminal/interrupt.ts";
import { watcher } from "./terminal/watch.ts";

/** Fetches and seals; prints the names of what was written. */
export async function sealPlan(
  exporter: ContentExporter,
  plan: Plan,
  path: string,
  options: FetchingOptions & GeneralOptions & Options<keyof typeof formatFlags | "mirror">,
  output: Output,
): Promise<void> {
  const watch = watcher(options, output, true);
  const { split: volume, base } = options;
  const from = base === undefined ? undefined : baseOf(base);
  // Not after an hour of fetching.
  exporter.check({ output: path, ...(volume !== undefined && { split: volume }) });
  const bases = basesFor(exporter, plan, options);
  const advice = `${path} was not written; what has arrived is kept in ${storePath(options)}; run the same command again to go on`;
  const { sealed, fetched, lockPath } = await interruptible(advice, (signal) =>
    withStore(options, async (store, hashing) => {
      const binaries = options.withBinaries ? await binariesOf(options, hashing) : undefined;
      const {
        lock,
        path: lockPath,
        fetched,
      } = await fetchPlan(plan, options, output, {
        ...{ store, watch, signal },
        archive: { path, base: from, binaries, links: exporter.links === true && !options.copy },
        ...(bases && { bases: [bases.files, bases.images] }),
      });
      const what: Omit<ExportOptions, "progress"> = {
        ...{ lock, blobs: store, output: path, hashing, signal, clone, copy: options.copy },
        ...(binaries && { binaries }),
        ...(volume !== undefined && { split: volume }),
        ...(from && { base: from }),
        ...(bases && { baseImages: lockedBases(lock, bases) }),
      };
      const { bytes } = exporter.forecast(what);
      const { texts = [], ...sealed } = await watch(`Write ${path} (${size(bytes)})`, (progress) =>
        exporter.write({ ...what, progress }),
      );
      if (texts.length > 0) await writeOutputDirectory(path, texts, nothing);
      const files = [...sealed.files, ...texts.map((text) => join(path, text.path))];
      return { sealed: { ...sealed, files }, fetched, lockPath };
    }),
  );
  output.data(
    options.json
      ? `${JSON.stringify({ event: "result", format: exporter.name, path, ...sealed, lock: lockPath, fetched })}\n`
      : sealed.files.map((name) => `${name}\n`).join(""),
  );
  const came = fetched.items > 0 ? `${size(fetched.bytes)} fetched` : "nothing to fetch";
  output.tell(`${size(sealed.bytes)} written to ${path}, ${came}; the lock is ${lockPath}`);
}

/** Of an export with texts, what is not written anew stays. */
const nothing = /(?!)/;

/** What the other side has already: a lock, or a bundle in any of its forms. */
function baseOf(path: string): DeltaBase {
  if (path.endsWith(".json") && !path.endsWith(".volumes.json")) return { lock: readLock(path) };
  const bundle = openBundle([path], { alone: true });
  const sums = bundle.locateFile("kso/SHA256SUMS");
  const binaries = sums ? binariesIn(new TextDecoder().decode(readWhole(sums, metadataLimit))) : [];
  return { lock: bundle.lock, digest: bundle.lockDigest, binaries };
}

/** The digests of kso's own binaries among a bundle's sums. */
function binariesIn(sums: string): string[] {
  return [...sums.matchAll(/^([0-9a-f]{64}) [ *]kso\/kso-[^\n]+$/gm)].map(([, hex]) => `sha256:${hex}`);
}
