import { expect, test } from "bun:test";
import { Semaphore } from "../../src/core/concurrency.ts";
import { rejection } from "../support/http.ts";

test("a semaphore is first come, first served, and can be left", async () => {
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
  release();
  await Promise.all([...all, wait("third", never)]);
  expect(order).toEqual(["first", "second", "third"]);
});
