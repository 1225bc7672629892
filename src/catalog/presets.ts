// Profiles and presets of mirrors: named data in manifests/profiles and manifests/mirrors, and of the same names in a `--manifests` folder.
import { join } from "node:path";
import { globSync } from "tinyglobby";
import * as v from "valibot";
import { KsoError } from "../core/errors.ts";
import { nearestOrAll } from "../core/suggest.ts";
import { isFileUrl } from "../core/url.ts";
import { readText } from "../files/read.ts";
import { assetNames, readAsset } from "../runtime/assets.ts";
import { assertNamedLikeFile, parseManifest } from "./schema.ts";

/** What a kind of site does without: `manifests/profiles/NAME.json`. */
export interface Profile {
  readonly name: string;
  readonly description: string;
  /** Component → why it is left out. */
  readonly leavesOut: Readonly<Record<string, string>>;
}

/** Public mirrors: `manifests/mirrors/NAME.json`. */
export interface MirrorPreset {
  readonly name: string;
  readonly description: string;
  /** Where it is written that these mirrors exist. */
  readonly sources: readonly string[];
  /** Origin host → URLs to try before the origin itself. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
}

const text = v.pipe(v.string(), v.nonEmpty());
const common = { $schema: v.optional(v.string()), name: text, description: text };

/** The schema of `manifests/profiles/NAME.json`. */
export const profileSchema: v.GenericSchema<unknown, Profile> = v.strictObject({
  ...common,
  leavesOut: v.pipe(v.record(text, text), v.description("Component → why a site of this kind does without it")),
});

/** The schema of `manifests/mirrors/NAME.json`. */
export const mirrorPresetSchema: v.GenericSchema<unknown, MirrorPreset> = v.strictObject({
  ...common,
  sources: v.pipe(v.array(text), v.minLength(1), v.description("Where it is written that these mirrors exist")),
  mirrors: v.pipe(
    v.record(
      text,
      v.pipe(v.array(v.pipe(v.string(), v.check(isAddress, "must be http(s)://HOST[/PATH]"))), v.minLength(1)),
    ),
    v.description("Origin host → URLs that are tried before the origin itself"),
  ),
});

function isAddress(url: string): boolean {
  return isFileUrl(`${url}/name`) && !/[\s?#@]|\/$/.test(url);
}

/** The names of all profiles. */
export function profileNames(folder?: string): string[] {
  return namesIn("profiles", folder);
}

/** The names of all presets of mirrors. */
export function mirrorPresetNames(folder?: string): string[] {
  return namesIn("mirrors", folder);
}

/** The profile of that name. @throws KsoError `usage` where there is none. */
export function readProfile(name: string, folder: string | undefined): Profile {
  return readNamed({ kind: "profiles", flag: "--profile", what: "profile", name, folder }, profileSchema);
}

/** The mirrors of that name. @param by what names them. @throws KsoError `usage` where there are none. */
export function readMirrorPreset(name: string, folder: string | undefined, by = "--mirror-preset"): MirrorPreset {
  return readNamed({ kind: "mirrors", flag: by, what: "preset", name, folder }, mirrorPresetSchema);
}

type Kind = "profiles" | "mirrors";

function namesIn(kind: Kind, folder: string | undefined): string[] {
  const own = folder === undefined ? [] : globSync(`${kind}/*.json`, { cwd: folder });
  return [...new Set([...assetNames(), ...own].flatMap((path) => stemIn(kind, path)))].sort();
}

function stemIn(kind: Kind, path: string): string[] {
  return path.startsWith(`${kind}/`) ? [path.slice(kind.length + 1).replace(/\.json$/, "")] : [];
}

interface Named {
  readonly kind: Kind;
  readonly flag: string;
  readonly what: string;
  readonly name: string;
  readonly folder: string | undefined;
}

function readNamed<T extends { readonly name: string }>(
  { kind, flag, what, name, folder }: Named,
  schema: v.GenericSchema<unknown, T>,
): T {
  const names = namesIn(kind, folder);
  if (!names.includes(name))
    throw new KsoError("usage", `${flag}: there is no ${what} "${name}"${nearestOrAll(name, names)}`);
  const file = `${kind}/${name}.json`;
  if (folder === undefined || !globSync(file, { cwd: folder }).includes(file)) return JSON.parse(readAsset(file)) as T;
  const path = join(folder, file);
  const own = parseManifest(schema, readText(path, "--manifests"), path);
  assertNamedLikeFile(own.name, name, path);
  return own;
}
