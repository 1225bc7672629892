// The figures of work under way.
import { expect, test } from "bun:test";
import { Meter, progressSummary } from "../../src/core/meter.ts";

test("what an earlier run left counts as done and not as fast", () => {
  const meter = new Meter(() => undefined);
  meter.expect({ items: 1, bytes: 1_000_000 });
  meter.pace(0);
  const item = meter.begin("large", 1_000_000);
  item.found(600_000);
  item.advance(100_000);
  const pace = meter.pace(1000);
  expect(pace).toEqual({ rate: 100_000, left: 3 });
  expect(progressSummary(meter, pace)).toBe("700 kB of 1.0 MB (70 %), 100 kB/s, 3 s left, 0 of 1 items");
});
