// Which programs travel along with a bundle, whatever they are called.
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

/** A folder with these programs, and how the first of them finds the others. */
function programs(folder: string, names: Readonly<Record<string, keyof typeof machines>>) {
  for (const [name, arch] of Object.entries(names)) {
    writeFileSync(join(folder, name), elf(arch));
    chmodSync(join(folder, name), 0o755);
  }
  const self = [join(folder, Object.keys(names)[0] ?? "")] as [string];
  return async (platforms = both, directory?: string): Promise<string[][]> =>
    (await findBinaries({ folder: directory, self }, { plan: { platforms }, hashing: here })).map(
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
  const cause = await rejection(find());
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
