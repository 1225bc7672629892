// Architecture truth in the compiled binary, decoders and all: what was fetched for arm64 and holds code for x86-64, in every
// packing, is refused by both names; on record it is let through, and stays on record in the bundle.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { FetchFailure } from "../../src/fetch/options.ts";
import { elf, tar, zip } from "../support/archives.ts";
import { image } from "../support/images.ts";
import { fixtures } from "../support/paths.ts";
import { openSite, start } from "../support/site.ts";

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(fixtures, "machine-code", name)));
const packed = (arch: "amd64" | "arm64"): Record<string, Uint8Array> => {
  const members = [
    { name: "README", content: "no code" },
    { name: "tool/bin/tool", content: elf(arch, { size: 5000 }) },
  ];
  return {
    bare: elf(arch, { size: 70_000 }),
    "a.tar": tar(members),
    "b.tar.gz": gzipSync(tar(members)),
    "c.tgz": gzipSync(tar([...members, { name: "more", content: "x" }])),
    "d.tar.xz": fixture(`youki-${arch}.tar.xz`),
    "e.tar.zst": zstdCompressSync(tar(members)),
    "f.zip": zip(members),
  };
};
const below = (arch: string, files: Record<string, Uint8Array>): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${arch}/${name}`, bytes]));

test("files: each packing is seen through, the right ones pass, --allow-arch-mismatch is on record from fetch to bundle", async () => {
  const wrong = packed("amd64");
  await using site = await openSite({ files: { ...below("amd64", packed("amd64")), ...below("arm64", wrong) } });
  const { code, err } = await site.kso("fetch");
  expect({ code, err }).toMatchObject({ code: 4 });
  const failures: FetchFailure[] = JSON.parse(readFileSync(join(site.folder, "failures.json"), "utf8"));
  expect(failures.map(({ artifact }) => artifact)).toEqual(
    Object.keys(wrong)
      .sort()
      .map((name) => `files.test/arm64/${name}`),
  );
  for (const { name, cause } of failures) expect(cause).toContain(`arm64/${name} holds x86-64 code`);
  expect(failures.find(({ artifact }) => artifact.endsWith("f.zip"))?.cause).toContain("(member tool/bin/tool)");

  const allowed = Object.keys(wrong).flatMap((name) => ["--allow-arch-mismatch", `lab-${name}`]);
  expect(await site.kso("export", "--format", "tarball", "-o", "b.tar", ...allowed)).toMatchObject({ code: 0 });
  // The lock remembers, and the bundle says so.
  expect(await site.kso("fetch")).toMatchObject({ code: 0 });
  const verified = await start(["verify", "b.tar"], site.folder).ended;
  expect(verified.code).toBe(0);
  const inspected = await start(["inspect", "b.tar"], site.folder).ended;
  for (const name of Object.keys(wrong)) {
    expect(verified.err).toContain(`arm64/lab-${name} holds x86-64 code`);
    expect(inspected.out).toContain(`on record: files.test/arm64/${name}: arm64/lab-${name} holds x86-64 code`);
  }
}, 60_000);

test("files that are what they should be pass, deep and not", async () => {
  await using site = await openSite({
    files: { ...below("amd64", packed("amd64")), ...below("arm64", packed("arm64")) },
  });
  expect(await site.kso("fetch")).toMatchObject({ code: 0 });
  expect(await site.kso("fetch", "--deep")).toMatchObject({ code: 0 });
}, 60_000);

test("a program that comes late, and the program an image starts, are seen with --deep alone", async () => {
  const late = tar([
    ...["1", "2", "3"].map((name) => ({ name, content: elf("arm64", { size: 500 }) })),
    { name: "late", content: elf("amd64", { size: 500 }) },
  ]);
  const layer = gzipSync(tar([{ name: "app", content: elf("amd64", { size: 900 }) }]));
  const app = image({
    platforms: {
      "linux/amd64": { layers: [layer], entrypoint: ["/app"] },
      "linux/arm64": { layers: [layer], entrypoint: ["/app"] },
    },
  });
  await using site = await openSite({ files: { "arm64/late.tar": late }, images: { "team/app:1": app } });
  expect(await site.kso("export", "--format", "tarball", "-o", "b.tar")).toMatchObject({ code: 0 });
  expect(await start(["verify", "b.tar"], site.folder).ended).toMatchObject({ code: 0 });
  const deep = await site.kso("fetch", "--deep");
  expect(deep.code).toBe(4);
  expect(deep.err).toContain("arm64/lab-late.tar holds x86-64 code (member late)");
  expect(deep.err).toContain("images.test/team/app:1: the program it starts on linux/arm64, /app, holds x86-64 code");
  const verified = await start(["verify", "--deep", "b.tar"], site.folder).ended;
  expect([verified.code, verified.out.trim().split("\n").length]).toEqual([5, 2]);
  expect(verified.out).toContain("architecture: images.test/team/app:1 linux/arm64: the program it starts");
}, 60_000);
