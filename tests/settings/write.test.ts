// What `kso init` writes is what kso reads, with every setting in it.
import { expect, test } from "bun:test";
import { topKeys } from "../../src/flags/sections.ts";
import { type FlagKey, flags } from "../../src/flags/table.ts";
import { readSettings } from "../../src/settings/document.ts";
import { formatSettings } from "../../src/settings/write.ts";

const write = (chosen: ReadonlyMap<FlagKey, readonly string[]>): string =>
  formatSettings({
    chosen,
    heading: ["A file", "", "of settings"],
    commands: ["For one command:"],
    meaningOf: (key) => [`means ${key}`],
    titleOf: (group) => `About ${group}`,
  });

test("what was chosen is read back as it was said", () => {
  const chosen = new Map<FlagKey, readonly string[]>([
    ["kube", ["1.30"]],
    ["arch", ["amd64,arm64"]],
    ["cni", ["calico"]],
    ["mirror", ["a.example=http://10.0.0.5/a", "b.example=http://10.0.0.5/b"]],
    ["withBinaries", [""]],
    ["inventory", ["in: ventory #1"]],
  ]);
  expect(readSettings(write(chosen), "kso.yaml")).toEqual({
    kube: "1.30",
    arch: ["amd64", "arm64"],
    cni: "calico",
    mirror: ["a.example=http://10.0.0.5/a", "b.example=http://10.0.0.5/b"],
    "with-binaries": "true",
    inventory: "in: ventory #1",
  });
});

test("every setting that was not chosen stands there as a comment with its meaning", () => {
  const text = write(new Map());
  expect(readSettings(text, "kso.yaml")).toEqual({});
  for (const key of topKeys) expect(text).toMatch(new RegExp(`^# means ${key}\n#${flags[key].name}: .+$`, "m"));
  expect(text).toStartWith("# A file\n#\n# of settings\n\n# About selection\n\n");
  expect(text).toContain("# For one command:\n#");
  expect(text).toMatch(/^#serve:\n# {2}files: ADDRESS {2}# means \w+$/m);
});

test("a comment without its # is a setting", () => {
  const text = write(new Map()).replace("#jobs: 8", "jobs: 8").replace("#unavailable: exclude", "unavailable: exclude");
  expect(readSettings(text, "kso.yaml")).toEqual({ jobs: "8", unavailable: "exclude" });
});
