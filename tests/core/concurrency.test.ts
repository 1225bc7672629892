import { expect, test } from "bun:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { drainConcurrently, mapConcurrently, Semaphore } from "../../src/core/concurrency.ts";
import { rejection } from "../support/http.ts";

test("a semaphore is first come, first served, and waiting can be aborted", async () => {
  const semaphore = new Semaphore(1);
  const never = new AbortController().signal;
  const order: string[] = [];
  const release = await semaphore.acquire(never);
  const leaving = new AbortController();
  const wait = async (name: string, signal: AbortSignal): Promise<void> => {
    const next = await semaphore.acquire(signal);
    order.push(name);
    next();
    next();
  };
  const all = [wait("first", never), rejection(wait("left", leaving.signal)), wait("second", never)];
  leaving.abort(new Error("left"));
  expect(semaphore.idle).toBeFalse();
  release();
  await Promise.all([...all, wait("third", never)]);
  expect(order).toEqual(["first", "second", "third"]);
  expect(semaphore.idle).toBeTrue();
});

test("results are in the items' order, and no more run at one time than may", async () => {
  const running: { item: number; end: () => void }[] = [];
  let highest = 0;
  const all = mapConcurrently(3, [1, 2, 3, 4, 5], async (item) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    running.push({ item, end: resolve });
    highest = Math.max(highest, running.length);
    await promise;
    return item * 2;
  });
  const ended: number[] = [];
  // The one that was begun last ends first.
  for (let last = running.pop(); last; last = running.pop()) {
    ended.push(last.item);
    last.end();
    await nextTurn();
  }
  expect(await all).toEqual([2, 4, 6, 8, 10]);
  expect(ended).toEqual([3, 4, 5, 2, 1]);
  expect(highest).toBe(3);
});

test("a queue may grow while it is worked off", async () => {
  const done: number[] = [];
  const queue = [1, 2];
  await drainConcurrently(2, queue, async (item) => {
    done.push(item);
    if (item < 5) queue.push(item + 2);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

test.each([false, true])(
  "after a failure nothing is begun; with settle %p what is under way is waited for",
  async (settle) => {
    const ended: number[] = [];
    const { promise: gate, resolve } = Promise.withResolvers<void>();
    const act = async (item: number): Promise<void> => {
      if (item === 1) throw new Error("broken");
      await gate;
      ended.push(item);
    };
    let rejected = false;
    const all = rejection(mapConcurrently(2, [1, 2, 3, 4], act, { settle })).finally(() => {
      rejected = true;
    });
    await nextTurn();
    expect(rejected).toBe(!settle);
    resolve();
    expect((await all).message).toBe("broken");
    await nextTurn();
    expect(ended).toEqual([2]);
  },
);
