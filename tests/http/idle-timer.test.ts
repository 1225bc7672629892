// A connection lives while bytes come fast enough. Time is the test's own: timers are called by hand.
import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { type Idleness, IdleTimer } from "../../src/http/idle-timer.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** What is noticed in so many seconds, with these bytes a second; a timeout of 30 s. */
function noticed(
  seconds: number,
  bytesAt: (second: number) => number | undefined,
): { at: number; idleness: Idleness } | undefined {
  let found: { at: number; idleness: Idleness } | undefined;
  let now = 0;
  const timer = new IdleTimer(30_000, (idleness) => {
    found ??= { at: now, idleness };
  });
  for (now = 1; now <= seconds && !found; now++) {
    const bytes = bytesAt(now);
    if (bytes !== undefined) timer.touch(bytes);
    jest.advanceTimersByTime(1000);
  }
  timer.stop();
  return found;
}

test("silence is noticed after the timeout, from the beginning and in the middle", () => {
  const before = noticed(100, () => undefined);
  expect(before).toMatchObject({ idleness: "idle" });
  expect(before?.at).toBeWithin(30, 40);
  expect(noticed(200, (second) => (second < 100 ? 5000 : undefined))).toMatchObject({ idleness: "idle" });
});

test("a body that drips is noticed, however long it would last", () => {
  const byte = noticed(1000, () => 1);
  expect(byte?.at).toBeWithin(55, 80);
  expect(byte?.idleness).toEqual({ bytes: expect.any(Number), milliseconds: 60_000 });
  expect(noticed(1000, (second) => (second % 20 === 0 ? 1 : undefined))?.idleness).not.toBe("idle");
});

test("a slow line is no drip, a pause is none, and a body may begin late", () => {
  expect(noticed(1000, () => 1100)).toBeUndefined();
  expect(noticed(1000, (second) => (second % 25 === 0 ? 40_000 : undefined))).toBeUndefined();
  // An answer that comes just before the timeout, then two seconds of a slow start.
  expect(noticed(32, (second) => (second < 29 ? undefined : 500))).toBeUndefined();
});

test("what moves without a count, as an upload, only has to move", () => {
  let idle = false;
  const timer = new IdleTimer(30_000, () => {
    idle = true;
  });
  for (let second = 0; second < 300; second += 10) {
    timer.touch();
    jest.advanceTimersByTime(10_000);
  }
  timer.stop();
  expect(idle).toBeFalse();
});
