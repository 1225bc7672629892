// Embedded manifests and a user's `--manifests` folder become one catalog. Everything is read when it is first asked for.
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { globSync } from "tinyglobby";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest, ReleaseOverlay } from "../core/manifest.ts";
import type { Plugin } from "../core/plugin.ts";
import { compare } from "../core/version.ts";
import { assetNames, readAsset } from "../runtime/assets.ts";
import type { Catalog, Overlay } from "./catalog.ts";
import { embeddedReleases } from "./embedded.ts";
import { componentSchema, overlaySchema, parseManifest, releaseSchema } from "./schema.ts";

/** @throws KsoError `unresolvable` naming a manifest that is broken; `usage` when the folder is not there. */
export function openCatalog(
  plugins: readonly Plugin[],
  userPlugins: ReadonlyMap<string, string>,
  folder: string | undefined,
): Catalog {
  const own =
    folder === undefined
      ? { components: new Map<string, Overlay>(), releases: new Map<string, { value: unknown; path: string }>() }
      : readFolder(folder, plugins);
  const embedded = new Set(assetNames());
  const components = memo((name: string): ComponentManifest | undefined =>
    embedded.has(`${name}.json`) ? (JSON.parse(readAsset(`${name}.json`)) as ComponentManifest) : undefined,
  );
  const releases = memo((version: string): ReleaseManifest => {
    const path = `releases/kubespray-${version}.json`;
    const base = embedded.has(path) ? (JSON.parse(readAsset(path)) as ReleaseManifest) : undefined;
    const added = own.releases.get(version);
    return added ? combine(base, added.value as ReleaseOverlay, added.path) : (base as ReleaseManifest);
  });
  return {
    plugins,
    userPlugins,
    releases: [...new Set([...embeddedReleases(), ...own.releases.keys()])].sort(compare),
    release: releases,
    component: components,
    overlay: (name) => own.components.get(name),
  };
}

/** All that a `--manifests` folder holds, checked. */
function readFolder(
  folder: string,
  plugins: readonly Plugin[],
): { components: Map<string, Overlay>; releases: Map<string, { value: ReleaseOverlay; path: string }> } {
  if (!(existsSync(folder) && statSync(folder).isDirectory()))
    throw new KsoError("usage", `--manifests ${folder}: there is no such folder`);
  const components = new Map<string, Overlay>();
  const releases = new Map<string, { value: ReleaseOverlay; path: string }>();
  const known = new Set(plugins.map(({ name }) => name));
  for (const name of globSync(["*.json", "releases/*.json"], { cwd: folder }).sort()) {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const stem = basename(name, ".json");
    if (name.startsWith("releases/")) {
      const value = parseManifest(overlaySchema, text, path);
      expectName(value.name, stem, path);
      releases.set(stem.replace(/^kubespray-/, ""), { value, path });
      continue;
    }
    const manifest = parseManifest(componentSchema, text, path);
    expectName(manifest.name, stem, path);
    if (!known.has(stem))
      throw new KsoError("unresolvable", `Cannot use ${path}: no plugin describes a component "${stem}"`);
    components.set(stem, { manifest, path });
  }
  return { components, releases };
}

function expectName(name: string, stem: string, path: string): void {
  if (name !== stem)
    throw new KsoError("unresolvable", `Cannot use ${path}: its name is "${name}" and the file's is "${stem}"`);
}

function combine(base: ReleaseManifest | undefined, added: ReleaseOverlay, path: string): ReleaseManifest {
  const merged = {
    ...base,
    ...added,
    pins: { ...base?.pins, ...added.pins },
    byKubernetes: Object.fromEntries(
      // A plain pin in the overlay replaces the steps of that name.
      Object.entries({ ...base?.byKubernetes, ...added.byKubernetes }).filter(
        ([name]) => added.byKubernetes?.[name] || !added.pins?.[name],
      ),
    ),
    kubernetes: { ...base?.kubernetes, ...added.kubernetes },
    lists: { ...base?.lists, ...added.lists },
  };
  return parseManifest(releaseSchema, JSON.stringify(merged), path);
}

function memo<T>(read: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = read(key);
    known.set(key, value);
    return value;
  };
}
