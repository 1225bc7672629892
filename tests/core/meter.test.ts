// The figures of work under way.
import { expect, test } from "bun:test";
import { duration, Meter, progressSummary } from "../../src/core/meter.ts";

test("bytes that an earlier run left count as done, and not for the rate", () => {
  const meter = new Meter(() => undefined);
  meter.expect({ items: 1, bytes: 1_000_000, counts: { files: 1, images: 0 } });
  meter.pace(0);
  const item = meter.begin("large", 1_000_000);
  item.found(600_000);
  item.advance(100_000);
  const pace = meter.pace(1000);
  expect(pace).toEqual({ rate: 100_000, left: 3 });
  expect(progressSummary(meter, pace)).toBe("700 kB of 1.0 MB (70 %), 100 kB/s, 3 s left, 0 of 1 file");
});

test("the rate is that of the last seconds, and there is none before the second sample", () => {
  const meter = new Meter(() => undefined);
  meter.expect({ items: 1, bytes: 10_000_000 });
  expect(meter.pace(0)).toEqual({ rate: 0, left: undefined });
  expect(meter.pace(0)).toEqual({ rate: 0, left: undefined });
  const item = meter.begin("large", 10_000_000);
  let now = 0;
  const seconds = (count: number, bytes: number): number => {
    let { rate } = meter.pace(now);
    for (let second = 0; second < count; second++) {
      item.advance(bytes);
      now += 1000;
      ({ rate } = meter.pace(now));
    }
    return rate;
  };
  expect(seconds(30, 100_000)).toBe(100_000);
  // What was fast long ago is forgotten.
  expect(seconds(30, 1000)).toBe(1000);
});

test("a download of unknown size counts when it is done; one that is postponed does not count until it begins again", () => {
  const events: string[] = [];
  const meter = new Meter((event) => void events.push(event.event));
  meter.expect({ items: 2, bytes: 500 });
  const unknown = meter.begin("unknown", undefined);
  unknown.advance(300);
  unknown.done();
  expect([meter.bytes, meter.total.bytes, meter.items]).toEqual([300, 800, 1]);
  const late = meter.begin("late", 500);
  late.advance(200);
  late.postpone("busy");
  expect([meter.bytes, meter.active.size]).toEqual([300, 0]);
  const again = meter.begin("late", 500);
  again.found(200);
  again.advance(300);
  again.done();
  expect([meter.bytes, meter.total.bytes, meter.items, meter.active.size]).toEqual([800, 800, 2, 0]);
  expect(events.filter((event) => event === "done")).toHaveLength(2);
});

test("a summary has no percent of nothing, no more than all of it, and no more items than there are", () => {
  const meter = new Meter(() => undefined);
  expect(progressSummary(meter, { rate: 0, left: undefined })).toBe("");
  const item = meter.begin("grown", 100);
  meter.expect({ items: 0, bytes: 100 });
  item.advance(250);
  item.done();
  // Nobody knows how much it will be in all: no sum, and no percent of it.
  expect(progressSummary(meter, { rate: 0, left: undefined })).toBe("250 B");
});

test("files and images are counted by these words, in both languages; what has no bytes is counted at all", () => {
  const meter = new Meter(() => undefined);
  const summary = (language?: "en" | "zh"): string => progressSummary(meter, { rate: 1000, left: 200 }, language);
  meter.expect({ items: 3, bytes: 1000, counts: { files: 30, images: 48 } });
  for (const kind of ["file", "image", "image"] as const) meter.complete(kind);
  expect(summary()).toBe("0 B of 1.0 kB (0 %), 1.0 kB/s, 3 min 20 s left, 1 of 30 files, 2 of 48 images");
  expect(summary("zh")).toBe("0 B / 1.0 kB（0 %），1.0 kB/s，剩余 3 分 20 秒，1/30 个文件，2/48 个镜像");
  const bare = new Meter(() => undefined);
  bare.expect({ items: 4, bytes: 0 });
  expect(progressSummary(bare, { rate: 0, left: undefined })).toBe("0 of 4 done");
  const none = new Meter(() => undefined);
  none.expect({ items: 0, bytes: 0, counts: { files: 0, images: 0 } });
  expect(progressSummary(none, { rate: 0, left: undefined })).toBe("");
});

test.each([
  [0.2, "1 s"],
  [59, "59 s"],
  [60, "1 min 0 s"],
  [3599, "59 min 59 s"],
  [3600, "1 h 0 min"],
  [7500, "2 h 5 min"],
])("%d seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test("before there are items, it is said what is being done, and how far it is", () => {
  const events: unknown[] = [];
  const meter = new Meter((event) => void events.push(event));
  const summary = (): string => progressSummary(meter, { rate: 0, left: undefined });
  const count = meter.step("asking 3 registries for 50 images", 50);
  expect(events).toEqual([{ event: "step", step: "asking 3 registries for 50 images", items: 50 }]);
  for (let image = 0; image < 12; image++) count();
  expect(summary()).toBe("asking 3 registries for 50 images, 12 of 50 done");
  meter.step("asking the registry what it has");
  expect(summary()).toBe("asking the registry what it has");
  meter.expect({ items: 4, bytes: 0 });
  // A late answer counts for nothing any more; without bytes there is no amount.
  count();
  expect(summary()).toBe("0 of 4 done");
});
