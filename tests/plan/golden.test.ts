// With --unavailable include kso's lists are kubespray's own, line by line; without it, those minus what is unavailable.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KsoError } from "../../src/core/errors.ts";
import type { Plan } from "../../src/core/plan.ts";
import { list } from "../../src/export/list.ts";
import { golden, groundTruth } from "../support/paths.ts";
import { planFor } from "../support/plan.ts";

const own = join(golden, "lists");
// The full set of lists, where a checkout has it beside the project.
const large = join(groundTruth, "lists");
const folders = [own, ...(existsSync(large) ? [large] : [])].flatMap((root) =>
  readdirSync(root).map((name) => ({ name, path: join(root, name) })),
);

test.each(folders)("$path", ({ name, path }) => {
  const [release, kubernetes] = name.split("@");
  const plan = (unavailable: "include" | "exclude"): Plan => planFor({ release, kubernetes, unavailable });
  if (readdirSync(path).some((file) => file.startsWith("ERROR"))) {
    expect(() => plan("include")).toThrow(KsoError);
    return;
  }
  const all = plan("include");
  const some = plan("exclude");
  for (const file of ["files-amd64.list", "files-arm64.list", "images.list"]) {
    const expected = readFileSync(join(path, file), "utf8");
    expect(contentOf(all, file)).toBe(expected);
    const arch = /files-(\w+)/.exec(file)?.[1];
    const unavailable = new Set(
      some.unavailable
        .filter((unavailable) => unavailable.platform === `linux/${arch}`)
        .map((unavailable) => unavailable.locator),
    );
    expect(contentOf(some, file).split("\n")).toEqual(expected.split("\n").filter((line) => !unavailable.has(line)));
  }
});

function contentOf(plan: Plan, path: string): string {
  const file = list.render(plan).find((candidate) => candidate.path === path);
  if (!file) throw new Error(`${path} was not written`);
  return file.content;
}

test("there are golden files to compare with", () => {
  expect(folders.length).toBeGreaterThanOrEqual(5);
});
