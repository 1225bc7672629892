// Opens the catalog of embedded manifests and a user's `--manifests` folder. Each manifest is read when it is first asked for.
import { basename, join } from "node:path";
import { globSync } from "tinyglobby";
import { KsoError } from "../core/errors.ts";
import type { ComponentManifest, ReleaseManifest, ReleaseOverlay } from "../core/manifest.ts";
import type { Plugin } from "../core/plugin.ts";
import { compare } from "../core/version.ts";
import { readText } from "../files/read.ts";
import { statsAt } from "../files/stats.ts";
import { assetNames, readAsset } from "../runtime/assets.ts";
import type { Catalog, Overlay } from "./catalog.ts";
import { embeddedReleases } from "./embedded.ts";
import {
  assertNamedLikeFile,
  checkManifest,
  componentSchema,
  overlaySchema,
  parseManifest,
  releaseSchema,
} from "./schema.ts";

/** What a catalog is made of. */
export interface CatalogSources {
  readonly plugins: readonly Plugin[];
  /** Name of a user's plugin → its file. */
  readonly userPlugins?: ReadonlyMap<string, string>;
  /** The user's `--manifests` folder. */
  readonly folder?: string | undefined;
}

/** What a `--manifests` folder holds. */
interface UserManifests {
  readonly components: ReadonlyMap<string, Overlay>;
  /** By version. */
  readonly releases: ReadonlyMap<string, { readonly overlay: ReleaseOverlay; readonly path: string }>;
}

/**
 * The catalog of all that can be planned from.
 * @throws KsoError `unresolvable` naming a manifest that is broken; `usage` when the folder is not there.
 */
export function openCatalog({ plugins, userPlugins = new Map(), folder }: CatalogSources): Catalog {
  const userManifests: UserManifests =
    folder === undefined ? { components: new Map(), releases: new Map() } : readFolder(folder, plugins);
  const embedded = new EmbeddedManifests();
  return {
    plugins,
    userPlugins,
    releases: [...new Set([...embeddedReleases(), ...userManifests.releases.keys()])].sort(compare),
    embedded: new Set(embeddedReleases().filter((version) => !userManifests.releases.has(version))),
    release: memoize((version: string): ReleaseManifest => {
      const release = embedded.read<ReleaseManifest>(`releases/kubespray-${version}.json`);
      const user = userManifests.releases.get(version);
      return user ? combine(release, user.overlay, user.path) : (release as ReleaseManifest);
    }),
    component: memoize((name: string) => embedded.read<ComponentManifest>(`${name}.json`)),
    overlay: (name) => userManifests.components.get(name),
  };
}

/** The embedded manifests. A run does not check them, which would cost time: tests check all of them against their schemas. */
class EmbeddedManifests {
  readonly #names = new Set(assetNames());

  read<T extends ComponentManifest | ReleaseManifest>(name: string): T | undefined {
    return this.#names.has(name) ? (JSON.parse(readAsset(name)) as T) : undefined;
  }
}

function readFolder(folder: string, plugins: readonly Plugin[]): UserManifests {
  if (!statsAt(folder)?.isDirectory()) throw new KsoError("usage", `--manifests ${folder}: there is no such folder`);
  const componentNames = new Set(plugins.map(({ name }) => name));
  const components = new Map<string, Overlay>();
  const releases = new Map<string, { overlay: ReleaseOverlay; path: string }>();
  for (const name of globSync(["*.json", "releases/*.json"], { cwd: folder }).sort()) {
    const path = join(folder, name);
    const text = readText(path, "--manifests");
    const stem = basename(name, ".json");
    if (name.startsWith("releases/")) {
      const overlay = parseManifest(overlaySchema, text, path);
      assertNamedLikeFile(overlay.name, stem, path);
      releases.set(stem.replace(/^kubespray-/, ""), { overlay, path });
      continue;
    }
    const manifest = parseManifest(componentSchema, text, path);
    assertNamedLikeFile(manifest.name, stem, path);
    if (!componentNames.has(stem))
      throw new KsoError("unresolvable", `Cannot use ${path}: no plugin describes a component "${stem}"`);
    components.set(stem, { manifest, path });
  }
  return { components, releases };
}

/** The release with what the overlay adds and changes. The result must be a whole manifest. */
function combine(release: ReleaseManifest | undefined, overlay: ReleaseOverlay, path: string): ReleaseManifest {
  const steps = { ...release?.byKubernetes, ...overlay.byKubernetes };
  const combined = {
    ...release,
    ...overlay,
    pins: { ...release?.pins, ...overlay.pins },
    byKubernetes: Object.fromEntries(
      // A plain pin in the overlay replaces the steps of that name.
      Object.entries(steps).filter(([name]) => overlay.byKubernetes?.[name] || !overlay.pins?.[name]),
    ),
    kubernetes: { ...release?.kubernetes, ...overlay.kubernetes },
    lists: { ...release?.lists, ...overlay.lists },
  };
  return checkManifest(releaseSchema, combined, path);
}

function memoize<T>(read: (key: string) => T): (key: string) => T {
  const values = new Map<string, T>();
  return (key) => {
    const existing = values.get(key);
    if (existing !== undefined) return existing;
    const value = read(key);
    values.set(key, value);
    return value;
  };
}
