// Reading Chart.yaml out of packages: what charts have, and what is none, is broken, or would cost too much.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { readChart } from "../../src/charts/chart.ts";
import { pax } from "../support/archives.ts";
import { chartPackage, packed } from "../support/charts.ts";
import { root } from "../support/paths.ts";

const plenty = { bytes: 1 << 30 };
const reading = (bytes: Uint8Array, budget = { ...plenty }) =>
  readChart(async function* () {
    for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
  }, budget);

test("the fields that an index repeats are read", async () => {
  const more = "appVersion: 1.19\ndescription: eBPF\nkubeVersion: '>= 1.21.0-0'\ntype: application\nkeywords: [bpf]\n";
  expect(await reading(chartPackage("cilium", "1.19.3", more))).toEqual({
    apiVersion: "v2",
    name: "cilium",
    version: "1.19.3",
    appVersion: "1.19",
    description: "eBPF",
    kubeVersion: ">= 1.21.0-0",
    type: "application",
  });
});

test("Chart.yaml may stand anywhere in the chart's folder, and under ./", async () => {
  const members = [
    { name: "./web/", flag: "5" },
    pax({ mtime: "1" }),
    { name: "./web/templates/Chart.yaml", content: "name: other\nversion: 9.9.9\n" },
    { name: "./web/Chart.yaml", content: "name: web\nversion: v1.2.3-rc.1+build\n" },
  ];
  expect(await reading(packed(members))).toEqual({ apiVersion: "v1", name: "web", version: "v1.2.3-rc.1+build" });
});

const long = "x".repeat(200_000);
const level = (name: string, of: string): string => `${name}: &${name} [${Array(10).fill(of).join(", ")}]\n`;
const aliasBomb = `${level("b", "x")}${level("c", "*b")}${level("d", "*c")}${level("e", "*d")}`;
test.each([
  ["no gzip", Buffer.from("a chart")],
  ["gzip around something else", gzipSync("a chart")],
  [
    "programs",
    packed([
      { name: "./bridge", content: "x" },
      { name: "cilium/Chart.yaml", content: "name: a\nversion: 1.0.0" },
    ]),
  ],
  [
    "two folders",
    packed([
      { name: "a/x", content: "" },
      { name: "b/Chart.yaml", content: "name: b\nversion: 1.0.0" },
    ]),
  ],
  ["a chart inside a chart", packed([{ name: "a/charts/b/Chart.yaml", content: "name: b\nversion: 1.0.0" }])],
  ["no version", packed([{ name: "a/Chart.yaml", content: "name: a" }])],
  ["a version that is a number", packed([{ name: "a/Chart.yaml", content: "name: a\nversion: 1.2" }])],
  ["a name that climbs", packed([{ name: "a/Chart.yaml", content: "name: ../a\nversion: 1.2.3" }])],
  ["no YAML", packed([{ name: "a/Chart.yaml", content: "{" }])],
  ["a YAML bomb", packed([{ name: "a/Chart.yaml", content: `name: a\nversion: 1.0.0\n${aliasBomb}` }])],
  ["a Chart.yaml without end", packed([{ name: "a/Chart.yaml", content: `name: a\nversion: 1.0.0\nx: ${long}` }])],
  ["a size that lies", packed([{ name: "a/Chart.yaml", content: "name: a\nversion: 1.0.0", size: 1 << 20 }])],
  ["cut short", chartPackage("a", "1.0.0").subarray(0, 40)],
  ["a link", packed([{ name: "a/Chart.yaml", flag: "2", link: "/etc/passwd" }])],
])("%s is no chart", async (_, bytes) => {
  expect(await reading(bytes)).toBeUndefined();
});

test("what does not fit is left out, a text of another kind too", async () => {
  const more = `appVersion: [1]\ndescription: ${"y".repeat(2000)}\n`;
  expect(await reading(chartPackage("a", "1.0.0", more))).toEqual({ apiVersion: "v2", name: "a", version: "1.0.0" });
});

test("an archive that unpacks to gigabytes is read a little, and all together no more than the budget", async () => {
  const filler = { content: "\0".repeat(4 << 20) };
  const bomb = packed([
    ...Array.from({ length: 8 }, (_, at) => ({ name: `a/${at}`, ...filler })),
    { name: "a/Chart.yaml", content: "name: a\nversion: 1.0.0\n" },
  ]);
  const budget = { ...plenty };
  expect(await reading(bomb, budget)).toBeUndefined();
  expect(plenty.bytes - budget.bytes).toBeLessThan(17 << 20);
  expect(await reading(chartPackage("a", "1.0.0"), { bytes: 10 })).toBeUndefined();
  const files = Array.from({ length: 2100 }, (_, at) => ({ name: `a/${at}`, content: "" }));
  expect(
    await reading(packed([...files, { name: "a/Chart.yaml", content: "name: a\nversion: 1.0.0\n" }])),
  ).toBeUndefined();
});

test("what a chart's YAML is warned of is not printed past everything that escapes it", () => {
  const chart = `import { readChart } from "./src/charts/chart.ts";
    import { packed } from "./tests/support/charts.ts";
    const bytes = packed([{ name: "web/Chart.yaml", content: "%EVIL \\x1b[31m\\n---\\nname: web\\nversion: 1.2.3\\n" }]);
    console.log(JSON.stringify(await readChart(async function* () { yield bytes; }, { bytes: 1e9 })));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", chart], { cwd: root, encoding: "utf8" });
  expect([stdout, stderr]).toEqual([`${JSON.stringify({ name: "web", version: "1.2.3", apiVersion: "v1" })}\n`, ""]);
});
