// Bundles travel in, names and bytes travel out: one archive, or deltas stacked on the bundle that they were made over.
// Nothing is unpacked: headers, the index and the lock are read, and where each blob lies is known from then on.
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import * as v from "valibot";
import { type BlobSource, type Descriptor, descriptorSchema, type Extent } from "../core/descriptor.ts";
import { type Digest, digestParts, sha256Schema } from "../core/digest.ts";
import { KsoError } from "../core/errors.ts";
import type { Lock } from "../core/lock.ts";
import { readWhole, totalLength, totalSize } from "../files/extents.ts";
import { type Entry, type Layer, openLayer } from "./layer.ts";
import { metadataLimit, parseJson, parseLock } from "./lock.ts";
import { volumeIndexFor } from "./volumes.ts";

/** One image in `index.json`. */
export interface IndexEntry extends Descriptor {
  readonly annotations: Readonly<Record<string, string>>;
}

/** One archive of the stack, with what it says about itself. */
export interface BundleLayer extends Layer {
  /** The digest of its `kso/lock.json`: what a delta names as its base. */
  readonly lockDigest: Digest;
  /** A delta's base, by that digest. */
  readonly base?: Digest;
}

export interface Bundle extends BlobSource {
  /** The path of the top of the stack. */
  readonly path: string;
  /** Of the whole: the lock of the top of the stack. */
  readonly lock: Lock;
  /** Of its bytes. */
  readonly lockDigest: Digest;
  /** The images in `index.json`, in its order. */
  readonly index: readonly IndexEntry[];
  /** Bytes on disk. */
  readonly size: number;
  /** What was stacked, the base first. */
  readonly layers: readonly BundleLayer[];
  /** Names of all files, hard links included, each once. */
  readonly names: Iterable<string>;
  /** Where the bytes of an entry lie, links followed; undefined when there is no such file. */
  locateFile(name: string): readonly Extent[] | undefined;
}

/** The name of a blob's entry. */
export function blobName(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `blobs/${algorithm}/${hex}`;
}

const indexSchema = v.object({
  schemaVersion: v.literal(2),
  manifests: v.array(
    v.pipe(
      v.intersect([
        descriptorSchema,
        v.object({ annotations: v.optional(v.record(v.string(), v.string()), () => ({})) }),
      ]),
    ),
  ),
});
const baseSchema = v.looseObject({ schema: v.literal("kso.base/1"), lock: sha256Schema });

/**
 * Opens a bundle: a `.tar`, volumes by any of their names, an unpacked directory, or several of these, deltas and their base in
 * any order. With `alone`, a delta is opened without its base; what the base holds is not located then.
 * @throws KsoError `usage` when a path is not there, `verify` when one is broken, hostile, or not the base that is wanted.
 */
export function openBundle(paths: readonly string[], options: { readonly alone?: boolean } = {}): Bundle {
  return assemble(stack(once(paths).map(describe), options.alone ?? false), options.alone ?? false);
}

/**
 * Opens several bundles at once, each whole by itself or deltas over bases that are named too. Two deltas over one base are two
 * bundles that share it.
 * @throws KsoError as {@link openBundle} does.
 */
export function openBundles(paths: readonly string[]): readonly Bundle[] {
  const given = once(paths).map(describe);
  const baseOf = (layer: BundleLayer): BundleLayer | undefined =>
    given.find((other) => other !== layer && other.lockDigest === layer.base);
  const bases = new Set(given.map(baseOf));
  const tops = given.filter((layer) => !bases.has(layer));
  if (tops.length === 0) return [assemble(stack(given, false), false)];
  return tops.map((top) => {
    const layers = [top];
    for (let below = baseOf(top); below && !layers.includes(below); below = baseOf(below)) layers.unshift(below);
    return assemble(stack(layers, false), false);
  });
}

function assemble(layers: readonly BundleLayer[], alone: boolean): Bundle {
  const top = layers.at(-1);
  if (!top) throw new KsoError("usage", "Name a bundle");
  const lock = lockOf(top);
  const { manifests } = parseJson(indexSchema, textOf(top, "index.json"), `index.json in ${top.path}`);
  const locateFile = (name: string): readonly Extent[] | undefined => locateIn(layers, name);
  const bundle: Bundle = {
    path: top.path,
    lock,
    lockDigest: top.lockDigest,
    index: manifests,
    size: totalSize(layers),
    layers,
    names: new Set(layers.flatMap((layer) => [...fileNames(layer)])),
    locate: (digest) => locateFile(blobName(digest)),
    locateFile,
  };
  // A tree into which a delta was unpacked over its base is whole; one with the delta alone is not.
  if (layers[0]?.base !== undefined && !alone) {
    const lacks = [...lock.files, ...lock.images.map(({ root }) => root)].some(({ digest }) => !bundle.locate(digest));
    if (lacks) throw wantsBase(layers[0], layers);
  }
  return bundle;
}

/** @throws KsoError `verify` naming the bundle, the field and the reason. */
export function lockOf(layer: Layer): Lock {
  return parseLock(textOf(layer, "kso/lock.json"), `kso/lock.json in ${layer.path}`);
}

/**
 * The text of a small entry.
 * @throws KsoError `verify` when it is missing or larger than {@link metadataLimit}.
 */
export function textOf(layer: Layer, name: string): string {
  return new TextDecoder().decode(bytesOf(layer, name));
}

function bytesOf(layer: Layer, name: string): Uint8Array {
  const extents = locateIn([layer], name);
  if (!extents) throw new KsoError("verify", `Cannot read ${layer.path}: it is no bundle, ${name} is missing`);
  const size = totalLength(extents);
  if (size > metadataLimit) {
    const reason = `${name} has ${size} bytes, more than the ${metadataLimit} allowed`;
    throw new KsoError("verify", `Cannot read ${layer.path}: ${reason}`);
  }
  return readWhole(extents, metadataLimit);
}

/** The same bundle named twice (`kso verify bundle.tar.*`) is one. */
function once(paths: readonly string[]): string[] {
  const known = new Map<string, string>();
  for (const path of paths) {
    const named = volumeIndexFor(path) ?? path;
    const real = realPath(named);
    if (!known.has(real)) known.set(real, named);
  }
  return [...known.values()];
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Whoever opens it says what is wrong.
    return path;
  }
}

function describe(path: string): BundleLayer {
  const layer = openLayer(path);
  const lockDigest: Digest = `sha256:${createHash("sha256").update(bytesOf(layer, "kso/lock.json")).digest("hex")}`;
  if (!layer.entries.has("kso/base.json")) return { ...layer, lockDigest };
  const base = parseJson(baseSchema, textOf(layer, "kso/base.json"), `kso/base.json in ${path}`).lock;
  return { ...layer, lockDigest, base };
}

/** The base first, each delta on what it was made over. */
function stack(given: readonly BundleLayer[], alone: boolean): readonly BundleLayer[] {
  // A delta over its own like (nothing changed) has the digest of its base.
  const bottoms = given.filter((one) => !given.some((other) => other !== one && other.lockDigest === one.base));
  const [bottom, second] = bottoms;
  if (!bottom) {
    if (given.length === 0) return [];
    throw new KsoError("verify", `Cannot stack ${namesOf(given)}: each is a delta over another`);
  }
  if (second) {
    const delta = bottoms.find(({ base }) => base !== undefined);
    if (delta) throw wantsBase(delta, given);
    throw new KsoError("verify", `Cannot stack ${namesOf(bottoms)}: each is whole by itself; name one of them`);
  }
  if (bottom.base !== undefined && given.length === 1 && (alone || bottom.unpacked)) return given;
  if (bottom.base !== undefined) throw wantsBase(bottom, given);
  const layers = [bottom];
  for (let below = bottom; layers.length < given.length; ) {
    const [above, other] = given.filter((one) => one.base === below.lockDigest && !layers.includes(one));
    if (!above || other) {
      const rest = given.filter((layer) => !layers.includes(layer));
      throw new KsoError("verify", `Cannot stack ${namesOf(rest)} on ${below.path}: name one delta of it`);
    }
    layers.push(above);
    below = above;
  }
  return layers;
}

function wantsBase(delta: BundleLayer, given: readonly BundleLayer[]): KsoError {
  const others = given.filter((layer) => layer !== delta);
  const there = others.map(({ path, lockDigest }) => `${path} has ${lockDigest}`).join(", ");
  return new KsoError(
    "verify",
    `Cannot read ${delta.path}: it is a delta over the bundle whose lock is ${delta.base}; ${
      there === "" ? "name that bundle too" : `what was given is another: ${there}`
    }`,
  );
}

function namesOf(layers: readonly Layer[]): string {
  return layers.map(({ path }) => path).join(" and ");
}

function* fileNames({ entries }: Layer): Generator<string> {
  for (const { name, type } of entries.values()) if (type !== "directory") yield name;
}

/** The entry that holds the bytes of a name: the top of the stack wins, links are followed through the whole of it. */
export function entryIn(layers: readonly Layer[], name: string): { layer: Layer; entry: Entry } | undefined {
  let wanted = name;
  // A link leads to a file, in one step; more would be a circle.
  for (let steps = 0; steps < 8; steps++) {
    const layer = layers.findLast(({ entries }) => entries.has(wanted));
    const entry = layer?.entries.get(wanted);
    if (!(layer && entry) || entry.type === "directory") return undefined;
    if (entry.type === "file") return { layer, entry };
    wanted = entry.target as string;
  }
  return undefined;
}

function locateIn(layers: readonly Layer[], name: string): readonly Extent[] | undefined {
  const found = entryIn(layers, name);
  return found?.layer.place(found.entry);
}
