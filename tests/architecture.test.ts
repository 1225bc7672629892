// Who may import whom (docs/architecture.md), how long a file may be, and that a component is one plugin and one manifest.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { globSync } from "tinyglobby";
import { root } from "./support/paths.ts";

const may: Record<string, readonly string[]> = {
  core: [],
  plugins: ["core"],
  runtime: ["core"],
  files: ["core"],
  http: ["core"],
  "machine-code": ["core"],
  ansible: ["core"],
  store: ["core", "files"],
  catalog: ["core", "files", "runtime", "plugins"],
  plan: ["core", "catalog"],
  kubespray: ["core", "catalog", "plan", "ansible"],
  oci: ["core", "http"],
  "release-data": ["core", "files", "http", "catalog", "plan", "ansible", "kubespray"],
  fetch: ["core", "files", "store", "http", "oci", "machine-code"],
  bundle: ["core", "files", "store"],
  export: ["core", "files", "store", "oci", "bundle", "machine-code"],
  verify: ["core", "files", "store", "oci", "bundle", "machine-code"],
  endpoints: ["core", "files", "http", "oci"],
  push: ["core", "files", "store", "http", "oci", "bundle"],
  serve: ["core", "files", "oci", "bundle", "endpoints", "runtime"],
  doctor: ["core", "files", "http", "oci", "plan"],
  cli: [
    ...["core", "plugins", "runtime", "files", "http", "store", "oci", "machine-code", "catalog", "plan", "ansible"],
    ...["kubespray", "release-data", "fetch", "bundle", "export", "verify", "endpoints", "push", "serve", "doctor"],
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
