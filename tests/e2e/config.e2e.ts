// kso.yaml as a user has it: found in the working directory, named by --config, over-ruled by flags, wrong in every way.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaryFor, root } from "../support/paths.ts";

const kso = binaryFor("amd64");
let work = "";
beforeAll(() => {
  if (!existsSync(kso)) throw new Error("dist/ lacks the binary: run bun build.ts first");
  work = mkdtempSync(join(tmpdir(), "kso-config-"));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function runIn(folder: string, ...args: string[]): Ran {
  const cwd = join(work, folder);
  const env = { ...process.env, NO_COLOR: "1", HOME: join(work, "home"), XDG_CONFIG_HOME: join(work, "config") };
  const { exitCode, stdout, stderr } = Bun.spawnSync([kso, ...args], { cwd, env });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

/** Writes the files into a folder of the test's own. */
function site(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(work, folder, name, ".."), { recursive: true });
    writeFileSync(join(work, folder, name), text);
  }
}

/** As {@link site}, and their user has looked at kso.yaml there. */
function trustedSite(folder: string, files: Readonly<Record<string, string>>): void {
  site(folder, files);
  expect(runIn(folder, "trust", ".")).toMatchObject({ code: 0 });
}

test("a site's mirrors stand in kso.yaml, whatever a plan asks for: what is not used of them is noted for flags alone", () => {
  site("quiet", { "kso.yaml": "only: etcd\nmirror:\n  dl.k8s.io: http://10.0.0.5\n  gcr.io: http://10.0.0.5\n" });
  expect(runIn("quiet", "resolve").err).toMatch(
    /^kso\.yaml: only, mirror\nkubespray-2\.31\.0, [^\n]*: 2 files and 1 image\n$/,
  );
  expect(runIn("quiet", "resolve", "--mirror", "gcr.io=http://10.0.0.6").err).toContain("note: --mirror gcr.io: ");
});

test("kso.yaml in the working directory plans what the same flags plan", () => {
  site("same", {
    "kso.yaml": `kubespray: v2.22.0
kube: 1.26
arch: [arm64]
cni: calico
runtime: containerd
with: [helm, metrics-server]
without:
  - nodelocaldns
unavailable: include
mirror:
  dl.k8s.io: http://10.0.0.5/k8s
  quay.io: [http://10.0.0.5:5000/quay.io, http://10.0.0.6:5000/quay.io]
`,
  });
  mkdirSync(join(work, "bare"), { recursive: true });
  const selection = ["--kubespray", "v2.22.0", "--kube", "1.26", "--arch", "arm64", "--cni", "calico"];
  const narrowing = ["--runtime", "containerd", "--with", "helm,metrics-server", "--without", "nodelocaldns"];
  const mirrors = ["dl.k8s.io=http://10.0.0.5/k8s", "quay.io=http://10.0.0.5:5000/quay.io"];
  const flags = [
    ...selection,
    ...narrowing,
    "--unavailable",
    "include",
    ...mirrors.flatMap((one) => ["--mirror", one]),
  ];
  const typed = runIn("bare", "resolve", "--json", ...flags);
  const found = runIn("same", "resolve", "--json");
  expect(typed.code).toBe(0);
  expect(found).toMatchObject({ code: 0, out: typed.out });
  expect(found.err).toStartWith("kso.yaml: kubespray, kube, arch, cni, runtime, with, without, unavailable, mirror\n");
  expect(runIn("bare", "resolve", "--json", "--config", "../same/kso.yaml").out).toBe(typed.out);
  expect(runIn("same", "resolve", "--quiet", "--json").err).toBe("");
  // The other commands that plan take it too.
  expect(runIn("same", "export", "--format", "list", "-o", "out").code).toBe(0);
  expect(readFileSync(join(work, "same/out/plan.json"), "utf8")).toBe(typed.out);
  expect(JSON.parse(runIn("same", "components", "--json").out)).toMatchObject({ kubernetes: "1.26.5" });
});

test("1.30 is a version and not the number 1.3", () => {
  site("number", { "kso.yaml": "kubespray: 2.27.0\nkube: 1.30\nonly: kubernetes\n" });
  expect(JSON.parse(runIn("number", "resolve", "--json").out)).toMatchObject({
    kubernetes: expect.stringMatching(/^1\.30\./),
  });
});

test("a flag wins over the file, one by one", () => {
  site("wins", { "kso.yaml": "kubespray: 2.30.0\nkube: 1.33\nonly: [etcd, helm]\narch: arm64\n" });
  const ran = runIn("wins", "resolve", "--json", "--kube", "1.34", "--only", "etcd");
  const plan = JSON.parse(ran.out) as { kubernetes: string; artifacts: { component: string }[] };
  expect(plan).toMatchObject({ release: { version: "2.30.0" }, platforms: ["linux/arm64"] });
  expect(plan.kubernetes).toStartWith("1.34.");
  expect(new Set(plan.artifacts.map(({ component }) => component))).toEqual(new Set(["etcd"]));
  expect(ran.err).toStartWith("kso.yaml: kubespray, arch\n");
  // An empty file is a way to say: none.
  expect(JSON.parse(runIn("wins", "resolve", "--json", "--config", "/dev/null").out)).toMatchObject({
    release: { version: "2.31.0" },
  });
});

test("paths count from the file, and ~ is the home", () => {
  const sum = "ab".repeat(32);
  const files = { kubelet: { source: "mine", versions: { "1.35.99": { amd64: `sha256:${sum}` } } } };
  const plugin = `export default { name: "own", category: "tool", description: "Own",
  contribute: () => [{ kind: "image", name: "own", version: "1", image: "ghcr.io/x/own:1" }] };`;
  site("paths", {
    "conf/kso.yaml": "manifests: ../digests\nplugin: plugins/*.mjs\nstore: ~/store\n",
    "digests/kubernetes.json": JSON.stringify({ name: "kubernetes", files }),
    "conf/plugins/own.mjs": plugin,
  });
  const ran = runIn(
    "paths",
    "resolve",
    "--json",
    "--config",
    "conf/kso.yaml",
    "--kube",
    "1.35.99",
    "--only",
    "kubernetes,own",
  );
  const plan = JSON.parse(ran.out) as { artifacts: { name: string; digest?: string; image?: string }[] };
  expect(plan.artifacts.find(({ name }) => name === "kubelet")?.digest).toBe(`sha256:${sum}`);
  expect(plan.artifacts.find(({ name }) => name === "own")?.image).toBe("ghcr.io/x/own:1");
  expect(runIn("paths", "store", "path", "--config", "conf/kso.yaml").out).toBe(`${join(work, "home/store")}\n`);
  site("paths", { "conf/other.yaml": "store: blobs\n" });
  expect(runIn("paths", "store", "path", "--config", "conf/other.yaml").out).toBe(
    `${join(work, "paths/conf/blobs")}\n`,
  );
});

test("a setting that a command has no flag for does not hinder it; the same flag, typed, does", () => {
  site("stray", { "kso.yaml": "store: s\nlock: l.json\njobs: 4\nonly: etcd\n" });
  expect(runIn("stray", "export", "--format", "list", "-o", "out").code).toBe(0);
  expect(runIn("stray", "export", "--format", "list", "-o", "out", "--store", "s")).toMatchObject({ code: 2 });
  // Pruning with a lock that was never named would free what another lock needs.
  expect(runIn("stray", "store", "prune").err).toContain("Name the locks whose blobs are kept");
});

test("commands that do not plan never read it", () => {
  site("deaf", { "kso.yaml": "nonsense" });
  expect(runIn("deaf", "--version").code).toBe(0);
  expect(runIn("deaf", "inspect").err).toContain("Name a bundle");
  expect(runIn("deaf", "resolve", "--config", "/dev/null", "--only", "etcd").code).toBe(0);
});

test.each([
  ["kube: 1.35\ncnii: calico\n", 2, 'kso: Cannot use kso.yaml: line 2: "cnii" is not a setting: did you mean "cni"?'],
  ["kube: 1.35\n\ncni:\n", 2, "kso: Cannot use kso.yaml: line 3: cni has no value\n"],
  ["kube: 1.35\ncni: [calico\n", 2, "kso: Cannot use kso.yaml: line 3: "],
  ["kube: {a: b}\n", 2, "kso: Cannot use kso.yaml: line 1: kube must be a version or a list\n"],
  ["unavailable: some\n", 2, "kso: Cannot use kso.yaml: line 1: unavailable is exclude or include\n"],
  ["kube: 9.99\n", 3, "Kubernetes 9.99 is not supported by kubespray-2.31.0"],
  ["cni: calcio\n", 3, 'Unknown component "calcio": did you mean "calico"?'],
  ["mirror: dl.k8s.io\n", 2, '"dl.k8s.io" is not HOST=URL'],
])("%j is refused", (text, code, message) => {
  site("broken", { "kso.yaml": text });
  const ran = runIn("broken", "resolve");
  expect(ran).toMatchObject({ code, out: "" });
  expect(ran.err).toContain(message);
});

test("a file that is named must be there, and be a file", () => {
  expect(runIn("bare", "resolve", "--config", "nowhere.yaml")).toEqual({
    code: 2,
    out: "",
    err: "kso: Cannot read nowhere.yaml (--config): there is no such file\n",
  });
  expect(runIn("bare", "resolve", "--config", ".").err).toContain("kso: Cannot read . (--config): ");
});

test("the example in the documentation is right", () => {
  const text = readFileSync(join(root, "docs/configuration.md"), "utf8");
  const [, example] = /```yaml\n([\s\S]+?)```/.exec(text) ?? [];
  const plugin = 'export default { name: "own", category: "tool", description: "Own", contribute: () => [] };';
  trustedSite("documented", {
    "kso.yaml": example ?? "",
    "plugins/own.ts": plugin,
    "site-ca.pem": "",
    "manifests/etcd.json": '{ "name": "etcd" }',
  });
  expect(runIn("documented", "resolve", "--json")).toMatchObject({ code: 0 });
});

test("the binary runs and reads nothing of the runtime's own that lies in the working directory", () => {
  const ran = join(work, "ran");
  const proxy = "https_proxy=http://planted.example:3128\n";
  site("planted", {
    "bunfig.toml": 'preload = ["./planted.ts"]\n',
    "planted.ts": `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "");\n`,
    "tsconfig.json": '{ "compilerOptions": { "paths": { "node:fs": ["./planted.ts"] } } }\n',
    "package.json": '{ "imports": { "#x": "./planted.ts" } }\n',
    ".env": proxy,
    ".env.local": proxy,
    ".env.production": proxy,
  });
  expect(runIn("planted", "--version").code).toBe(0);
  expect(runIn("planted", "doctor").out).not.toContain("planted.example");
  // A plugin's process is the same program.
  expect(runIn("planted", "plugin", "check", "planted.ts").err).toContain("it is not a plugin");
  expect(existsSync(ran)).toBeTrue();
  rmSync(ran);
  expect(runIn("planted", "resolve", "--only", "etcd", "--json").code).toBe(0);
  expect(existsSync(ran)).toBeFalse();
});

const own = (name: string): string => `import { writeFileSync } from "node:fs";
writeFileSync(${JSON.stringify(join(tmpdir(), "kso-config-"))} + "ran", "");
export default { name: "${name}", category: "tool", description: "Own", contribute: () => [] };`;

test("a kso.yaml that was found chooses; to run code it wants its user's yes", () => {
  const ran = `${join(tmpdir(), "kso-config-")}ran`;
  rmSync(ran, { force: true });
  const refused = (why: string): void => {
    for (const command of [["resolve"], ["components", "--quiet"], ["export", "--format", "list", "-o", "out"]]) {
      const { code, err, out } = runIn("found", ...command);
      expect([command, code, out]).toEqual([command, 2, ""]);
      expect(err).toStartWith("kso: Cannot use kso.yaml: line 2: plugin in a file that was found and not named: ");
      expect(err).toContain(why);
      expect(err).toEndWith("look at it, then run kso trust ., or name it: --config kso.yaml takes it as it is\n");
    }
    expect(existsSync(ran)).toBeFalse();
  };
  site("found", { "own.ts": own("own"), "p/two.ts": own("two"), "kso.yaml": "only: etcd\nplugin: own.ts\n" });
  refused("nobody has trusted it");
  // Named, or with the flag in its place, it is as the user wants it.
  expect(runIn("found", "resolve", "--config", "kso.yaml").code).toBe(0);
  expect(existsSync(ran)).toBeTrue();
  rmSync(ran);
  expect(runIn("found", "resolve", "--plugin", "p/two.ts").err).toStartWith("kso.yaml: only\n");
  rmSync(ran);
  // Trusted, until a byte of a plugin changes; what else the file says does not matter.
  const trusted = runIn("found", "trust", ".");
  expect(trusted.out).toMatch(/^sha256:[0-9a-f]{64} {2}\/.*found\/own\.ts\n$/);
  expect(runIn("found", "resolve").code).toBe(0);
  expect(existsSync(ran)).toBeTrue();
  rmSync(ran);
  expect(runIn("found", "trust", "--list").out).toContain("found/kso.yaml\n");
  site("found", { "kso.yaml": "only: [etcd, coredns]\nplugin: own.ts\n" });
  expect(runIn("found", "resolve").code).toBe(0);
  rmSync(ran);
  site("found", { "own.ts": `${own("own")}// more` });
  refused("found/own.ts has changed since kso trust");
  expect(runIn("found", "trust", "--list").out).toContain("found/own.ts has changed since kso trust\n");
  site("found", { "own.ts": own("own"), "kso.yaml": "only: etcd\nplugin: [own.ts, p/two.ts]\n" });
  refused("found/p/two.ts is new since kso trust");
  expect(runIn("found", "trust", "--remove", ".").code).toBe(0);
  refused("nobody has trusted it");
  expect(runIn("found", "trust", "--remove", ".")).toMatchObject({ code: 2, out: "" });
  expect(runIn("found", "trust")).toMatchObject({ code: 2, out: "" });
  expect(runIn("found", "trust", "p").err).toBe("kso: Cannot trust p: there is no kso.yaml in it\n");
  expect(existsSync(ran)).toBeFalse();
});

test("a kso.yaml in the checkout is never taken by itself, trusted or not", () => {
  trustedSite("checkout", { "kso.yaml": "only: etcd\nplugin: own.ts\n", "own.ts": own("own"), "below/x": "" });
  const typed = runIn("checkout", "resolve", "--kubespray-dir", ".");
  expect(typed.err).toStartWith("note: kso.yaml is not read, it lies in the checkout .; --config kso.yaml takes it\n");
  trustedSite("checkout", { "kso.yaml": "kubespray-dir: .\nplugin: own.ts\n" });
  expect(runIn("checkout", "resolve")).toMatchObject({
    code: 2,
    err: expect.stringContaining("the file lies in the checkout that it names; --config kso.yaml takes it as it is\n"),
  });
  // Links lead where they lead.
  symlinkSync("checkout", join(work, "alias"));
  expect(runIn("checkout", "resolve", "--kubespray-dir", "../alias").err).toContain("is not read");
});

test("a kso.yaml without an end is refused at once", () => {
  mkdirSync(join(work, "endless"));
  symlinkSync("/dev/zero", join(work, "endless/kso.yaml"));
  expect(runIn("endless", "resolve")).toEqual({
    code: 2,
    out: "",
    err: "kso: Cannot read kso.yaml (--config): it is no file but a device\n",
  });
});
