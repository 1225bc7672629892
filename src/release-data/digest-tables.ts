// Published digests by component, file, version and architecture: what checksum tables of releases are read into, and manifests are
// written from.

import { digestInRow, type FileKey } from "../catalog/release.ts";
import type { Digest } from "../core/digest.ts";
import type { ComponentManifest } from "../core/manifest.ts";
import { compare } from "../core/version.ts";

/** Version → architecture (`any`: one file serves all) → digest. */
type Versions<D> = Map<string, Record<string, D>>;
type Files = NonNullable<ComponentManifest["files"]>;

/** Digests of any number of components; null, where it is allowed, says that none is published. */
export class DigestTables<D extends Digest | null = Digest> {
  readonly #components = new Map<string, Map<string, Versions<D>>>();
  readonly #sources = new Map<string, string>();

  /** The table of a file, which is made where there is none; the first call decides its `source`, where the digests are published. */
  table(component: string, file: string, source = ""): Versions<D> {
    const files = this.#components.get(component) ?? new Map<string, Versions<D>>();
    this.#components.set(component, files);
    const versions = files.get(file) ?? new Map<string, Record<string, D>>();
    files.set(file, versions);
    const key = `${component} ${file}`;
    if (!this.#sources.has(key)) this.#sources.set(key, source);
    return versions;
  }

  set({ component, file, version, arch }: FileKey, digest: D): void {
    const versions = this.table(component, file);
    versions.set(version, { ...versions.get(version), [arch]: digest });
  }

  find({ component, file, version, arch }: FileKey): D | undefined {
    return digestInRow(this.#components.get(component)?.get(file)?.get(version), arch);
  }

  /** Adds the digests of `other`. Where both have one, `preferOther` decides which stays. */
  merge(other: DigestTables<D>, preferOther: boolean): void {
    for (const [component, files] of other.#components)
      for (const [file, rows] of files) {
        const versions = this.table(component, file, other.#sources.get(`${component} ${file}`));
        for (const [version, row] of rows)
          versions.set(
            version,
            preferOther ? { ...versions.get(version), ...row } : { ...row, ...versions.get(version) },
          );
      }
  }

  /** The files of a component as its manifest has them: newest version first, so that a diff of the next import is at the top. */
  manifestFiles(this: DigestTables, component: string): Files | undefined {
    const files = [...(this.#components.get(component) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    if (files.length === 0) return undefined;
    return Object.fromEntries(
      files.map(([file, versions]) => [
        file,
        { source: this.#sources.get(`${component} ${file}`) ?? "", versions: newestFirst(versions) },
      ]),
    );
  }

  /** Component → file → version → architecture → digest; undefined when there is nothing. */
  toRecord(): Record<string, Record<string, Record<string, Record<string, D>>>> | undefined {
    if (this.#components.size === 0) return undefined;
    return Object.fromEntries(
      [...this.#components].map(([component, files]) => [
        component,
        Object.fromEntries([...files].map(([file, versions]) => [file, Object.fromEntries(versions)])),
      ]),
    );
  }
}

/** The digests that component manifests hold. */
export function tablesOfManifests(manifests: Iterable<ComponentManifest>): DigestTables {
  const tables = new DigestTables();
  for (const { name, files = {} } of manifests)
    for (const [file, { source, versions }] of Object.entries(files)) {
      const rows = tables.table(name, file, source);
      for (const [version, row] of Object.entries(versions)) rows.set(version, { ...row });
    }
  return tables;
}

function newestFirst(versions: Versions<Digest>): Files[string]["versions"] {
  return Object.fromEntries(
    [...versions]
      .sort(([a], [b]) => compare(b, a))
      .map(([version, row]) => [version, Object.fromEntries(Object.entries(row).sort())]),
  );
}
