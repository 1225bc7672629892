// What a folder gives away: nothing that lies outside, nothing that is not there, and no endless reading.
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { openFolder, repositoryOf, statsOf } from "../../src/ansible/folder.ts";
import { KsoError } from "../../src/core/errors.ts";
import { plant } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

test("what lies below a file is not there", () => {
  using root = temporary();
  const folder = openFolder(plant(root.path, { file: "text" }));
  expect(folder.kind("file/x")).toBeUndefined();
  expect(folder.kind("file/x/y")).toBeUndefined();
  expect(folder.list("file")).toEqual([]);
  expect(folder.list("file/x")).toEqual([]);
  expect(() => folder.read("file/x")).toThrow("there is no such file");
  expect(statsOf(join(root.path, "file/x"))).toBeUndefined();
  expect(() => openFolder(join(root.path, "file/x"))).toThrow("there is no such folder");
});

test("links: inside, to a folder that is allowed, anywhere on request, and what to do about others", () => {
  using root = temporary();
  using outside = temporary();
  plant(root.path, { "site/a.yml": "a", "common/b.yml": "b" });
  plant(outside.path, { "c.yml": "c" });
  const site = join(root.path, "site");
  symlinkSync("a.yml", join(site, "inside"));
  symlinkSync("../common", join(site, "common"));
  symlinkSync(outside.path, join(site, "outside"));
  const folder = openFolder(site, { targets: [join(root.path, "common")], advice: "say so" });
  expect([folder.read("inside"), folder.read("common/b.yml"), folder.list("common")]).toEqual(["a", "b", ["b.yml"]]);
  expect(() => folder.kind("outside")).toThrow(`outside ${site}; say so`);
  expect(openFolder(site, { anywhere: true }).read("outside/c.yml")).toBe("c");
});

test("loops, links to nothing and devices are refused in words, wherever links may lead", () => {
  using root = temporary();
  symlinkSync("loop", join(root.path, "loop"));
  symlinkSync("nowhere", join(root.path, "dangling"));
  symlinkSync("/dev/zero", join(root.path, "device"));
  const folder = openFolder(root.path, { anywhere: true });
  expect(() => folder.kind("loop")).toThrow(KsoError);
  expect(() => folder.kind("dangling")).toThrow("a link to nothing");
  expect(folder.kind("device")).toBeUndefined();
  expect(() => folder.read("device")).toThrow("it is no file");
});

test("what nobody may read is refused, and not taken for nothing", () => {
  using root = temporary();
  mkdirSync(plant(root.path, { "closed/a.yml": "a" }), { recursive: true });
  chmodSync(root.path, 0o755);
  chmodSync(join(root.path, "closed"), 0);
  // Nothing is closed to root: somebody else looks.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    expect(() => openFolder(root.path).kind("closed/a.yml")).toThrow(KsoError);
    expect(() => openFolder(root.path).list("closed")).toThrow(KsoError);
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(root.path, "closed"), 0o755);
  }
});

test("the nearest repository, whose .git may be a file", () => {
  using root = temporary();
  plant(root.path, { ".git/HEAD": "", "kubespray/.git": "gitdir: x", "kubespray/inventory/a/hosts.ini": "" });
  expect(repositoryOf(join(root.path, "kubespray/inventory/a"))).toEndWith("/kubespray");
  mkdirSync(join(root.path, "inventory"));
  expect(repositoryOf(join(root.path, "inventory"))).toBe(repositoryOf(root.path));
});
