// Which versions are news: tags as strangers write them, lines of versions, and Kubernetes' own word of its newest patch.
import { expect, test } from "bun:test";
import type { Upstream } from "../../../src/core/plugin.ts";
import type { UpstreamReader } from "../../../src/release-data/update/upstream-client.ts";
import { findNewVersions } from "../../../src/release-data/update/versions.ts";
import { rejection } from "../../support/http.ts";

const github: Upstream = { pin: "x_version", versions: { github: "x/y" }, digests: {} };
const stable: Upstream = {
  pin: "kube_version",
  versions: { stable: "https://dl.k8s.io/stable-{minor}.txt" },
  digests: {},
};
const saying = (text: string | Record<string, string>): UpstreamReader => ({
  readChanging: async (url) => (typeof text === "string" ? text : (text[url] ?? "")),
  readFixed: async () => undefined,
});
const listed = (...tags: readonly (string | object)[]): UpstreamReader =>
  saying(
    JSON.stringify(
      tags.map((tag) => (typeof tag === "string" ? { tag_name: tag, assets: [] } : { assets: [], ...tag })),
    ),
  );
const found = async (
  upstream: Upstream,
  known: readonly string[],
  reader: UpstreamReader,
  minors: string[] = [],
): Promise<string[]> => (await findNewVersions(upstream, new Set(known), minors, reader)).map(({ version }) => version);

test("newer than the newest, or than the newest of its own line", async () => {
  const reader = listed("v3.7.0", "v3.6.11", "v3.6.10", "v3.5.27", "v3.5.26", "v3.4.99", "v3.5.28");
  expect(await found(github, ["3.6.10", "3.5.26", "3.5.25"], reader)).toEqual(["3.5.27", "3.5.28", "3.6.11", "3.7.0"]);
  expect(await found(github, ["3.7.0", "3.6.11", "3.5.28"], reader)).toEqual([]);
  expect(await found(github, [], listed("v1.0.0"))).toEqual(["1.0.0"]);
});

test("a tag that is not plainly a version is left out", async () => {
  const hostile = [
    "v4.0.0/../../../etc", "v4.0.0\nv4.0.1", 'v4.0.0";rm', "v4.0.0 ", " v4.0.0", "v4.0.0-rc.1", "v4.0.0+x", "v4", "v", "", "latest",
    "v4.0.0%2f..", "v٤.0.0", "v4.0.9999999999999", "v..", "v4..0", "api/v4.0.0", "v4.0.0\u0000", "vv4.0.0", "4.0.1", "v1.2.3.4.5", "__proto__",
  ]; // biome-ignore format: a list of words
  expect(await found(github, ["3.0.0"], listed(...hostile, "v4.0.2"))).toEqual(["4.0.2"]);
  expect(
    await found({ ...github, tag: "release-{version}" }, ["20260323.0"], listed("release-20260401.0", "v20260402.0")),
  ).toEqual(["20260401.0"]);
  expect(await found({ ...github, tag: "{version}" }, ["1.24"], listed("1.25", "v1.26", "1.25.1"))).toEqual([
    "1.25",
    "1.25.1",
  ]);
});

test("drafts and prereleases are left out, and the ten newest are taken", async () => {
  const reader = listed({ tag_name: "v2.0.0", draft: true }, { tag_name: "v2.0.1", prerelease: true }, "v2.0.2");
  expect(await found(github, ["1.0.0"], reader)).toEqual(["2.0.2"]);
  const many = Array.from({ length: 25 }, (_, patch) => `v2.0.${patch}`);
  expect(await found(github, ["1.0.0"], listed(...many))).toEqual(many.slice(-10).map((tag) => tag.slice(1)));
});

test("tags where there are no releases", async () => {
  const reader = saying({ "https://api.github.com/repos/x/y/tags?per_page=100": JSON.stringify([{ name: "v2.0.0" }]) });
  expect(await found({ ...github, versions: { github: "x/y", from: "tags" } }, ["1.0.0"], reader)).toEqual(["2.0.0"]);
});

test.each([
  ["<html>", "it is not JSON"],
  ["{}", "Cannot read GitHub's response: it"],
  ['[{"tag_name": 1, "assets": []}]', "Cannot read GitHub's response: 0.tag_name"],
  ['[{"tag_name": "v9.0.0", "assets": [{"name": "x", "digest": 7}]}]', "0.assets.0.digest"],
  ["null", "Cannot read GitHub's response"],
])("%s is no list of releases", async (text, message) => {
  expect((await rejection(found(github, [], saying(text)))).message).toContain(message);
});

test("Kubernetes: every patch after the newest known one, line by line", async () => {
  const reader = saying({
    "https://dl.k8s.io/stable-1.34.txt": "v1.34.7\n",
    "https://dl.k8s.io/stable-1.35.txt": "v1.35.6",
  });
  expect(await found(stable, ["1.34.7", "1.35.4", "1.35.3"], reader, ["1.34", "1.35"])).toEqual(["1.35.5", "1.35.6"]);
  const older = saying("v1.35.2");
  expect(await found(stable, ["1.35.4"], older, ["1.35"])).toEqual([]);
  expect(await found(stable, ["1.35.4"], saying("v1.35.9999"), ["1.35"])).toHaveLength(10);
});

test.each(["", "v1.36.0", "1.35", "v1.35.0-rc.1", "<html>", "v1.35.99999", "v1.35.5 v1.35.6", "v1.35.5/../x"])(
  "%j is no newest version of 1.35",
  async (text) => {
    expect((await rejection(found(stable, [], saying(text), ["1.35"]))).message).toContain(
      "Cannot use the newest version of Kubernetes 1.35: ",
    );
  },
);
