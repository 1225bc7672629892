// A split bundle: `NAME.001`, `NAME.002`, … end to end are the archive, and their index `NAME.volumes.json` has the size and digest
// of each.

import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import { type Extent, sizeSchema } from "../core/descriptor.ts";
import { type Digest, sha256Schema } from "../core/digest.ts";
import { nameFault } from "../core/entry-name.ts";
import { KsoError } from "../core/errors.ts";
import { totalSize } from "../files/extents.ts";
import { statsAt } from "../files/stats.ts";
import { parseJson, readSmall } from "./lock.ts";

/** A file that holds a part of the archive, or all of it. */
export interface Part {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** One volume, as the index describes it. */
export interface Volume extends Part {
  readonly digest: Digest;
}

/** The ending of the index's name, behind the archive's. */
const indexEnding = ".volumes.json";

const indexSchema = v.strictObject({
  schema: v.literal("kso.volumes/1", 'must be "kso.volumes/1"'),
  name: v.pipe(v.string(), v.check(isFileName, "must be a file name")),
  size: sizeSchema,
  volumes: v.pipe(
    v.array(
      v.strictObject({
        name: v.pipe(v.string(), v.check(isFileName, "must be a file name")),
        size: v.pipe(sizeSchema, v.minValue(1, "must not be empty")),
        digest: sha256Schema,
      }),
    ),
    v.minLength(1, "must name a volume"),
    v.maxLength(1_000_000, "names too many volumes"),
  ),
});

/**
 * The index that a path belongs to: the index itself, a volume beside its index, or the name that the whole would have.
 * Undefined when the path has nothing to do with volumes.
 * @throws KsoError `usage` for a volume whose index is not beside it.
 */
export function volumeIndexFor(path: string): string | undefined {
  if (path.endsWith(indexEnding)) return path;
  const whole = /^(.+)\.\d{3,}$/s.exec(path)?.[1];
  if (whole !== undefined) {
    if (existsSync(whole + indexEnding)) return whole + indexEnding;
    if (existsSync(path))
      throw new KsoError(
        "usage",
        `Cannot read ${path}: ${basename(whole)}${indexEnding} is not beside it; copy it there`,
      );
  }
  return !existsSync(path) && existsSync(path + indexEnding) ? path + indexEnding : undefined;
}

/**
 * Reads an index of volumes; the volumes lie beside it.
 * @throws KsoError `verify` naming each volume that is missing or of a wrong size.
 */
export function readVolumes(index: string): readonly Volume[] {
  const parsed = parseJson(indexSchema, new TextDecoder().decode(readSmall(index)), index);
  const volumes = parsed.volumes.map(({ name, size, digest }) => ({ path: join(dirname(index), name), size, digest }));
  if (new Set(volumes.map(({ path }) => path)).size < volumes.length)
    throw new KsoError("verify", `Cannot use ${index}: two volumes have one name`);
  const sum = totalSize(volumes);
  if (sum !== parsed.size)
    throw new KsoError(
      "verify",
      `Cannot use ${index}: its volumes have ${sum} bytes together, and size says ${parsed.size}`,
    );
  const faults = volumes.map(volumeFault).filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new KsoError("verify", `Cannot read ${index}: ${faults.join("; ")}`);
  return volumes;
}

/** Where bytes of the archive lie on this machine; those beyond its end are left out. */
export function extentsIn(parts: readonly Part[], offset: number, length: number): readonly Extent[] {
  const extents: Extent[] = [];
  let start = 0;
  for (const { path, size } of parts) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + length, start + size);
    if (from < to) extents.push({ path, offset: from - start, length: to - from });
    start += size;
    if (start >= offset + length) break;
  }
  return extents;
}

function volumeFault({ path, size }: Volume): string | undefined {
  const stat = statsAt(path);
  if (!stat?.isFile()) return `the volume ${basename(path)} is missing; copy it again`;
  if (stat.size === size) return undefined;
  return `the volume ${basename(path)} has ${stat.size} bytes, not ${size}; copy it again`;
}

function isFileName(name: string): boolean {
  return nameFault(name) === undefined && !name.includes("/");
}
