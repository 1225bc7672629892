// What a terminal shows while work is under way.
import { expect, test } from "bun:test";
import { screenLines } from "../../../src/cli/terminal/watch.ts";
import { Meter, type ProgressEvent } from "../../../src/core/meter.ts";

const path = "github.com/kata-containers/kata-containers/releases/download/3.23.0/kata-static-3.23.0-arm64.tar.zst";

test("shows the totals, the items under way and the reasons of retries; no line is wider than the terminal", () => {
  const events: ProgressEvent[] = [];
  const meter = new Meter((event) => void events.push(event));
  meter.expect({ items: 9, bytes: 1000 });
  const [first, second] = Array.from({ length: 8 }, (_, at) => meter.begin(at === 1 ? path : `item ${at}`, 200));
  first?.advance(100);
  second?.retry("503 Service Unavailable, and more words than anybody has room for on a line of a terminal");
  const shown = screenLines(meter, ["note: one", "note: two", "note: three", "note: four"], 80);
  expect(shown.slice(0, 3)).toEqual(["note: two", "note: three", "note: four"]);
  expect(shown[3]).toStartWith("100 B of 1.0 kB (10 %)");
  expect(shown[4]).toBe(" 50 % item 0");
  // Both ends of a long name are there.
  expect(shown[5]).toMatch(/^ {2}0 % github\.\S*….*64\.tar\.zst \(again: 503 Service Unavailable, .*…$/);
  expect(shown.slice(-2)).toEqual(["  0 % item 5", "      and 2 more"]);
  for (const line of shown) expect(line.length).toBeLessThanOrEqual(74);
  for (const columns of [1, 20, 40, 1000])
    for (const line of screenLines(meter, [], columns)) expect(line).not.toBe("");
  // It is well again as soon as something comes.
  second?.advance(1);
  expect(screenLines(meter, [], 200)[2]).toBe(`  0 % ${path}`);
  expect(events.filter(({ event }) => event === "retry")).toHaveLength(1);
});

test("before anything is known to be done it shows the step under way, and no zeros", () => {
  const meter = new Meter(() => undefined);
  expect(screenLines(meter, [], 80)).toEqual([]);
  meter.step("asking 3 registries for 50 images", 50);
  expect(screenLines(meter, [], 80)).toEqual(["asking 3 registries for 50 images, 0 of 50 done"]);
});
