// Plugins that users bring, through the program itself: good ones work, and a broken one is named with its file and reason.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { plugins as builtIn } from "../../plugins/index.ts";
import { loadPlugins, pluginFiles } from "../../src/catalog/user-plugins.ts";
import { Semaphore } from "../../src/core/concurrency.ts";
import { fixtures, root } from "../support/paths.ts";

const main = join(root, "src/cli/main.ts");
const k9s = join(fixtures, "plugins/k9s.ts");
const folder = mkdtempSync(join(tmpdir(), "kso-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A process has a process for each plugin. */
const processes = new Semaphore(availableParallelism());

async function kso(...words: string[]): Promise<Run> {
  const release = await processes.acquire();
  try {
    const child = Bun.spawn([process.execPath, main, ...words], { cwd: folder, stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { code, out, err };
  } finally {
    release();
  }
}

/** A plugin file; `contribute` is the body of the function. */
function plugin(name: string, contribute: string, more = ""): string {
  const path = `${name}.ts`;
  const text = `${more}\nexport default { name: ${JSON.stringify(name)}, category: "tool", description: "Test",
    contribute(release: any, platform: any): any { ${contribute} } };\n`;
  return write(path, text);
}

function write(path: string, text: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  return path;
}

const image = `{ kind: "image", name: "demo", version: "1", image: "docker.io/x/demo:1" }`;

describe("plugin new", () => {
  test("writes a plugin that passes the check once it is filled in, and does not overwrite it", async () => {
    const made = await kso("plugin", "new", "my-tool");
    expect(made).toMatchObject({ code: 0, out: "my-tool.ts\n" });
    const before = readFileSync(join(folder, "my-tool.ts"), "utf8");
    const untouched = await kso("plugin", "check", "my-tool.ts");
    expect(untouched).toMatchObject({ code: 3, out: "" });
    expect(untouched.err).toContain("https://example.com/my-tool/v1.0.0/my-tool-linux-amd64.tar.gz is an example");
    const filled = before.replace("example.com", "get.site").replace("docker.io/example", "docker.io/maker");
    write("filled/my-tool.ts", filled);
    expect((await kso("plugin", "check", "filled/my-tool.ts")).err).toContain(
      "the digest of my-tool 1.0.0 is the templ",
    );
    write("filled/my-tool.ts", filled.replace("0".repeat(64), "a".repeat(64)).replace("0".repeat(64), "b".repeat(64)));
    expect(await kso("plugin", "check", "filled/my-tool.ts")).toMatchObject({ code: 0, out: "" });
    const again = await kso("plugin", "new", "my-tool");
    expect(again.code).toBe(2);
    expect(again.err).toContain("my-tool.ts: it is there already");
    expect(readFileSync(join(folder, "my-tool.ts"), "utf8")).toBe(before);
  });
  test("-o names the place; a bad name is refused", async () => {
    expect((await kso("plugin", "new", "other", "-o", "elsewhere.ts")).out).toBe("elsewhere.ts\n");
    expect((await kso("plugin", "new", "Bad Name")).code).toBe(2);
    expect((await kso("plugin")).code).toBe(2);
  });
});

describe("a good plugin", () => {
  test("passes the check; --json is data on stdout", async () => {
    const { code, out } = await kso("plugin", "check", k9s, "--json");
    expect(code).toBe(0);
    const [report] = JSON.parse(out);
    expect(report).toMatchObject({ path: k9s, ok: true });
    expect(report.checks.every(({ ok }: { ok: boolean }) => ok)).toBe(true);
  });
  test("is resolved like a built-in one", async () => {
    const { code, out } = await kso("resolve", "--plugin", k9s, "--only", "k9s", "--json", "--quiet");
    expect(code).toBe(0);
    const names = JSON.parse(out).artifacts.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["k9s", "k9s", "k9s_image"]);
  });
  test("has the helpers, may have helpers of its own, may print, and is found by a glob", async () => {
    write("many/lib/part.ts", `import { image } from "kso/plugin"; export const part = image;`);
    write(
      "many/demo-glob.ts",
      `import { pin, pinned, since, type Plugin } from "kso/plugin"; import { part } from "./lib/part.ts";
       console.log("printed at import"); setInterval(() => {}, 1000);
       const plugin: Plugin = { name: "demo-glob", category: "addon", description: "Test",
         *contribute(release) { console.log("printed in a run");
           if (since(release.version, "2.22.0")) yield* part("demo", pinned(release, "etcd_version"), "docker.io/x/demo");
           pin(release, "etcd_version"); } };
       export default plugin;`,
    );
    const { code, out, err } = await kso("resolve", "--plugin", "many/*.ts", "--only", "demo-glob", "--json");
    expect(err).toContain("printed at import");
    expect(code).toBe(0);
    expect(JSON.parse(out).artifacts).toHaveLength(1);
  });
});

describe("a broken plugin is named with its file and the reason, exit code 3", () => {
  const cases: Record<string, [path: string, reason: string]> = {
    "does not parse": [write("parse.ts", "export default {{{"), "it cannot be imported: line 1"],
    "throws at import": [write("import.ts", `throw new Error("no luck")`), "it cannot be imported: no luck"],
    "imports what is not there": [write("absent.ts", `import "./nowhere.ts"`), "nowhere.ts"],
    "ends the process": [write("exit.ts", "process.exit(0)"), "it ends its process before it answers"],
    "throws in contribute": [plugin("throwing", `throw new Error("no luck")`), "no luck"],
    "has no default export": [write("nothing.ts", "export const a = 1"), "it has no default export"],
    "has the wrong shape": [write("shape.ts", `export default { name: "shape" }`), "it is not a plugin: category"],
    "contributes rubbish": [plugin("rubbish", "return [{ kind: 'file', name: 'a' }]"), "version"],
    "gives a promise": [plugin("promise", "return Promise.resolve([])"), "a promise"],
    "changes its input": [plugin("meddling", `release.pins.x = "1"; return []`), "contribute changes what it is given"],
    "counts its runs": [
      plugin("counting", `return [{ ...${image}, version: String(count++) }]`, "let count = 0;"),
      "contribute is not pure",
    ],
    "asks the clock": [plugin("clock", `return [{ ...${image}, version: String(Date.now()) }]`), "it uses Date.now"],
    "has a built-in name": [
      write(
        "etcd.ts",
        `export default {
      name: "etcd", category: "core", description: "Test", contribute: () => [] }`,
      ),
      `another plugin "etcd"`,
    ],
  };
  // What is independent runs at the same time.
  const resolved = new Map(Object.values(cases).map(([path]) => [path, kso("resolve", "--plugin", path)]));
  const checked = kso("plugin", "check", ...resolved.keys(), "--json");
  for (const [what, [path, reason]] of Object.entries(cases))
    test(what, async () => {
      const { code, err, out } = (await resolved.get(path)) as Run;
      expect({ code, out }).toEqual({ code: 3, out: "" });
      expect(err).toContain(`Cannot use the plugin ${path}: `);
      expect(err).toContain(reason);
    });

  test("kso plugin check fails each of them", async () => {
    const { code, err, out } = await checked;
    expect(code).toBe(3);
    const reports = JSON.parse(out) as { path: string; ok: boolean }[];
    expect(reports.map(({ path, ok }) => [path, ok])).toEqual([...resolved.keys()].map((path) => [path, false]));
    for (const path of resolved.keys()) expect(err).toContain(`Cannot use the plugin ${path}: "`);
  });

  test("two files of one name", async () => {
    write(
      "twice/a/twin.ts",
      `export default { name: "twin", category: "tool", description: "T", contribute: () => [] }`,
    );
    write(
      "twice/b/twin.ts",
      `export default { name: "twin", category: "tool", description: "T", contribute: () => [] }`,
    );
    const { code, err } = await kso("resolve", "--plugin", "twice/*/twin.ts");
    expect(code).toBe(3);
    expect(err).toContain(
      `Cannot use the plugin twice/b/twin.ts: there is another plugin "twin" already (twice/a/twin.ts)`,
    );
  });

  // The limit of the second is long: a busy machine takes its time to load it.
  test("never ends: at import, or in contribute", async () => {
    const atImport = join(folder, write("endless.ts", "while (true) {}"));
    await expect(loadPlugins([atImport], builtIn, 500)).rejects.toThrow(
      `Cannot use the plugin ${atImport}: it does not finish within 0.5 s`,
    );
    const loaded = await loadPlugins([join(folder, plugin("spinning", "while (true) {}"))], builtIn, 3000);
    const spin = loaded.get("spinning")?.plugin;
    const release = { name: "kubespray-2.31.0", version: "2.31.0", kubernetes: "1.35.4", pins: {} };
    expect(() => [...(spin?.contribute(release, { os: "linux", arch: "amd64", machine: "x86_64" }) ?? [])]).toThrow(
      "spinning.ts: it does not finish within 3 s",
    );
  });
});

test("a path or a glob that names no script is a usage error", async () => {
  write("notes.txt", "");
  // Loading it would fill the memory until the deadline.
  symlinkSync("/dev/zero", join(folder, "zero.ts"));
  for (const pattern of ["nowhere.ts", "nowhere/*.ts", ".", "notes.txt", "zero.ts"]) {
    const { code, err } = await kso("resolve", "--plugin", pattern);
    expect(code).toBe(2);
    expect(err).toContain(`Cannot use the plugin ${pattern}: `);
  }
  expect(() => pluginFiles([join(folder, "zer*.ts")])).toThrow("it is not a file");
});
