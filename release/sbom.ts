// What kso is made of, as CycloneDX: the packages of bun.lock that are compiled in, and the runtime around them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Contrib, Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { PackageURL } from "packageurl-js";
import pack from "../package.json" with { type: "json" };
import { home } from "../src/runtime/build.ts";

const root = join(import.meta.dir, "..");

/** A line of bun.lock. */
type LockedPackage = readonly [
  id: string,
  registry: string,
  details: { dependencies?: Record<string, string> },
  integrity: string,
];

/** The text of the SBOM. @param created when (ISO 8601); the same commit gives the same text. */
export function sbom(created: string): string {
  const bom = new Models.Bom();
  bom.metadata.timestamp = new Date(created);
  bom.metadata.lifecycles.add(Enums.LifecyclePhase.Build);
  const program = new Models.Component(Enums.ComponentType.Application, "kso", {
    bomRef: `kso@${pack.version}`,
    version: pack.version,
    description: pack.description,
    licenses: licensesOf(pack.license),
    purl: new PackageURL("github", "kso-project", "kso", `v${pack.version}`, undefined, undefined).toString(),
    externalReferences: new Models.ExternalReferenceRepository([
      new Models.ExternalReference(home, Enums.ExternalReferenceType.VCS),
    ]),
  });
  bom.metadata.component = program;
  const runtime = new Models.Component(Enums.ComponentType.Framework, "bun", {
    bomRef: `bun@${bunVersion}`,
    version: bunVersion,
    description: "the runtime that kso is compiled with; its own parts are in its LICENSE.md",
    licenses: licensesOf("MIT"),
    purl: new PackageURL("npm", undefined, "bun", bunVersion, undefined, undefined).toString(),
  });
  bom.components.add(runtime);
  program.dependencies.add(runtime.bomRef);
  addPackages(bom, program);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** The runtime's version, as every script of package.json names it. */
const bunVersion: string = /bun@([\d.]+)/.exec(pack.scripts.build)?.[1] ?? "";

/** Adds every package that the program loads, directly or by way of others. */
function addPackages(bom: Models.Bom, program: Models.Component): void {
  const locked = lockedPackages();
  const components = new Map<string, Models.Component>();
  const add = (name: string): Models.Component => {
    const known = components.get(name);
    if (known) return known;
    const entry = locked[name];
    if (!entry) throw new Error(`bun.lock has no ${name}`);
    const component = componentOf(name, entry);
    components.set(name, component);
    bom.components.add(component);
    for (const dependency of Object.keys(entry[2].dependencies ?? {}))
      component.dependencies.add(add(nested(name, dependency, locked)).bomRef);
    return component;
  };
  for (const name of Object.keys(pack.dependencies)) program.dependencies.add(add(name).bomRef);
}

/** Where a package's dependency is: below it or below what it is in, where it needs a version of its own. */
function nested(name: string, dependency: string, locked: Readonly<Record<string, LockedPackage>>): string {
  const places = partsOf(name);
  for (let depth = places.length; depth > 0; depth--) {
    const place = [...places.slice(0, depth), dependency].join("/");
    if (locked[place]) return place;
  }
  return dependency;
}

/** The packages that a key of bun.lock leads through: `wrap-ansi/ansi-styles`, `@scope/name/other`. */
function partsOf(key: string): string[] {
  return key.match(/@[^/]+\/[^/]+|[^/]+/g) ?? [];
}

function lockedPackages(): Readonly<Record<string, LockedPackage>> {
  // JSON with commas at the ends.
  const text = readFileSync(join(root, "bun.lock"), "utf8").replace(/,(\s*[}\]])/g, "$1");
  return JSON.parse(text).packages;
}

function componentOf(name: string, [id, , , integrity]: LockedPackage): Models.Component {
  const [, group, short = "", version = ""] = /^(?:(@[^/]+)\/)?([^@]+)@(.+)$/.exec(id) ?? [];
  const manifest = join(root, "node_modules", partsOf(name).join("/node_modules/"), "package.json");
  const { license, description } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : {};
  const sum = Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
  return new Models.Component(Enums.ComponentType.Library, short, {
    bomRef: id,
    ...(group !== undefined && { group }),
    version,
    description,
    licenses: licensesOf(license),
    purl: new PackageURL("npm", group, short, version, undefined, undefined).toString(),
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-512"], sum]]),
  });
}

function licensesOf(license: unknown): Models.LicenseRepository {
  if (typeof license !== "string") return new Models.LicenseRepository();
  const assertExpression = (text: string): void => {
    if (!/ (?:AND|OR|WITH) /.test(text)) throw new RangeError(text);
  };
  const factory = new Contrib.License.Factories.LicenseFactory(assertExpression);
  return new Models.LicenseRepository([factory.makeFromString(license)]);
}
