// A list that notes what is asked of it.
import { expect, test } from "bun:test";
import { answersAlike, foundIn, observedList } from "../../../src/ansible/jinja/observed-list.ts";

test("it is a list as any other, and finds members in its own order", () => {
  const list = observedList(["a", "b", "c"]);
  expect([...list]).toEqual(["a", "b", "c"]);
  expect(foundIn(list, ["c", "x", "a", "a"])).toEqual(["a", "c"]);
  expect(foundIn(["a"], ["a"])).toBeUndefined();
});

test("two lists answer alike as long as nothing was asked that one of them answers otherwise", () => {
  const [first, second] = [observedList(["a", "b"]), observedList(["a", "c"])];
  expect(answersAlike(first, second)).toBe(true);
  foundIn(first, ["a", "x"]);
  expect(answersAlike(first, second)).toBe(true);
  foundIn(first, ["c"]);
  expect(answersAlike(first, second)).toBe(false);
  // What was asked of the second is no matter: the evaluation is that of the first.
  expect(answersAlike(second, first)).toBe(true);
});

test("a list that was read tells all apart that are not equal", () => {
  const first = observedList(["a", "b"]);
  expect(first.length).toBe(2);
  expect(answersAlike(first, observedList(["a", "b"]))).toBe(true);
  expect(answersAlike(first, observedList(["a", "c"]))).toBe(false);
  expect(answersAlike(first, ["a", "b"])).toBeUndefined();
});
