// What a plugin, or a checkout in its place, contributes: names and locators that end up in lists, one a line.
import { expect, test } from "bun:test";
import { contributionsOf } from "../../src/catalog/contributions.ts";
import type { Contribution, Plugin, Release } from "../../src/core/plugin.ts";

const release: Release = { name: "kubespray-2.31.0", version: "2.31.0", kubernetes: "1.35.4", pins: {} };
const platform = { os: "linux", arch: "amd64", machine: "x86_64" } as const;
const from = (contribution: object): readonly Contribution[] => {
  const plugin: Plugin = {
    ...{ name: "own", category: "tool", description: "Own" },
    contribute: () => [contribution as Contribution],
  };
  return [...contributionsOf(plugin, release, platform)];
};
const file = { kind: "file", name: "own", version: "1", url: "https://x.example/own" };
const image = { kind: "image", name: "own", version: "1", image: "x.example/own:1" };

test.each([
  "\n",
  " ",
  "\u001b",
  "\u0085",
  "\u009b",
  "\u00ad",
  "\u200f",
  "\u2028",
  "\u202e",
  "\u2066",
  "\u{e0041}",
  "\ud800",
])("%j is in no name, version, URL or image", (character) => {
  expect([...from(file), ...from(image)]).toHaveLength(2);
  for (const [base, key] of [
    [file, "name"],
    [file, "version"],
    [file, "url"],
    [image, "image"],
  ] as const) {
    const value = (base as Readonly<Record<string, string>>)[key] ?? "";
    expect(() => from({ ...base, [key]: `${value}${character}x` })).toThrow();
  }
});
