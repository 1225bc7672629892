// The rules of the house: who may import whom (docs/architecture.md), what a file and a folder may hold, and the words of the field.
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
    // The one place of kso's version and home.
    if (path === "src/runtime/build.ts" && to === "package.json") continue;
    expect(to.endsWith(".ts")).toBeTrue();
    const step = `${from} → ${folderOf(to)}`;
    expect([step, isAllowed(from, folderOf(to))]).toEqual([step, true]);
  }
});

test("core imports nothing of ours", () => {
  const core = files.filter((path) => folderOf(path) === "core");
  expect(core.length).toBeGreaterThan(10);
  expect(core.flatMap(importsOf).filter((to) => folderOf(to) !== "core")).toEqual([]);
});

test("every folder has its row, and every row its folder", () => {
  // By their files: version control leaves empty folders behind where a folder was moved.
  const folders = [...new Set(files.map(folderOf)), "manifests"].sort();
  expect([...may.keys()].sort()).toEqual(folders);
});

test("what a row allows is used", () => {
  const steps = new Set(files.flatMap((path) => importsOf(path).map((to) => `${folderOf(path)} → ${folderOf(to)}`)));
  const listed = [...may].flatMap(([from, list]) => list.filter((to) => may.has(to)).map((to) => `${from} → ${to}`));
  expect(listed.filter((step) => !steps.has(step))).toEqual([]);
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

test("what a path leads to is read by one function, which has a limit and takes no device", () => {
  const reads = /import \{[^}]*\b(readFile|readFileSync|createReadStream)\b[^}]*\} from "node:fs/;
  const reading = files.filter(
    (path) => folderOf(path) !== "runtime" && reads.test(readFileSync(join(root, path), "utf8")),
  );
  // What the kernel shows of this machine, and what a plugin's process is handed.
  expect(reading.sort()).toEqual(["src/cli/main.ts", "src/doctor/host.ts", "src/files/owner.ts", "src/files/read.ts"]);
});

test("only the edge names a runtime, and only the command line touches the process", () => {
  const text = (path: string): string => readFileSync(join(root, path), "utf8").replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
  expect(files.filter((path) => folderOf(path) !== "runtime" && /\b(Bun|Deno)\./.test(text(path)))).toEqual([]);
  expect(
    files.filter((path) => !["cli", "runtime"].includes(folderOf(path)) && /\b(process|console)\./.test(text(path))),
  ).toEqual([]);
});

test("a unit test lies at the path of the file or the folder that it tests", () => {
  const elsewhere = globSync(["tests/*/**/*.test.ts", "!tests/{contracts,e2e,bench,fuzz,support}/**"], { cwd: root });
  const stray = elsewhere.filter((path) => {
    // What lies beside src has its tests at its own path.
    const tested = ["src", ""].map((top) => join(root, top, path.slice("tests/".length).replace(/\.test\.ts$/, "")));
    return !tested.some((path) => existsSync(`${path}.ts`) || existsSync(path));
  });
  expect(stray).toEqual([]);
});

/** What a file exports: kind and name, and where in its text. */
function exportsOf(text: string): { kind: string; name: string; index: number }[] {
  const pattern = /^export (?:abstract |async )*(function\*?|class|const|let|type|interface|enum) (\w+)/gm;
  return [...text.matchAll(pattern)].map(({ 1: kind = "", 2: name = "", index }) => ({ kind, name, index }));
}
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const sources = files.filter((path) => path.startsWith("src/"));

test("a name is exported by one file", () => {
  const homes = new Map<string, Set<string>>();
  for (const path of sources)
    for (const { name } of exportsOf(textOf(path))) homes.set(name, (homes.get(name) ?? new Set()).add(path));
  expect(homes.size).toBeGreaterThan(500);
  expect([...homes].filter(([, paths]) => paths.size > 1).map(([name, paths]) => [name, ...paths])).toEqual([]);
});

test("every exported function and class says in a line what it is for", () => {
  const silent = sources.flatMap((path) => {
    const text = textOf(path);
    return exportsOf(text)
      .filter(({ kind }) => /^(function|class)/.test(kind))
      .filter(({ index }) => {
        const [, comment] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, index)) ?? [];
        return comment === undefined || /^[\s*]*(@|$)/.test(comment);
      })
      .map(({ name }) => `${path} ${name}`);
  });
  expect(silent).toEqual([]);
});

test("the contract of a plugin has an example", () => {
  expect(textOf("src/core/plugin.ts")).toContain(" * @example\n");
});

test("src/cli is the command line and nothing else: at most 40 files", () => {
  expect(sources.filter((path) => path.startsWith("src/cli/")).length).toBeLessThanOrEqual(40);
});

test("words that mean nothing to the field stand in no file, and a gap is the air gap", () => {
  const words = /\b(wish|shelf|parcel|paper|ledger|pour|landing|lanes)/i;
  // `gap:` is a property of style sheets.
  const otherGap = /(?<!\bair[ -])(?<!\b(?:inside|across) the )\bgaps?\b(?!:)/i;
  const found = sources.flatMap((path) =>
    textOf(path)
      .split("\n")
      .flatMap((line, index) =>
        words.test(line) || otherGap.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [],
      ),
  );
  expect(found).toEqual([]);
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
