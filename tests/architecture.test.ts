// Who may import whom (docs/architecture.md), how long a file may be, and that a component is one plugin and one manifest.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { globSync } from "tinyglobby";

const root = resolve(import.meta.dir, "..");
const may: Record<string, readonly string[]> = {
  core: [],
  plugins: ["core"],
  resolve: ["core"],
  config: ["core"],
  import: ["core", "resolve"],
  update: ["core", "resolve", "net"],
  jinja: ["core"],
  kubespray: ["core", "import", "resolve", "jinja"],
  store: ["core"],
  net: ["core"],
  truth: ["core"],
  oci: ["core", "store", "net"],
  fetch: ["core", "store", "net", "oci", "truth"],
  push: ["core", "store", "net", "oci"],
  bundle: ["core", "store"],
  export: ["core", "store", "bundle", "oci"],
  verify: ["core", "store", "oci", "bundle", "truth"],
  site: ["core", "net", "oci"],
  serve: ["core", "store", "oci", "bundle"],
  runtime: ["core"],
  cli: [
    "core",
    "config",
    "resolve",
    "import",
    "update",
    "kubespray",
    "store",
    "net",
    "oci",
    "fetch",
    "push",
    "bundle",
    "export",
    "verify",
    "serve",
    "truth",
    "site",
    "runtime",
    "plugins",
  ],
};
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
    const folder = folderOf(to);
    if (folder !== from)
      expect([`${path} → ${folder}`, may[from]?.includes(folder)]).toEqual([`${path} → ${folder}`, true]);
  }
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
