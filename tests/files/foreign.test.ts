// What kso did not write is replaced only where that is asked for, and kept.
import { expect, test } from "bun:test";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../src/files/atomic.ts";
import {
  assertReplaceable,
  filledIn,
  isFilled,
  isForeign,
  isOwnDocument,
  jsonMark,
  keeping,
} from "../../src/files/foreign.ts";
import { temporary } from "../support/temp.ts";

test("a file is kso's by its beginning; nothing, an empty file and what is no file are nobody's", () => {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  writeFileSync(at("lock"), '{\n  "schema": "kso.lock/1",\n');
  writeFileSync(at("other"), '{ "schema": "kso.plan/1" }');
  writeFileSync(at("mine"), 'x { "schema": "kso.lock/1" }');
  writeFileSync(at("empty"), "");
  mkdirSync(at("folder"));
  symlinkSync("mine", at("link"));
  const names = ["lock", "other", "mine", "empty", "folder", "link", "nothing"];
  expect(names.filter((name) => isForeign(at(name), jsonMark("lock")))).toEqual(["other", "mine", "link"]);
  expect(names.filter((name) => isOwnDocument(at(name), "lock"))).toEqual(["lock"]);
  expect(names.filter((name) => isFilled(at(name)))).toEqual(["lock", "other", "mine", "link"]);
  expect(filledIn(folder.path, /^(mine|empty|folder)$/)).toEqual([at("mine")]);
  expect(filledIn(at("nothing"), /./)).toEqual([]);
});

test("without --force it is refused by name; with it the file is kept beside what replaces it", async () => {
  using folder = temporary();
  const path = join(folder.path, "notes");
  writeFileSync(path, "mine");
  expect(() => assertReplaceable([], false)).not.toThrow();
  expect(() => assertReplaceable([path], false)).toThrow(
    `Cannot write ${path}: there is one already that kso did not write; name another place, or replace it with --force, which keeps it as ${path}.bak`,
  );
  assertReplaceable([path], true);
  await keeping([path], async () => replaceFile(path, "kso's"));
  expect([path, `${path}.bak`].map((name) => readFileSync(name, "utf8"))).toEqual(["kso's", "mine"]);
  expect(() => assertReplaceable([path], true)).toThrow(`${path}.bak is there already; move it away`);
});

test("what a killed run has kept already is no obstacle", async () => {
  using folder = temporary();
  const path = join(folder.path, "notes");
  writeFileSync(path, "mine");
  linkSync(path, `${path}.bak`);
  assertReplaceable([path], true);
  await keeping([path], async () => replaceFile(path, "kso's"));
  expect([path, `${path}.bak`].map((name) => readFileSync(name, "utf8"))).toEqual(["kso's", "mine"]);
});

test("after a failure everything is as it was", async () => {
  using folder = temporary();
  const path = join(folder.path, "notes");
  writeFileSync(path, "mine");
  const work = keeping([path], () => Promise.reject(new Error("the disk is full")));
  await expect(work).rejects.toThrow("the disk is full");
  expect(readdirSync(folder.path)).toEqual(["notes"]);
  expect(existsSync(`${path}.bak`)).toBeFalse();
  expect(readFileSync(path, "utf8")).toBe("mine");
});
