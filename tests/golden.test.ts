// With --gaps include kso's lists are kubespray's own, line by line; without it, those minus the gaps.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KsoError } from "../src/core/errors.ts";
import type { Plan } from "../src/core/plan.ts";
import { list } from "../src/export/list.ts";
import { planFor } from "./support/plan.ts";

const own = join(import.meta.dir, "golden/lists");
// The full set of lists, where a checkout has it beside the project.
const large = join(import.meta.dir, "../../shared/truth/lists");
const folders = [own, ...(existsSync(large) ? [large] : [])].flatMap((root) =>
  readdirSync(root).map((name) => ({ name, path: join(root, name) })),
);

test.each(folders)("$path", ({ name, path }) => {
  const [release, kubernetes] = name.split("@");
  const plan = (gaps: "include" | "exclude"): Plan => planFor({ release, kubernetes, gaps });
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
    const gaps = new Set(some.gaps.filter((gap) => gap.platform === `linux/${arch}`).map((gap) => gap.locator));
    expect(contentOf(some, file).split("\n")).toEqual(expected.split("\n").filter((line) => !gaps.has(line)));
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
