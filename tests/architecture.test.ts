// Who may import whom (docs/architecture.md), how long a file may be, and that a component is one plugin and one manifest.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { globSync } from "tinyglobby";
import { root } from "./support/paths.ts";

const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
/** Folder → what it may import, as the table of docs/architecture.md says; `cli` may import all. */
const may = new Map(
  [...page.matchAll(/^\| `(?:src\/)?([\w-]+)` \| ([^|]+) \|/gm)].map(([, folder, list]): [string, string[]] => [
    folder as string,
    (list as string).split(", ").map((name) => name.trim()),
  ]),
);
const isAllowed = (from: string, to: string): boolean =>
  from === to || may.get(from)?.includes(to) === true || (from === "cli" && may.has(to));
const files = globSync(["src/**/*.ts", "plugins/*.ts"], { cwd: root });
const folderOf = (path: string): string => (path.startsWith("plugins/") ? "plugins" : (path.split("/")[1] ?? ""));
// A regular expression sees type-only imports too; cycles of types are cycles.
const importsOf = (path: string): string[] =>
  [...readFileSync(join(root, path), "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, to]) =>
    relative(root, join(root, dirname(path), to as string)),
  );

test.each(files)("%s imports only what its folder may", (path) => {
  const from = folderOf(path);
  for (const to of importsOf(path)) {
    expect(to.endsWith(".ts")).toBeTrue();
    const step = `${from} → ${folderOf(to)}`;
    expect([step, isAllowed(from, folderOf(to))]).toEqual([step, true]);
  }
});

test("every folder has its row, and every row its folder", () => {
  const folders = readdirSync(join(root, "src")).concat("manifests", "plugins").sort();
  expect([...may.keys()].sort()).toEqual(folders);
});

test("the way of a byte names functions that are there", () => {
  const steps = [...page.matchAll(/^\d+\. `(\w+)` \(`([^`]+)`\)/gm)];
  expect(steps.length).toBeGreaterThan(15);
  for (const [, name, path] of steps)
    expect(readFileSync(join(root, path as string), "utf8")).toMatch(
      new RegExp(`export (async )?(function\\*?|const) ${name}\\b`),
    );
});

test("the glossary has at most 40 words", () => {
  const words = page.slice(page.indexOf("## Words"), page.indexOf("## Why")).match(/^\| /gm) ?? [];
  // The first row is the head.
  expect(words.length - 1).toBeLessThanOrEqual(40);
});

test("no file is longer than 300 lines", () => {
  const long = files.filter((path) => readFileSync(join(root, path), "utf8").split("\n").length > 300);
  expect(long).toEqual([]);
});

test("only the edge names a runtime, and only the command line touches the process", () => {
  const text = (path: string): string => readFileSync(join(root, path), "utf8").replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
  expect(files.filter((path) => folderOf(path) !== "runtime" && /\b(Bun|Deno)\./.test(text(path)))).toEqual([]);
  expect(
    files.filter((path) => !["cli", "runtime"].includes(folderOf(path)) && /\b(process|console)\./.test(text(path))),
  ).toEqual([]);
});

test("a unit test lies at the path of the file or the folder that it tests", () => {
  const elsewhere = globSync(["tests/*/**/*.test.ts", "!tests/{contracts,e2e,bench,support}/**"], { cwd: root });
  const stray = elsewhere.filter((path) => {
    const tested = join(root, path.replace(/^tests/, "src").replace(/\.test\.ts$/, ""));
    return !existsSync(`${tested}.ts`) && !existsSync(tested);
  });
  expect(stray).toEqual([]);
});

test("no import cycle", () => {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) throw new Error([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (done.has(path)) return;
    for (const next of importsOf(path).filter((to) => files.includes(to))) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of files) visit(path, []);
});

test("one plugin, one manifest, one line in the table", () => {
  const stems = (folder: string, ending: string): string[] =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(ending) && name !== "index.ts")
      .map((name) => basename(name, ending))
      .sort();
  const table = [...readFileSync(join(root, "plugins/index.ts"), "utf8").matchAll(/from "\.\/([\w-]+)\.ts"/g)]
    .map(([, name]) => name as string)
    .sort();
  expect(stems("plugins", ".ts")).toEqual(table);
  expect(stems("manifests", ".json")).toEqual(table);
});
