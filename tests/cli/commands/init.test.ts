// `kso init` from flags: the file, what it refuses, and what it keeps.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { initCommand } from "../../../src/cli/commands/init.ts";
import { readSettings } from "../../../src/settings/document.ts";
import { mixedCluster, modern, plant } from "../../support/checkout.ts";
import { run } from "../../support/command.ts";
import { temporary } from "../../support/temp.ts";

let folder: ReturnType<typeof temporary>;
const before = process.cwd();
const at = (name: string): string => join(folder.path, name);
const settings = (name = "kso.yaml"): unknown => readSettings(readFileSync(at(name), "utf8"), name);

beforeEach(() => {
  folder = temporary();
  process.chdir(folder.path);
});
afterEach(() => {
  process.chdir(before);
  folder[Symbol.dispose]();
});

test("flags are kept in the file, and it says what goes in", async () => {
  const { data, told, error } = await run(initCommand, "--kubespray", "2.30.0", "--arch", "arm64", "--cni", "calico");
  expect([data, error]).toEqual(["kso.yaml\n", undefined]);
  expect(settings()).toEqual({ kubespray: "2.30.0", arch: "arm64", cni: "calico" });
  expect(readFileSync(at("kso.yaml"), "utf8")).toMatch(
    /^# kubespray-2\.30\.0, Kubernetes 1\.34\.3: \d+ files and \d+ images$/m,
  );
  expect(told).toContain("kept in kso.yaml\nNext, see what it takes, and seal it:\nkso fetch --dry-run\n");
});

test("an inventory decides what goes in, and paths count from the file", async () => {
  plant(at("kubespray"), modern);
  plant(at("inventory/prod"), { "inventory.ini": mixedCluster });
  mkdirSync(at("site"));
  const cluster = ["--kubespray-dir", "kubespray", "--inventory", "inventory/prod", "--registry-host", "10.0.0.5:5000"];
  const { told, error } = await run(initCommand, ...cluster, "-o", "site/kso.yaml");
  expect(error).toBeUndefined();
  expect(settings("site/kso.yaml")).toEqual({
    "kubespray-dir": "../kubespray",
    inventory: "../inventory/prod",
    "registry-host": "10.0.0.5:5000",
  });
  expect(readFileSync(at("site/kso.yaml"), "utf8")).toMatch(/^# .*calico.*linux\/amd64, linux\/arm64$/m);
  expect(told).toContain("kso fetch --dry-run --config site/kso.yaml\n");
});

test("a file that is there stays, but with --force, which keeps it", async () => {
  writeFileSync(at("kso.yaml"), "jobs: 2\n");
  expect((await run(initCommand, "--arch", "arm64")).error).toMatchObject({ code: "usage" });
  expect(settings()).toEqual({ jobs: "2" });
  const { told } = await run(initCommand, "--arch", "arm64", "--force");
  expect(settings()).toEqual({ arch: "arm64" });
  expect(settings("kso.yaml.bak")).toEqual({ jobs: "2" });
  expect(told).toContain("kept as kso.yaml.bak");
});

test("a name that does not exist writes nothing", async () => {
  const { error } = await run(initCommand, "--cni", "calcio");
  expect(error?.message).toContain('did you mean "calico"?');
  expect(() => settings()).toThrow("ENOENT");
});

test("without a terminal and without flags nobody is asked", async () => {
  const { data, error } = await run(initCommand, "--json");
  expect([JSON.parse(data), error]).toEqual([{ schema: "kso.init/1", path: "kso.yaml", settings: {} }, undefined]);
  expect(settings()).toEqual({});
});
