// What the fuzzer found once: each input ends with an exit code of a user's mistake and words about it, within bounds.
import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openRunner } from "./runner.ts";
import { faultOf } from "./target.ts";
import { targets } from "./targets.ts";

const runner = openRunner();
afterAll(() => runner[Symbol.dispose]());

const corpus = join(import.meta.dir, "corpus");
for (const target of readdirSync(corpus).sort())
  describe(target, () => {
    test.each(readdirSync(join(corpus, target)).sort())(
      "%s",
      async (name) => {
        expect(await runner.fault(target, readFileSync(join(corpus, target, name)))).toBeUndefined();
      },
      200_000,
    );
  });

test("every folder of the corpus is a target's", () => {
  const names = targets.map(({ name }) => name);
  expect(readdirSync(corpus).filter((name) => !names.includes(name))).toEqual([]);
});

test.each([
  ["an exit code of ours", { code: 1, err: "kso: no\n" }, "exit code 1"],
  ["a stack trace", { code: 2, err: "kso: no\n    at main (main.ts:1:1)\n" }, "a stack trace"],
  ["an engine's words", { code: 3, err: "kso: TypeError: x\n" }, "a stack trace"],
  ["a raw control character", { code: 2, err: "kso: \u001b[31m\n" }, "U+001b"],
  ["text that runs backwards", { code: 2, err: "kso: \u202e\n" }, "U+202e"],
  ["a failure without words", { code: 2, err: "" }, "without a word"],
  ["a failure that leaves something", { code: 4, err: "kso: no\n", changed: "/store" }, "changed /store"],
  ["too much memory", { code: 0, err: "", memory: 600e6 }, "600 MB"],
])("%s is a finding", (_, outcome, words) => {
  expect(faultOf({ step: "kso", out: "", ...outcome })).toContain(words);
});

test("a mistake that is explained is none", () => {
  expect(faultOf({ step: "kso", code: 2, out: "", err: 'kso: Unknown flag "--x"\n' })).toBeUndefined();
  expect(faultOf({ step: "kso", code: 0, out: "{}", err: "" })).toBeUndefined();
});
