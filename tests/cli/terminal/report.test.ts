// Plans as text: what is unavailable is said once.
import { expect, test } from "bun:test";
import {
  columns,
  describeUnavailable,
  descriptions,
  fittedTable,
  reportUnavailable,
} from "../../../src/cli/terminal/report.ts";
import type { Unavailable } from "../../../src/core/plan.ts";
import { planFor } from "../../support/plan.ts";

const youki: Unavailable = {
  kind: "file",
  name: "youki",
  component: "youki",
  version: "0.1.0",
  platform: "linux/amd64",
  locator: "https://github.com/youki",
  reason: "no digest is published (kubespray-2.25.1)",
  included: false,
};

test("one line names an item with all platforms that lack it for one reason", () => {
  const arm64 = { ...youki, platform: "linux/arm64", locator: "https://github.com/youki-arm64" };
  const other = { ...arm64, name: "crun", reason: "upstream has none" };
  expect(
    describeUnavailable([youki, other, arm64, { ...other, platform: "linux/amd64", reason: "of another" }]),
  ).toEqual([
    "youki 0.1.0 for linux/amd64 and linux/arm64: no digest is published (kubespray-2.25.1)",
    "crun 0.1.0 for linux/arm64: upstream has none",
    "crun 0.1.0 for linux/amd64: of another",
  ]);
  expect(describeUnavailable([youki, { ...arm64, included: true }])).toEqual([
    "youki 0.1.0 for linux/amd64: no digest is published (kubespray-2.25.1)",
    "youki 0.1.0 for linux/arm64: no digest is published (kubespray-2.25.1) (kept by --unavailable include)",
  ]);
});

test("a plan's unavailable items and notes are told", () => {
  const told: string[] = [];
  const plan = { ...planFor({}), unavailable: [youki], notes: ["a note"] };
  reportUnavailable(plan, { data: () => undefined, tell: (text) => void told.push(text) });
  expect(told).toEqual([
    "unavailable: youki 0.1.0 for linux/amd64: no digest is published (kubespray-2.25.1)",
    "note: a note",
  ]);
});

test("no cell leaves its row, and none moves what stands beside it", () => {
  expect(
    columns([
      ["a\nkso: b", "c"],
      ["\u202ed", "e"],
    ]),
  ).toBe("a\\nkso: b  c\n\\u202ed    e");
});

test("columns fit the terminal: the widest lose their middle, the others nothing", () => {
  const rows = [
    ["COMPONENT", "SOURCE"],
    ["etcd", "https://github.com/etcd-io/etcd/releases/download/v3.6.10/etcd-v3.6.10-linux-amd64.tar.gz"],
  ];
  expect(columns(rows).split("\n")[1]).toBe(`etcd       ${rows[1]?.[1]}`);
  expect(columns(rows, 40).split("\n")).toEqual(["COMPONENT  SOURCE", "etcd       https://github…x-amd64.tar.gz"]);
  for (const width of [40, 60, 80, 120])
    for (const line of columns(rows, width).split("\n")) expect(line.length).toBeLessThanOrEqual(width);
  // A terminal that is narrower than any table is left to wrap.
  expect(columns(rows, 5).split("\n")[1]).toContain("…");
});

test("a narrow terminal has a table without its optional columns, and no row is wider than it", () => {
  const header = ["COMPONENT", "NAME", "VERSION", "ARCH", "DIGEST", "SOURCE"];
  const rows = [
    ["calico", "calico_node", "v3.31.5", "amd64,arm64", "sha256:0123456789ab", `quay.io/${"x".repeat(99)}`],
  ];
  const optional = ["DIGEST", "SOURCE"];
  const titles = (width?: number): string[] =>
    (fittedTable(header, rows, { width, optional }).split("\n")[0] as string).trim().split(/ {2,}/);
  expect(titles()).toEqual(header);
  expect(titles(200)).toEqual(header);
  expect(titles(70)).toEqual(["COMPONENT", "NAME", "VERSION", "ARCH", "SOURCE"]);
  expect(titles(60)).toEqual(["COMPONENT", "NAME", "VERSION", "ARCH"]);
  for (const width of [40, 60, 80, 120])
    for (const line of fittedTable(header, rows, { width, optional }).split("\n"))
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
});

test("a text beside a term goes on below itself", () => {
  expect(
    descriptions(
      [
        ["warn", "disk", "there is little room left on it"],
        ["ok", "用户", "root"],
      ],
      32,
    ),
  ).toBe("warn  disk  there is little room\n            left on it\nok    用户  root");
});
