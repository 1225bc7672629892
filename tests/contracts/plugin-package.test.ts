// What every plugin keeps, wherever it comes from: built in, from disk in TypeScript or JavaScript, and as `kso plugin new` writes it.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { plugins as builtIn } from "../../plugins/index.ts";
import { type ConformanceResult, checkConformance, checks } from "../../src/catalog/conformance.ts";
import { contributionsOf } from "../../src/catalog/contributions.ts";
import { embeddedTrial } from "../../src/catalog/plugin-host.ts";
import { createPlugin } from "../../src/catalog/scaffold.ts";
import { checkPlugin, loadPlugins, pluginFiles } from "../../src/catalog/user-plugins.ts";
import { platforms } from "../../src/core/platform.ts";
import type { Contribution, Plugin } from "../../src/core/plugin.ts";
import { fixtures, root } from "../support/paths.ts";
import { temporary } from "../support/temp.ts";

const embedded = embeddedTrial();
const folder = temporary();
afterAll(() => folder[Symbol.dispose]());

/** A plugin as it is called, and the results of its checks. */
interface Package {
  readonly plugin: Plugin;
  readonly results: readonly ConformanceResult[];
}

const fixture = join(fixtures, "plugins/k9s.ts");

/** The fixture in JavaScript. */
function inJavaScript(): string {
  const path = join(folder.path, "k9s.js");
  writeFileSync(path, new Bun.Transpiler({ loader: "ts" }).transformSync(readFileSync(fixture, "utf8")));
  return path;
}

/** Where each kind of package comes from. */
const packages: readonly (readonly [name: string, open: () => Package | Promise<Package>])[] = [
  ...builtIn.map((plugin) => [`built in: ${plugin.name}`, () => builtInPackage(plugin)] as const),
  ["from disk, in TypeScript", () => diskPackage(fixture)],
  ["from disk, in JavaScript", () => diskPackage(inJavaScript())],
  [
    "as `kso plugin new` writes it, filled in",
    async () => {
      const path = await createPlugin("my-tool", join(folder.path, "my-tool.ts"));
      const text = readFileSync(path, "utf8").replace("example.com", "get.site").replace("io/example", "io/maker");
      writeFileSync(path, text.replaceAll("0".repeat(64), "a".repeat(64)));
      return await diskPackage(path);
    },
  ],
];

function builtInPackage(plugin: Plugin): Package {
  const takenNames = builtIn
    .filter((other) => other !== plugin)
    .flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const results = checkConformance(plugin, { ...embedded, stem: plugin.name, takenNames });
  return { plugin, results: [{ check: "loads", ok: true, message: "" }, ...results] };
}

async function diskPackage(path: string): Promise<Package> {
  const loaded = await loadPlugins([path], builtIn);
  const { plugin } = loaded.get(basename(path, extname(path))) ?? {};
  if (!plugin) throw new Error(`${path} is not loaded under its name`);
  return { plugin, results: checkPlugin(path) };
}

test("every plugin of the folder is built in, and runs these tests", () => {
  const files = readdirSync(join(root, "plugins")).filter((name) => name.endsWith(".ts") && name !== "index.ts");
  expect(builtIn.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
});

test("scripts come in these formats", () => {
  const formats = ["ts", "mts", "cts", "js", "mjs", "cjs", "d.ts", "json", "tsx", "sh"];
  const accepted = formats.filter((format) => {
    const path = join(folder.path, `format.${format}`);
    writeFileSync(path, "");
    try {
      return pluginFiles([path]).length === 1;
    } catch {
      return false;
    }
  });
  expect(accepted).toEqual(["ts", "mts", "cts", "js", "mjs", "cjs"]);
});

describe.each(packages)("%s", (_, open) => {
  let plugin: Plugin;
  let results: readonly ConformanceResult[];
  beforeAll(async () => {
    ({ plugin, results } = await open());
  });

  test("passes every check of kso plugin check", () => {
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.map(({ check }) => check)).toEqual(Object.keys(checks) as (keyof typeof checks)[]);
  });

  test("says in one line what it is", () => {
    expect(plugin.name).toMatch(/^[a-z0-9][a-z0-9-]*$/);
    expect(plugin.description).toMatch(/^.{3,120}$/);
  });

  test("gives files and images of the newest release, the same each time, for every platform", () => {
    const release = embedded.releases.at(-1);
    if (!release) throw new Error("no release is embedded");
    for (const platform of platforms) {
      const contribute = (): Contribution[] => [...plugin.contribute(release, platform)];
      expect(contribute()).toEqual(contribute());
      for (const { component, platform: on } of contributionsOf(plugin, release, platform))
        expect([component, on]).toEqual([plugin.name, platform]);
    }
  });
});

test("TypeScript and JavaScript make one plugin", async () => {
  const [release] = embedded.releases;
  if (!release) throw new Error("no release is embedded");
  const contributions = async (path: string): Promise<Contribution[]> => {
    const { plugin } = await diskPackage(path);
    return platforms.flatMap((platform) => [...plugin.contribute(release, platform)]);
  };
  const [written, transpiled] = [await contributions(fixture), await contributions(inJavaScript())];
  expect(written.length).toBe(4);
  expect(transpiled).toEqual(written);
});
