// Tests over what kubespray itself asks for, evaluated by Ansible. The whole of it is large and lies beside the checkout; a part of it
// is committed under tests/golden. Where the whole is absent its cases are reported as skipped, where it is there none may be lost.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { golden, groundTruth } from "./paths.ts";

/** Suite → how many cases the whole ground truth has. */
const caseCounts = JSON.parse(readFileSync(join(golden, "case-counts.json"), "utf8")) as Readonly<
  Record<string, number>
>;

/** The entries of a folder of the ground truth; none where it has no such folder. */
export function entriesOf(root: string, folder: string): string[] {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
}

/**
 * Registers a test for each case that `casesIn` finds: in the whole ground truth where it is there, else in the committed part.
 * A suite without an entry in case-counts.json, or with fewer cases than that says, fails.
 */
export function testGroundTruth<T extends object>(
  suite: string,
  title: string,
  casesIn: (root: string) => readonly T[],
  check: (testCase: T & { readonly root: string }) => void,
): void {
  const whole = existsSync(groundTruth);
  const root = whole ? groundTruth : golden;
  const cases = casesIn(root).map((testCase) => ({ ...testCase, root }));
  const expected = caseCounts[suite] ?? Number.NaN;
  test.each(cases)(`${suite}: ${title}`, check);
  if (whole) test(`${suite}: no case is lost`, () => expect(cases.length).toBeGreaterThanOrEqual(expected));
  else
    for (let at = cases.length; at < expected; at++)
      test.skip(`${suite}: case ${at + 1} of ${expected} needs the ground truth`, () => undefined);
}
