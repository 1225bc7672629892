// `--format registry`: docker-registry serves the tree as it is. What it costs on disk, that it is brought up to date while it
// is served, and what is kept when it fails. Run by .ci/run after build.ts.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, requireTools, run, type Server, startRegistry } from "../support/containers.ts";
import { disk } from "../support/disk.ts";
import { pull, topDigest } from "../support/layers.ts";
import { firstRelease, type Origin, pair, type Release, startOrigin } from "../support/origin.ts";
import { binaryFor } from "../support/paths.ts";
import { type Kso, ksoIn, works } from "../support/program.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const release = firstRelease();
const data = "docker/registry/v2/blobs/sha256";
let origin: Origin;
let flags: string[];

beforeAll(async () => {
  await requireTools({ skopeo: "skopeo", "docker-registry": "docker-registry", mount: "mount" });
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  flags = await origin.publish("first", release);
}, 60_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

const exported = (program: Kso, to: string, ...more: string[]): ReturnType<Kso> =>
  program("export", "--format", "registry", "-o", to, "--lock", at("lock.json"), ...flags, ...more);

/** All files below a folder, with what they are: inode, size, time. */
function filesBelow(path: string): Map<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((name) => {
        const { ino, size, mtimeMs } = statSync(name);
        return [name.slice(path.length + 1), `${ino} ${size} ${mtimeMs}`];
      }),
  );
}

function serve(tree: string, name: string): Promise<Server> {
  return startRegistry(
    at("served", name),
    (port) => `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${tree} }, maintenance: { readonly: { enabled: true } } }
http: { addr: "127.0.0.1:${port}" }
`,
  );
}

const namesOf = (image: string): string[] => {
  const stripped = image.replace(/^[^/]+\//, "");
  return [image, stripped, `k8s/${image}`, `k8s/${stripped}`];
};

test("docker-registry serves every image of both architectures under each of its names", async () => {
  expect(await works(exported(kso, at("tree")))).toBe(`${at("tree")}\n`);
  const server = await serve(at("tree"), "tree");
  try {
    for (const image of Object.keys(release.images)) {
      const there = `127.0.0.1:${origin.registry.port}/${image}`;
      const digest = await topDigest(there);
      for (const name of namesOf(image))
        expect([name, await topDigest(`127.0.0.1:${server.port}/${name}`)]).toEqual([name, digest]);
      for (const arch of ["amd64", "arm64"]) {
        // pause has its arm64 as v8, which skopeo wants to hear.
        if (image.includes("/pause:") && arch === "arm64") continue;
        const to = at("pulled", image.replaceAll(/[/:]/g, "_"), arch);
        const upstream = await pull(there, arch, join(to, "upstream"));
        expect(await pull(`127.0.0.1:${server.port}/${image}`, arch, join(to, "here"))).toEqual(upstream);
      }
    }
    const catalog = (await (await fetch(`http://127.0.0.1:${server.port}/v2/_catalog?n=1000`)).json()) as {
      repositories: string[];
    };
    const wanted = Object.keys(release.images).flatMap((image) => namesOf(image.replace(/:[^:]+$/, "")));
    expect(catalog.repositories.sort()).toEqual(wanted.sort());
  } finally {
    await server.stop();
  }
}, 120_000);

test("the blobs are the store's own files, and with --copy they are not", async () => {
  const store = at("home/cache/kso/blobs/sha256");
  const check = (tree: string, same: boolean): void => {
    for (const prefix of readdirSync(join(tree, data)))
      for (const hex of readdirSync(join(tree, data, prefix)))
        expect(statSync(join(tree, data, prefix, hex, "data")).ino === statSync(join(store, hex)).ino).toBe(same);
  };
  check(at("tree"), true);
  await works(exported(kso, at("copied"), "--copy"));
  check(at("copied"), false);
  // A second run leaves everything as it is, copied or linked.
  for (const [name, ...more] of [["tree"], ["copied", "--copy"]] as [string, ...string[]][]) {
    const before = filesBelow(at(name));
    await works(exported(kso, at(name), ...more));
    expect(filesBelow(at(name))).toEqual(before);
  }
  // And what is damaged is made good.
  const [prefix = ""] = readdirSync(at("copied", data));
  const [hex = ""] = readdirSync(at("copied", data, prefix));
  const damaged = at("copied", data, prefix, hex, "data");
  const sound = readFileSync(damaged);
  writeFileSync(damaged, Buffer.alloc(sound.length));
  await works(exported(kso, at("copied"), "--copy"));
  expect(readFileSync(damaged).equals(sound)).toBeTrue();
}, 60_000);

test("Bun, Deno and the binary write the same tree, and a strict umask hides nothing", async () => {
  const text = (tree: string): Map<string, string> =>
    new Map([...filesBelow(tree).keys()].map((name) => [name, Bun.hash(readFileSync(join(tree, name))).toString()]));
  const first = text(at("tree"));
  for (const way of ["bun", "deno"] as const) {
    await works(exported(ksoIn(at("same", way), {}, way), at("same", `${way}-tree`)));
    expect(text(at("same", `${way}-tree`))).toEqual(first);
  }
  const binary = binaryFor("amd64");
  const args = [
    "export",
    "--format",
    "registry",
    "-o",
    at("strict"),
    "--store",
    at("strict-store"),
    "--lock",
    at("lock.json"),
  ];
  const env = { HOME: at("home"), SOURCE_DATE_EPOCH: "1790000000" };
  await must("sh", ["-c", 'umask 077 && exec "$0" "$@"', binary, ...args, ...flags], env);
  const hidden = await must("find", [at("strict"), "!", "-perm", "-004", "-o", "-type", "d", "!", "-perm", "-005"]);
  expect(hidden).toBe("");
  expect(text(at("strict"))).toEqual(first);
}, 120_000);

describe("a tree that is there already", () => {
  test("is brought up to date while it is served: what is gone goes, what others pushed stays", async () => {
    const tree = at("site");
    await works(exported(kso, tree));
    const open = (name: string, readonly: boolean): Promise<Server> =>
      startRegistry(
        at("served", name),
        (port) => `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${tree} }, maintenance: { readonly: { enabled: ${readonly} } } }
http: { addr: "127.0.0.1:${port}" }
`,
      );
    const server = await open("site", false);
    try {
      const here = `127.0.0.1:${server.port}`;
      // Another team pushes an image that shares its layers with one of ours.
      const from = `docker://127.0.0.1:${origin.registry.port}/docker.io/library/tool:1.0`;
      const tls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
      await must("skopeo", ["copy", "--quiet", "--all", ...tls, from, `docker://${here}/team/tool:1`]);
      const theirs = await topDigest(`${here}/team/tool:1`);
      const tool = pair("tool, another time");
      const { "quay.io/calico/node:v3": _, ...rest } = release.images;
      const second: Release = { ...release, images: { ...rest, "docker.io/library/tool:2.0": tool }, docker: [] };
      const { "docker.io/library/tool:1.0": __, ...images } = second.images;
      flags = await origin.publish("second", { ...second, images });
      await works(kso("export", "--format", "registry", "-o", tree, "--lock", at("second.json"), ...flags));
      expect(await topDigest(`${here}/tool:2.0`.replace("/tool", "/library/tool"))).toBe(tool.root.digest);
      for (const name of [
        "docker.io/library/tool:1.0",
        "library/tool:1.0",
        "quay.io/calico/node:v3",
        "k8s/calico/node:v3",
      ]) {
        const { code } = await run("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${here}/${name}`]);
        expect([name, code === 0]).toEqual([name, false]);
      }
      expect(await topDigest(`${here}/team/tool:1`)).toBe(theirs);
      for (const arch of ["amd64", "arm64"]) await pull(`${here}/team/tool:1`, arch, at("theirs", arch));
      // The blobs of the image that is gone and that nobody shares.
      const named = new Set(
        (await must("find", [tree, "-name", "link"]))
          .trim()
          .split("\n")
          .map((path) => path.split("/").at(-2)),
      );
      const held = readdirSync(join(tree, data)).flatMap((prefix) => readdirSync(join(tree, data, prefix)));
      expect(held.filter((hex) => !named.has(hex))).toEqual([]);
      expect(existsSync(join(tree, "docker/registry/v2/repositories/quay.io"))).toBeFalse();
    } finally {
      await server.stop();
      flags = await origin.publish("first", release);
    }
  }, 120_000);

  test("is left alone where it is something else", async () => {
    mkdirSync(at("other"));
    writeFileSync(at("other/precious"), "mine");
    writeFileSync(at("file"), "mine");
    for (const [name, words] of [
      ["other", "it is not empty and no registry that kso wrote"],
      ["file", "it is a file"],
      ["file/below", "is a file"],
    ] as const) {
      const ran = await exported(kso, at(name));
      expect([ran.code, ran.stderr.includes(words)]).toEqual([2, true]);
    }
    expect(readdirSync(at("other"))).toEqual(["precious"]);
  });
});

describe("on a file system of its own", () => {
  test("it is copied, and goes on where a killed run stopped", async () => {
    using own = disk(folder.path, "disk", 200);
    const there = (name: string): string => join(own.path, name);
    await works(exported(kso, there("whole")));
    const before = filesBelow(there("whole"));
    // As a killed run leaves it: some blobs, no name. Its owner is a process that is no more.
    const dead = ownerOfDead();
    const left = there(`.resumed.kso-${dead}`);
    mkdirSync(join(left, `.kso-${dead}`), { recursive: true });
    writeFileSync(join(left, `.kso-${dead}`, "blob"), "half a blob");
    await must("cp", ["-a", there("whole/docker"), left]);
    rmSync(join(left, "docker/registry/v2/repositories"), { recursive: true });
    const kept = filesBelow(join(left, data));
    await works(exported(kso, there("resumed")));
    expect([...filesBelow(there(`resumed/${data}`))]).toEqual([...kept]);
    expect([...filesBelow(there("resumed")).keys()]).toEqual([...before.keys()]);
    expect(readdirSync(own.path).sort()).toEqual(["resumed", "whole"]);
  }, 60_000);

  test("a full disk is said before the first byte, and leaves nothing", async () => {
    using own = disk(folder.path, "small", 2);
    const ran = await exported(kso, join(own.path, "tree"));
    expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Not enough room"),
    });
    expect(readdirSync(own.path)).toEqual([]);
  });
});

/** A process of this boot and namespace that has ended. */
function ownerOfDead(): string {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
  const { pid } = Bun.spawnSync(["true"]);
  const namespace = Bun.spawnSync(["readlink", "/proc/self/ns/pid"]).stdout.toString().replace(/\D/g, "");
  return [boot, namespace, pid, 1].join("-");
}
