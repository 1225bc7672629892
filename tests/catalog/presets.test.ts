// Profiles and presets of mirrors: by name, embedded or in a folder of the user's.
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mirrorPresetNames, profileNames, readMirrorPreset, readProfile } from "../../src/catalog/presets.ts";
import { catalog } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

test("what a profile leaves out is a component, each with its reason", () => {
  expect(profileNames()).toEqual(["on-premises"]);
  const { leavesOut } = readProfile("on-premises", undefined);
  const components = catalog.plugins.map(({ name }) => name);
  for (const name of Object.keys(leavesOut)) expect(components).toContain(name);
  // What on-premises clusters run on is no cloud of others.
  for (const name of ["cinder-csi", "openstack-cloud-controller", "vsphere-csi"])
    expect(leavesOut).not.toHaveProperty(name);
});

test("a misspelt name is an error with the nearest one, and nothing but a name is read", () => {
  expect(() => readProfile("on-premise", undefined)).toThrow(
    '--profile: there is no profile "on-premise": did you mean "on-premises"?',
  );
  expect(() => readMirrorPreset("chna", undefined)).toThrow(
    '--mirror-preset: there is no preset "chna": did you mean "china"?',
  );
  expect(() => readMirrorPreset("x", undefined, "KSO_MIRROR_PRESET")).toThrow(
    'KSO_MIRROR_PRESET: there is no preset "x"',
  );
  expect(() => readMirrorPreset("../china", undefined)).toThrow(expect.objectContaining({ code: "usage" }));
});

test("a folder of the user's adds its own and overrides the embedded ones", () => {
  using folder = temporary();
  mkdirSync(join(folder.path, "mirrors"));
  const preset = { name: "china", description: "ours", sources: ["here"], mirrors: { "quay.io": ["http://10.0.0.5"] } };
  writeFileSync(join(folder.path, "mirrors/china.json"), JSON.stringify(preset));
  writeFileSync(join(folder.path, "mirrors/site.json"), JSON.stringify({ ...preset, name: "other" }));
  expect(mirrorPresetNames(folder.path)).toEqual(["china", "site"]);
  expect(readMirrorPreset("china", folder.path)).toEqual(preset);
  expect(() => readMirrorPreset("site", folder.path)).toThrow("other");
  const broken = { ...preset, name: "site", mirrors: { "quay.io": ["ftp://10.0.0.5"] } };
  writeFileSync(join(folder.path, "mirrors/site.json"), JSON.stringify(broken));
  expect(() => readMirrorPreset("site", folder.path)).toThrow("must be http(s)://HOST[/PATH]");
});
