// Each check of a plugin, by a plugin that breaks it. What keeps them all runs in tests/contracts/plugin-package.test.ts.
import { describe, expect, test } from "bun:test";
import { checkConformance, type PluginTrial } from "../../src/catalog/conformance.ts";
import { embeddedTrial } from "../../src/catalog/plugin-host.ts";
import type { Contribution, Plugin } from "../../src/core/plugin.ts";

const embedded = embeddedTrial();

describe("a plugin that breaks the contract", () => {
  const [release] = embedded.releases;
  if (!release) throw new Error("no release is embedded");
  const trial: PluginTrial = { stem: "demo", takenNames: ["etcd"], releases: [release], digest: () => false };
  const image = { kind: "image", name: "demo", version: "1", image: "docker.io/x/demo:1" } as const;
  const good: Plugin = { name: "demo", category: "tool", description: "Demo", contribute: () => [image] };
  const failing = (value: unknown): string[] =>
    checkConformance(value, trial).flatMap(({ check, ok }) => (ok ? [] : [check]));

  test("none is broken in the good one", () => expect(failing(good)).toEqual([]));
  test("shape", () => {
    for (const value of [undefined, null, 1, [], {}, { ...good, category: "x" }, { ...good, name: "A b" }])
      expect(failing(value)).toEqual(["shape"]);
    expect(failing({ ...good, contribute: 1 })).toEqual(["shape"]);
    expect(failing({ ...good, colour: "red" })).toEqual(["shape"]);
    expect(failing({ ...good, description: "" })).toEqual(["shape"]);
  });
  test("upstream", () => {
    const pinned = release.pins["helm_version"];
    const file = (version: string) =>
      ({ kind: "file", name: "demo", version, url: `https://x.example/${version}` }) as const;
    const upstream = { pin: "helm_version", versions: { github: "x/y" }, digests: { demo: { asset: true } } } as const;
    const contribute: Plugin["contribute"] = ({ pins }) => [file(pins["helm_version"] ?? "")];
    expect(pinned).toBeDefined();
    expect(failing({ ...good, contribute, upstream })).toEqual([]);
    // A version of its own does not follow the variable; a file without a place has no digest.
    expect(failing({ ...good, contribute: () => [file("1")], upstream })).toEqual(["upstream"]);
    expect(failing({ ...good, contribute, upstream: { ...upstream, digests: {} } })).toEqual(["upstream"]);
    // The table that a file names counts, and not the file.
    const named: Plugin["contribute"] = ({ pins }) => [{ ...file(pins["helm_version"] ?? ""), digests: "table" }];
    expect(failing({ ...good, contribute: named, upstream })).toEqual(["upstream"]);
    expect(
      failing({ ...good, contribute: named, upstream: { ...upstream, digests: { table: { asset: true } } } }),
    ).toEqual([]);
    for (const wrong of [
      { versions: { github: "x" } },
      { versions: { stable: "https://x.example/stable.txt" } },
      { versions: { github: "x/y/../z" } },
      { tag: "v" },
      { digests: { demo: { sums: "http://x.example/sums" } } },
      { digests: { demo: { suffix: "/../x" } } },
      { digests: { demo: { asset: true, none: "x" } } },
      { colour: "red" },
    ])
      expect(failing({ ...good, contribute, upstream: { ...upstream, ...wrong } })).toEqual(["shape"]);
  });
  test("name", () => expect(failing({ ...good, name: "other" })).toEqual(["name"]));
  test("free", () => expect(failing({ ...good, aliases: ["etcd"] })).toEqual(["free"]));
  test("pure: a counter", () => {
    let count = 0;
    expect(failing({ ...good, contribute: () => [{ ...image, version: `${count++}` }] })).toEqual(["pure"]);
  });
  test("pure: clock and randomness", () => {
    for (const ask of [() => Date.now(), () => new Date().getFullYear(), () => Math.random()])
      expect(failing({ ...good, contribute: () => [{ ...image, version: `${ask()}` }] })).toContain("pure");
    expect(new Date(0).getTime()).toBe(0);
    expect(Date.now()).toBeGreaterThan(0);
  });
  test("input", () => {
    const contribute: Plugin["contribute"] = (given) => {
      (given.pins as Record<string, string>)["added"] = "1";
      return [image];
    };
    expect(failing({ ...good, contribute })).toEqual(["pure", "input"]);
  });
  test("names: one URL with two digests, and what no format can hold", () => {
    const file = (name: string, digit: string): Contribution => ({
      kind: "file",
      name,
      version: "1",
      url: "https://get.site/demo",
      digest: `sha256:${digit.repeat(64)}`,
    });
    expect(failing({ ...good, contribute: () => [file("a", "1"), file("b", "1")] })).toEqual([]);
    expect(failing({ ...good, contribute: () => [file("a", "1"), file("b", "2")] })).toEqual(["names"]);
    // One for each architecture, under one URL.
    const each: Plugin["contribute"] = (_, { arch }) => [file("a", arch === "amd64" ? "1" : "2")];
    expect(failing({ ...good, contribute: each })).toEqual(["names"]);
    const below = { ...file("b", "1"), url: "https://get.site/demo/b" } as Contribution;
    expect(failing({ ...good, contribute: () => [file("a", "1"), below] })).toEqual(["names"]);
    expect(
      failing({ ...good, contribute: () => [{ ...below, url: "https://../etc/passwd" } as Contribution] }),
    ).toEqual(["names"]);
  });
  test("real: what the template has, and hosts for examples", () => {
    const url = "https://get.example.org/demo";
    const file = { kind: "file", name: "demo", version: "1", url, digest: `sha256:${"1".repeat(64)}` } as const;
    expect(failing({ ...good, contribute: () => [file] })).toEqual(["real"]);
    const zeros = { ...file, url: "https://get.site/demo", digest: `sha256:${"0".repeat(64)}` };
    expect(failing({ ...good, contribute: () => [zeros] })).toEqual(["real"]);
    expect(failing({ ...good, contribute: () => [{ ...image, image: "docker.io/example/demo:1" }] })).toEqual(["real"]);
  });
  test("valid: an address, a repetition, a flood", () => {
    expect(failing({ ...good, contribute: () => [{ ...image, image: "no tag" }] })).toContain("valid");
    expect(failing({ ...good, contribute: () => [image, image] })).toContain("valid");
    const flood = function* (): Iterable<Contribution> {
      for (let count = 0; ; count++) yield { ...image, name: `demo${count}` };
    };
    expect(failing({ ...good, contribute: flood })).toContain("valid");
  });
  test("present", () => expect(failing({ ...good, contribute: () => [] })).toEqual(["present"]));
  test("a missing digest is a warning", () => {
    const file = { kind: "file", name: "demo", version: "1", url: "https://x.example/demo" } as const;
    const results = checkConformance({ ...good, contribute: () => [file] }, trial);
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(results.find(({ check }) => check === "digests")?.message).toContain("warning: no digest for demo 1");
  });
});
