// From a cold store to a bundle that proves itself, on real servers: what is in it, that it is the same bytes whoever seals
// it and how, and what a second run transfers. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, requireTools, run, serveDirectory } from "../support/containers.ts";
import { file, firstRelease, type Origin, pair, type Release, startOrigin } from "../support/origin.ts";
import { binaryFor, root } from "../support/paths.ts";
import { type Kso, ksoIn, works } from "../support/program.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const release = firstRelease();
const paths = [...new Map(release.files.map((one) => [one.path, one.bytes]))];
let origin: Origin;
let flags: string[];

beforeAll(async () => {
  await requireTools({ tar: "tar", sha256sum: "coreutils", "qemu-aarch64-static": "qemu-user-static" });
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  flags = await origin.publish("first", release);
  mkdirSync(at("out"));
}, 60_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

const tarball = ["export", "--format", "tarball"];
const sum = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
/** All files below a folder, by their path in it. */
const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

test("from a cold store: one archive, and nothing beside it but the lock", async () => {
  const bundle = at("out", "whole.tar");
  const more = ["--with-binaries", "-o", bundle, "--lock", at("out", "kso.lock.json"), ...flags];
  expect(await works(kso(...tarball, ...more))).toBe(`${bundle}\n`);
  expect(readdirSync(at("out")).sort()).toEqual(["kso.lock.json", "whole.tar"]);
  expect(readdirSync(at("home"))).toEqual(["cache"]);
}, 60_000);

test("tar and sha256sum are enough to unpack and check it; files are hard links to blobs and hold upstream's bytes", async () => {
  mkdirSync(at("tree"));
  await must("tar", ["xf", at("out", "whole.tar"), "-C", at("tree")]);
  const check = 'cd "$0" && sha256sum --strict -c kso/SHA256SUMS';
  const checked = (await must("sh", ["-c", check, at("tree")])).trim().split("\n");
  const named = checked.map((line) => line.replace(/: OK$/, "").replace(/^\.\//, ""));
  // Under one of its names each: what is a link to a file that is named is the same bytes.
  const inodes = (names: readonly string[]): Set<number> =>
    new Set(names.map((name) => statSync(at("tree", name)).ino));
  expect(inodes(named)).toEqual(inodes(filesBelow(at("tree")).filter((name) => name !== "kso/SHA256SUMS")));
  expect(filesBelow(at("tree", "files"))).toEqual(paths.map(([path]) => path).sort());
  for (const [path, bytes] of paths) {
    const blob = statSync(at("tree", "blobs", sha(bytes).replace(":", "/")));
    expect(statSync(at("tree", "files", path)).ino).toBe(blob.ino);
    expect(readFileSync(at("tree", "files", path)).equals(bytes)).toBeTrue();
  }
  for (const name of ["kso-linux-amd64", "kso-linux-arm64"])
    expect(sum(at("tree", "kso", name))).toBe(sum(join(root, "dist", name)));
  expect(readFileSync(at("tree", "kso/lock.json"))).toEqual(readFileSync(at("out", "kso.lock.json")));
}, 60_000);

test("kso verify passes for the archive and for the tree, also when the kso that travelled along does it", async () => {
  const travelled = at("tree", "kso", "kso-linux-amd64");
  for (const path of [at("out", "whole.tar"), at("tree")])
    for (const deep of [[], ["--deep"]]) {
      const report = JSON.parse(await works(kso("verify", path, "--json", ...deep)));
      expect(report).toMatchObject({ ok: true, problems: [], counts: { files: paths.length, images: 3 } });
      expect(await run(travelled, ["verify", path, ...deep])).toMatchObject({ code: 0, stdout: "" });
    }
}, 60_000);

test("kso verify names what one changed byte in the tree belongs to", async () => {
  const [path, bytes] = paths[0] as [string, Uint8Array];
  const blob = at("tree", "blobs", sha(bytes).replace(":", "/"));
  const wrong = Buffer.from(bytes);
  wrong[wrong.length - 1] = (wrong[wrong.length - 1] as number) ^ 1;
  writeFileSync(blob, wrong);
  const ran = await kso("verify", at("tree"));
  expect(ran.code).toBe(5);
  expect(ran.stdout).toContain(path);
  writeFileSync(blob, bytes);
  expect(await kso("verify", at("tree"))).toMatchObject({ code: 0, stdout: "" });
}, 60_000);

test("kso inspect shows what is inside, whole or cut short by head", async () => {
  const bundle = at("out", "whole.tar");
  const inside = JSON.parse(await works(kso("inspect", bundle, "--json")));
  expect(inside).toMatchObject({ schema: "kso.inspect/1", bytes: statSync(bundle).size, unavailable: [], records: [] });
  expect(inside.files.map((one: { path: string }) => one.path)).toEqual(paths.map(([path]) => path).sort());
  expect(inside.images.map((one: { image: string }) => one.image)).toEqual(Object.keys(release.images).sort());
  expect(inside.binaries).toEqual(["kso/kso-linux-amd64", "kso/kso-linux-arm64"]);
  // Many times: who comes first is a matter of luck.
  const program = binaryFor("amd64");
  for (let time = 0; time < 5; time++) {
    const cut = await run("bash", ["-c", 'set -o pipefail; "$0" inspect "$1" | head -n 1', program, bundle]);
    expect(cut).toEqual({ code: 0, stdout: `bundle      ${bundle}\n`, stderr: "" });
  }
}, 60_000);

test("nginx over files/ serves what the lists ask for", async () => {
  const server = await serveDirectory(at("served"), at("tree", "files"));
  try {
    for (const [path, bytes] of paths) {
      const answer = await fetch(`http://127.0.0.1:${server.port}/${path}`);
      expect([path, answer.status, sha(new Uint8Array(await answer.arrayBuffer()))]).toEqual([path, 200, sha(bytes)]);
    }
  } finally {
    await server.stop();
  }
});

test("the same bytes: cold and warm, one job and many, Bun and Deno, binary and source, with a lock and without", async () => {
  const seal = async (name: string, program: Kso, ...more: string[]): Promise<string> => {
    const given = more.includes("--lock") ? [] : ["--lock", at("same", `${name}.json`)];
    await works(program(...tarball, "-o", at("same", `${name}.tar`), ...given, ...flags, ...more));
    const made = sum(at("same", `${name}.tar`));
    rmSync(at("same", `${name}.tar`));
    return made;
  };
  mkdirSync(at("same"));
  const first = await seal("cold", ksoIn(at("same-cold")));
  const lock = at("same", "cold.json");
  const runs: [string, Kso, string[]][] = [
    ["warm", ksoIn(at("same-cold")), []],
    ["one", ksoIn(at("same-one")), ["--jobs", "1"]],
    ["many", ksoIn(at("same-many")), ["--jobs", "16"]],
    ["bun", ksoIn(at("same-bun"), {}, "bun"), []],
    ["deno", ksoIn(at("same-deno"), {}, "deno"), []],
  ];
  for (const [name, program, more] of runs) {
    expect([name, await seal(name, program, ...more)]).toEqual([name, first]);
    expect([name, readFileSync(at("same", `${name}.json`), "utf8")]).toEqual([name, readFileSync(lock, "utf8")]);
  }
  const after = readFileSync(lock, "utf8");
  for (const [name, , more] of runs) {
    // Cold again, held to the lock; on the day after, which is in the lock and not in the clock.
    const way = name === "bun" || name === "deno" ? name : "binary";
    const program = ksoIn(at("locked", name), { SOURCE_DATE_EPOCH: "1790090000" }, way);
    expect([name, await seal(`locked-${name}`, program, ...more, "--lock", lock)]).toEqual([name, first]);
  }
  expect(readFileSync(lock, "utf8")).toBe(after);
}, 300_000);

test("the arm64 binary under qemu fetches and seals the same bytes, held to the same lock or not", async () => {
  // Components of kso's own: a plugin runs in a child process, which only arm64 or binfmt_misc can start.
  const path = (arch: string): string => `get.helm.sh/helm-v3.18.4-linux-${arch}.tar.gz`;
  const [amd64, arm64] = release.files.filter(({ name }) => name === "etcd").map(({ bytes }) => bytes) as Uint8Array[];
  const [helm, coredns] = [{ amd64, arm64 } as Record<"amd64" | "arm64", Uint8Array>, pair("coredns")];
  await origin.publish("native", {
    files: [file("helm", "amd64", path("amd64"), helm.amd64), file("helm", "arm64", path("arm64"), helm.arm64)],
    images: { "registry.k8s.io/coredns/coredns:v1.12.4": coredns },
  });
  const versions = { "3.18.4": { amd64: sha(helm.amd64), arm64: sha(helm.arm64) } };
  const manifest = { name: "helm", files: { helm: { source: "test", versions } } };
  mkdirSync(at("native", "manifests"), { recursive: true });
  writeFileSync(at("native", "manifests", "helm.json"), JSON.stringify(manifest));
  const selection = ["--kubespray", "2.31.0", "--only", "helm,coredns", "--manifests", at("native", "manifests")];
  const mirrors = [
    `get.helm.sh=http://127.0.0.1:${origin.files.port}/get.helm.sh`,
    `registry.k8s.io=http://127.0.0.1:${origin.registry.port}/registry.k8s.io`,
  ].flatMap((mirror) => ["--mirror", mirror]);
  const seal = async (name: string, way: "binary" | "arm64", lock: string): Promise<string> => {
    const written = ["-o", at("native", name), "--lock", at("native", lock)];
    await works(ksoIn(at("native", `${name}-home`), {}, way)(...tarball, ...written, ...selection, ...mirrors));
    return sum(at("native", name));
  };
  const native = await seal("native.tar", "binary", "native.json");
  expect(await seal("foreign.tar", "arm64", "foreign.json")).toBe(native);
  expect(await seal("locked.tar", "arm64", "native.json")).toBe(native);
  expect(readFileSync(at("native", "foreign.json"), "utf8")).toBe(readFileSync(at("native", "native.json"), "utf8"));
  expect(await ksoIn(at("home"), {}, "arm64")("verify", at("native", "foreign.tar"))).toMatchObject({ code: 0 });
}, 180_000);

test("the arm64 binary under qemu verifies and inspects as the other does", async () => {
  const arm64 = ksoIn(at("home"), {}, "arm64");
  for (const args of [["verify", "--json"], ["verify", "--deep", "--json"], ["inspect"], ["inspect", "--json"]])
    expect((await arm64(...args, at("out", "whole.tar"))).stdout).toBe(
      await works(kso(...args, at("out", "whole.tar"))),
    );
}, 120_000);

test("a second run transfers nothing; one changed file costs that file; a moved tag its new blobs, and only when asked for", async () => {
  const room = (name: string): string => at("again", name);
  mkdirSync(at("again"));
  const home = ksoIn(at("again-home"));
  const args = (more: readonly string[]): string[] => [
    ...[...tarball, "-o", room("a.tar"), "--lock", room("lock.json"), "--json"],
    ...more,
  ];
  const result = (stdout: string): unknown => JSON.parse(stdout.trim().split("\n").at(-1) as string).fetched;
  await works(home(...args(flags)));
  const first = sum(room("a.tar"));
  await origin.transfers();
  expect(result(await works(home(...args(flags))))).toEqual({ items: 0, bytes: 0 });
  expect(await origin.transfers()).toEqual([]);
  expect(sum(room("a.tar"))).toBe(first);

  const path = "raw.githubusercontent.com/calico/v3.1/notes.txt";
  const bytes = noise("notes, another time", 50_000);
  const files = release.files.map((one) => (one.name === "notes" ? file("notes", one.arch, path, bytes) : one));
  const second: Release = { ...release, files };
  const changed = await origin.publish("second", second);
  await origin.transfers();
  expect(result(await works(home(...args(changed))))).toEqual({ items: 1, bytes: bytes.length });
  expect(await origin.transfers()).toEqual([`GET /${path} 200`]);

  // Upstream moves a tag: with the lock nothing moves, and a line says so.
  const held = sum(room("a.tar"));
  const tool = pair("tool, another time");
  await origin.publish("third", { ...second, images: { "docker.io/library/tool:1.0": tool } });
  await origin.transfers();
  const kept = await home(...args(changed));
  expect(kept.code).toBe(0);
  expect(await origin.transfers()).toEqual([]);
  expect(sum(room("a.tar"))).toBe(held);
  expect(kept.stdout + kept.stderr).toContain("docker.io/library/tool:1.0");
  await works(home(...args(changed), "--update"));
  const own = Object.values(tool.platforms).flatMap(({ config, layers }) => [config.digest, layers[1]?.digest]);
  const blobs = (await origin.transfers()).map((line) => /sha256:[0-9a-f]{64}/.exec(line)?.[0]);
  expect(blobs.sort()).toEqual(own.sort());
  expect(await kso("verify", room("a.tar"))).toMatchObject({ code: 0 });
}, 120_000);

test("an export over an earlier one replaces it only when it is whole", async () => {
  cpSync(at("out", "whole.tar"), at("out", "kept.tar"));
  const before = sum(at("out", "kept.tar"));
  const gone = [...flags.slice(0, -1), flags.at(-1)?.replace(/:\d+\//, ":1/") as string];
  const ran = await ksoIn(at("gone"))(
    ...tarball,
    "-o",
    at("out", "kept.tar"),
    "--lock",
    at("out", "gone.json"),
    ...gone,
  );
  expect(ran.code).toBe(4);
  expect(sum(at("out", "kept.tar"))).toBe(before);
  const failures = JSON.parse(readFileSync(at("out", "failures.json"), "utf8"));
  expect(failures.map((one: { artifact: string }) => one.artifact)).toEqual(["docker.io/library/tool:1.0"]);
  expect(readdirSync(at("out")).sort()).toEqual(["failures.json", "kept.tar", "kso.lock.json", "whole.tar"]);
}, 120_000);
