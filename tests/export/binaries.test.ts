// Which programs travel along with a bundle, whatever they are called.
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KsoError } from "../../src/core/errors.ts";
import { findBinaries } from "../../src/export/binaries.ts";
import { rejection } from "../support/http.ts";
import { here } from "../support/sealed.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const machines = { amd64: 62, arm64: 183 };
const both = ["linux/amd64", "linux/arm64"];

function elf(arch: keyof typeof machines): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.set([2, 0, machines[arch], 0, 1], 16);
  return bytes;
}

const noRelease = async (name: string): Promise<string> => {
  throw new KsoError("fetch", `no release has ${name}`);
};

/** A folder with these programs, and how the first of them finds the others. */
function programs(folder: string, names: Readonly<Record<string, keyof typeof machines>>) {
  for (const [name, arch] of Object.entries(names)) {
    writeFileSync(join(folder, name), elf(arch));
    chmodSync(join(folder, name), 0o755);
  }
  const self = [join(folder, Object.keys(names)[0] ?? "")] as [string];
  return async (platforms = both, directory?: string): Promise<string[][]> =>
    (await findBinaries({ folder: directory, self }, { plan: { platforms }, hashing: here, fetch: noRelease })).map(
      ({ name, path, digest }) => {
        expect(digest).toBe(sha(elf(name.endsWith("amd64") ? "amd64" : "arm64")));
        return [name, path.slice(folder.length + 1)];
      },
    );
}

test.each([
  ["kso", "kso-linux-arm64"],
  ["my-own-name", "kso-linux-arm64"],
  ["kso", "kso-arm64"],
  ["kso", "kso_1.0_arm64"],
  ["kso-linux-amd64", "kso-linux-arm64"],
])("the running program is %s, and beside it lies %s", async (own, other) => {
  using folder = temporary();
  const find = programs(folder.path, { [own]: "amd64", [other]: "arm64" });
  expect(await find()).toEqual([
    ["kso-linux-amd64", own],
    ["kso-linux-arm64", other],
  ]);
});

test("a folder that is named may lack the running program, and hold others under any name", async () => {
  using folder = temporary();
  const find = programs(folder.path, { kso: "amd64" });
  mkdirSync(join(folder.path, "others"));
  writeFileSync(join(folder.path, "others", "kso-arm"), elf("arm64"));
  expect(await find(both, join(folder.path, "others"))).toEqual([
    ["kso-linux-amd64", "kso"],
    ["kso-linux-arm64", "others/kso-arm"],
  ]);
});

test("only architectures of the plan must be there", async () => {
  using folder = temporary();
  const find = programs(folder.path, { kso: "amd64" });
  expect(await find(["linux/amd64"])).toEqual([["kso-linux-amd64", "kso"]]);
  expect(await rejection(find())).toMatchObject({ code: "fetch", message: "no release has kso-linux-arm64" });
  const cause = await rejection(find(both, folder.path));
  expect(cause).toMatchObject({ code: "usage" });
  expect(cause.message).toContain(`--with-binaries needs kso-linux-arm64 in ${folder.path}`);
  expect(await rejection(find(both, join(folder.path, "nowhere")))).toMatchObject({ code: "usage" });
});

test("two programs for one architecture are not guessed between", async () => {
  using folder = temporary();
  const find = programs(folder.path, { kso: "amd64", "kso-a": "arm64", "kso-b": "arm64" });
  expect((await rejection(find())).message).toContain("kso-a");
  renameSync(join(folder.path, "kso-b"), join(folder.path, "kso-linux-arm64"));
  expect((await find())[1]).toEqual(["kso-linux-arm64", "kso-linux-arm64"]);
});

test("what is not on this machine comes from the release, and with --binaries release all of it", async () => {
  using folder = temporary();
  programs(folder.path, { kso: "amd64" });
  mkdirSync(join(folder.path, "store"));
  programs(join(folder.path, "store"), { "kso-linux-amd64": "amd64", "kso-linux-arm64": "arm64" });
  const from = async (more: object): Promise<string[]> => {
    const fetch = async (name: string): Promise<string> => join(folder.path, "store", name);
    const location = { self: [join(folder.path, "kso")] as [string], ...more };
    const found = await findBinaries(location, { plan: { platforms: both }, hashing: here, fetch });
    return found.map(({ path }) => path.slice(folder.path.length + 1));
  };
  expect(await from({})).toEqual(["kso", "store/kso-linux-arm64"]);
  expect(await from({ released: true })).toEqual(["store/kso-linux-amd64", "store/kso-linux-arm64"]);
});

test("a build for musl is not what a bundle takes: the release has one for glibc", async () => {
  using folder = temporary();
  const musl = Buffer.alloc(256);
  musl.set(elf("amd64"));
  musl.writeBigUInt64LE(64n, 32);
  musl.writeUInt16LE(56, 54);
  musl.writeUInt16LE(1, 56);
  musl.writeUInt32LE(3, 64);
  musl.writeBigUInt64LE(128n, 72);
  musl.writeBigUInt64LE(26n, 96);
  musl.write("/lib/ld-musl-x86_64.so.1\0\0", 128);
  writeFileSync(join(folder.path, "kso"), musl);
  writeFileSync(join(folder.path, "released"), elf("amd64"));
  const search = {
    plan: { platforms: ["linux/amd64"] },
    hashing: here,
    fetch: async () => join(folder.path, "released"),
  };
  const self = [join(folder.path, "kso")] as [string];
  expect(await findBinaries({ self }, search)).toMatchObject([{ path: join(folder.path, "released") }]);
  renameSync(join(folder.path, "kso"), join(folder.path, "kso-linux-amd64"));
  expect((await rejection(findBinaries({ self }, search))).message).toContain("runs with musl only");
});
