import { expect, test } from "bun:test";
import { setTimeout as pause } from "node:timers/promises";
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
  let running = 0;
  let highest = 0;
  const results = await mapConcurrently(3, [30, 1, 20, 1, 10], async (milliseconds) => {
    highest = Math.max(highest, ++running);
    await pause(milliseconds);
    running--;
    return milliseconds * 2;
  });
  expect(results).toEqual([60, 2, 40, 2, 20]);
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

test("after a failure nothing is begun, and with settle what is under way is waited for", async () => {
  for (const settle of [false, true]) {
    const ended: number[] = [];
    const { promise: gate, resolve } = Promise.withResolvers<void>();
    const act = async (item: number): Promise<void> => {
      if (item === 1) throw new Error("broken");
      await gate;
      ended.push(item);
    };
    if (settle) setTimeout(resolve, 5);
    await expect(mapConcurrently(2, [1, 2, 3, 4], act, settle ? { settle } : undefined)).rejects.toThrow("broken");
    expect(ended).toEqual(settle ? [2] : []);
    resolve();
    await pause(5);
    expect(ended).toEqual([2]);
  }
});
