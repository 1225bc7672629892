import { describe, expect, test } from "bun:test";
import { assertExceptionNames } from "../../src/fetch/exceptions.ts";
import { digestOf, file, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";

const plan = planOf(file("bin/kubelet", digestOf(sample(1))), pulled("coredns/coredns:1", { name: "coredns" }));
const none = { allowMissing: [], allowMismatch: [], accept: new Map() };

describe("exceptions by name", () => {
  test.each(["coredns", "images.test/coredns/coredns:1", "test", "files.test/bin/kubelet", "kubelet"])(
    "%s names something",
    (name) => {
      for (const more of [{ allowMissing: [name] }, { allowMismatch: [name] }, { accept: new Map([[name, []]]) }])
        expect(() => assertExceptionNames(plan, { ...none, ...more })).not.toThrow();
    },
  );

  test("what the plan has as unavailable is something too", () => {
    const item = { kind: "image" as const, name: "half", component: "a", version: "1", platform: "linux/arm64" };
    const unavailable = [{ ...item, locator: "images.test/half:1", reason: "none", included: false }];
    for (const name of ["half", "images.test/half:1"])
      expect(() => assertExceptionNames({ ...plan, unavailable }, { ...none, allowMissing: [name] })).not.toThrow();
  });

  test.each([
    ["--allow-missing", { allowMissing: ["coredns", "coredn"] }],
    ["--allow-arch-mismatch", { allowMismatch: ["coredn"] }],
    ["--accept-digest", { accept: new Map([["coredn", []]]) }],
  ])("%s: a misspelt name ends it before anything is asked, with the nearest one", (flag, more) => {
    const misspelt = expect(() => assertExceptionNames(plan, { ...none, ...more }));
    misspelt.toThrow(`${flag} coredn: nothing in the plan has that name: did you mean "coredns"?`);
    misspelt.toThrow(expect.objectContaining({ code: "usage" }));
  });
});
