// Outputs appear whole, what dead runs and interrupted ones leave is cleaned up, and what is not kso's to remove stays.
import { expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomic } from "../../src/files/atomic.ts";
import { writeOutputDirectory, writeOutputFile } from "../../src/files/output.ts";
import { ownerTag } from "../../src/files/owner.ts";
import { temporary } from "../support/temp.ts";

/** The tag of a process that is gone: this one's number, with another start. */
const dead = ownerTag()
  .split("-")
  .map((part, at) => (at === 3 ? "1" : part))
  .join("-");
const files = [
  { path: "a.list", content: "a" },
  { path: "below/b", content: "b" },
];
const owns = /\.list$/;

test.each(["new", "existing"])(
  "a %s directory: what a killed run staged is removed, what a living one stages is not",
  async (state) => {
    using folder = temporary();
    const path = join(folder.path, "d");
    if (state === "existing") mkdirSync(path);
    const parent = state === "existing" ? path : folder.path;
    const living = ownerTag().replace(/-[^-]*$/, "-ffffffff");
    for (const tag of [dead, living]) {
      mkdirSync(join(parent, `.d.kso-${tag}`));
      writeFileSync(join(parent, `.d.kso-${tag}`, "a.list"), "half");
    }
    await writeOutputDirectory(path, { files, owns });
    expect(readdirSync(parent).filter((name) => name.startsWith("."))).toEqual([`.d.kso-${living}`]);
    expect(readFileSync(join(path, "below/b"), "utf8")).toBe("b");
  },
);

test("an interrupted run leaves everything as it was", async () => {
  using folder = temporary();
  const path = join(folder.path, "d");
  const signal = AbortSignal.abort(new Error("interrupted"));
  await expect(writeOutputDirectory(path, { files, owns, signal })).rejects.toThrow("interrupted");
  expect(readdirSync(folder.path)).toEqual([]);
});

test("names that are no longer written are removed, folders of such names are not", async () => {
  using folder = temporary();
  const path = join(folder.path, "d");
  mkdirSync(join(path, "mine.list"), { recursive: true });
  writeFileSync(join(path, "mine.list/kept"), "mine");
  writeFileSync(join(path, "old.list"), "old");
  await writeOutputDirectory(path, { files, owns });
  expect(existsSync(join(path, "old.list"))).toBeFalse();
  expect(readFileSync(join(path, "mine.list/kept"), "utf8")).toBe("mine");
});

test.each([writeOutputFile, writeAtomic])("a link stays one, and a pipe is refused (%p)", async (write) => {
  using folder = temporary();
  mkdirSync(join(folder.path, "place"));
  const [link, target] = [join(folder.path, "link"), join(folder.path, "place/file")];
  writeFileSync(target, "before");
  writeFileSync(join(folder.path, "place", `${write === writeAtomic ? "" : "."}file.kso-${dead}`), "half");
  symlinkSync("place/file", link);
  await write(link, "after");
  expect(lstatSync(link).isSymbolicLink()).toBeTrue();
  expect(readFileSync(target, "utf8")).toBe("after");
  expect(readdirSync(join(folder.path, "place"))).toEqual(["file"]);
  const pipe = join(folder.path, "pipe");
  Bun.spawnSync(["mkfifo", pipe]);
  await expect(write(pipe, "after")).rejects.toMatchObject({ code: "usage" });
  expect(lstatSync(pipe).isFIFO()).toBeTrue();
});
