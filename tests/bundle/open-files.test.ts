// What happens to a bundle while its files are open.
import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { OpenFiles } from "../../src/bundle/open-files.ts";
import { readWhole } from "../../src/files/extents.ts";
import { sampleLock } from "../support/bundle.ts";
import { must } from "../support/containers.ts";
import { sealed } from "../support/sealed.ts";
import { noise } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

test("an open file that is replaced stays readable; one that is written to, cut or removed is reported once and never read", async () => {
  using folder = temporary();
  const sample = sampleLock(join(folder.path, "blobs"), {
    files: [["a.example/x", noise("x", 100_000)]],
    images: [],
  });
  const { path } = await sealed(folder.path, "b.tar", { sample });
  const copy = join(folder.path, "copy.tar");
  const digest = openBundle([path]).lock.files[0]?.digest as `sha256:${string}`;
  const opened = (): { files: OpenFiles; read(): Uint8Array } => {
    cpSync(path, copy);
    const made = openBundle([copy]);
    const files = new OpenFiles(made.archives);
    return { files, read: () => readWhole(files.openExtents(made.locate(digest) ?? []), 1 << 20) };
  };
  const acts: readonly (readonly [string, () => void, string | undefined])[] = [
    [
      "renamed over",
      () => {
        writeFileSync(`${copy}.new`, "something else");
        renameSync(`${copy}.new`, copy);
      },
      undefined,
    ],
    ["removed", () => rmSync(copy), undefined],
    ["cut", () => truncateSync(copy, 5000), "bytes and has 5000"],
    [
      "written into",
      () => {
        const bytes = readFileSync(copy);
        writeFileSync(copy, bytes.fill(7, 600, 700));
        utimesSync(copy, 1, 1);
      },
      "it was written to",
    ],
  ];
  for (const [what, act, fault] of acts) {
    const { files, read } = opened();
    expect(Buffer.from(read()).equals(noise("x", 100_000))).toBeTrue();
    expect(files.changes()).toEqual([]);
    act();
    if (fault === undefined) {
      expect([what, Buffer.from(read()).equals(noise("x", 100_000)), files.changes()]).toEqual([what, true, []]);
    } else {
      expect(read).toThrow(fault);
      expect([what, files.changes()]).toEqual([what, [expect.stringContaining(fault)]]);
      expect(files.changes()).toEqual([]);
      expect(read).toThrow(fault);
    }
    files.close();
  }
  // A tree is not kept open: another file in a file's place is another file.
  const tree = join(folder.path, "tree");
  mkdirSync(tree);
  await must("tar", ["xf", path, "-C", tree]);
  const made = openBundle([tree]);
  const files = new OpenFiles(made.archives);
  const extents = made.locate(digest) ?? [];
  expect(readWhole(files.openExtents(extents), 1 << 20).length).toBe(100_000);
  const file = extents[0]?.path as string;
  cpSync(file, `${file}.new`);
  renameSync(`${file}.new`, file);
  expect(() => files.openExtents(extents)).toThrow("another file stands in its place");
  expect(files.changes()).toHaveLength(1);
  files.close();
});
