// An output that is an input is found whatever names lead to it; what only lies beside it is let through.
import { expect, test } from "bun:test";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assertApart, type InputPath, type OutputPath } from "../../src/files/apart.ts";
import { temporary } from "../support/temp.ts";

/** A folder with a file `a`, a folder `d`, and links to both; what comes of an output and an input in it. */
function check(output: Partial<OutputPath> & { path: string }, input: Partial<InputPath> & { path: string }): string {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  for (const name of ["d", "d/e", "store"]) mkdirSync(at(name));
  for (const name of ["a", "d/f"]) writeFileSync(at(name), name);
  linkSync(at("a"), at("hard"));
  symlinkSync("a", at("soft"));
  symlinkSync("new", at("dangling"));
  symlinkSync("d", at("folder"));
  symlinkSync("loop", at("loop"));
  try {
    assertApart({ flag: "-o", ...output, path: at(output.path) }, { flag: "--base", ...input, path: at(input.path) });
    return "apart";
  } catch (cause) {
    expect(cause).toMatchObject({ code: "usage" });
    const { message } = cause as Error;
    return /: it (.*) --base/.exec(message)?.[1] ?? message;
  }
}

const same: [string, string][] = [
  ["a", "a"],
  ["a", "./d/../a"],
  ["a", "soft"],
  ["soft", "a"],
  ["a", "hard"],
  ["d", "folder"],
  ["d/f", "folder/f"],
  ["new", "new"],
  ["new", "dangling"],
  ["folder/new", "d/new"],
  ["nowhere/new", "nowhere/./new"],
];
test.each(same)("%s is %s", (output, input) => expect(check({ path: output }, { path: input })).toBe("is also"));

const companions: [string, string][] = [
  ["a", "a.001"],
  ["a", "a.volumes.json"],
  ["a.001", "a.002"],
  ["a", "a.bak"],
  ["a", ".a.kso-1-2-3-4-5"],
  ["a", ".a.003.kso-1-2-3-4-5"],
  ["a", "a.kso-1-2-3-4-5"],
  ["folder/a", "d/a.001"],
];
test.each(companions)("%s would replace %s", (output, input) =>
  expect(check({ path: output }, { path: input })).toBe("would replace"),
);

test("what lies in a tree, or holds one", () => {
  expect(check({ path: "folder/x.tar" }, { path: "d", isTree: true })).toBe("lies inside");
  expect(check({ path: "d/x.tar" }, { path: "d" })).toBe("apart");
  expect(check({ path: "folder", owns: /^g$/ }, { path: "d/e", isKept: true })).toBe("holds");
  expect(check({ path: "folder", owns: /^g$/ }, { path: "d/e", isTree: true })).toBe("apart");
  expect(check({ path: "folder" }, { path: "d/e", isKept: true })).toBe("apart");
  expect(check({ path: "d" }, { path: "d/f" })).toBe("apart");
  expect(check({ path: "d", owns: /^f$/ }, { path: "folder/f" })).toBe("holds");
  expect(check({ path: "d", owns: /^g$/ }, { path: "folder/f" })).toBe("apart");
  expect(check({ path: "d", owns: /^e$/ }, { path: "d/e/new" })).toBe("holds");
});

const apart: [string, string][] = [
  ["a", "d/a"],
  ["a", "b"],
  ["new", "a"],
  ["d", "dd"],
  ["a", "a.json"],
  ["loop", "a"],
];
test.each(apart)("%s is apart from %s", (output, input) =>
  expect(check({ path: output }, { path: input })).toBe("apart"),
);
