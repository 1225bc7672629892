// The list of what is missing, as it is kept in a file from one run to the next.
import { accessSync, constants, existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { plugins } from "../../plugins/index.ts";
import { contributionsOf } from "../catalog/contributions.ts";
import { openCatalog } from "../catalog/open.ts";
import { evaluateRelease } from "../catalog/release.ts";
import { KsoError, messageOf } from "../core/errors.ts";
import { type MissingList, parseMissingList } from "../core/extra-artifacts.ts";
import { platforms } from "../core/platform.ts";
import { replaceFile } from "../files/atomic.ts";
import { diskError } from "../files/disk.ts";
import { readText } from "../files/read.ts";
import type { NamedArtifact } from "../serve/missing/name-index.ts";

/** How long misses are gathered before they are written. Milliseconds. */
const pause = 1000;
/** A list is never longer. Bytes. */
const most = 64 << 20;

/** The file of `--missing`. */
export interface Kept {
  /** What an earlier run wrote. */
  readonly earlier: MissingList | undefined;
  /** Something changed: the list is written soon. */
  changed(): void;
  /** Writes what is not written yet. */
  close(): void;
}

/**
 * Opens the file at the path; `list` gives what to write.
 * @throws KsoError `usage` when there is a file that is no wish list, or when nothing can be written there.
 */
export function keepMisses(path: string, list: () => MissingList, warn: (text: string) => void): Kept {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
  } catch (cause) {
    // Not at the first miss, when nobody looks.
    throw new KsoError("usage", `Cannot write to ${path} (--missing): ${messageOf(cause)}`, cause);
  }
  const earlier = existsSync(path) ? parseMissingList(readText(path, "--missing", most), path) : undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = (): void => {
    clearTimeout(timer);
    timer = undefined;
    try {
      replaceFile(path, `${JSON.stringify(list(), null, 2)}\n`);
    } catch (cause) {
      warn(diskError(`Cannot write ${path}`, cause, "name another file with --missing").message);
    }
  };
  return {
    earlier,
    changed: () => {
      timer ??= setTimeout(save, pause);
    },
    close: () => {
      if (timer !== undefined) save();
    },
  };
}

/** All that the embedded plugins describe for a release: whose name is it? Nothing for a release that is not embedded. */
export function* ownedBy(release: string, kubernetes: string): Iterable<NamedArtifact> {
  const catalog = openCatalog(plugins, new Map(), undefined);
  if (!catalog.releases.includes(release)) return;
  const evaluated = evaluateRelease(catalog.release(release), kubernetes);
  for (const plugin of plugins)
    for (const platform of platforms)
      for (const one of contributionsOf(plugin, evaluated, platform)) {
        const name = one.kind === "file" ? one.url.replace(/^https?:\/\//, "") : one.image;
        yield { kind: one.kind, name, component: one.component };
      }
}
