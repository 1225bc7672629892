// With --unavailable include kso's lists are kubespray's own, line by line; without it, those minus what is unavailable.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KsoError } from "../../src/core/errors.ts";
import type { Plan } from "../../src/core/plan.ts";
import { listExporter } from "../../src/export/list.ts";
import { entriesOf, testGroundTruth } from "../support/ground-truth.ts";
import { planFor } from "../support/plan.ts";

const foldersIn = (root: string): { name: string }[] => entriesOf(root, "lists").map((name) => ({ name }));

testGroundTruth("lists", "$name", foldersIn, ({ name, root }) => {
  const path = join(root, "lists", name);
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

test("sums name what wget -x writes: without the percent encoding of URLs", () => {
  const plan = planFor({ selection: { only: ["etcd"] } });
  const artifacts = plan.artifacts.map((artifact) => {
    if (artifact.kind !== "file") return artifact;
    const { locations: _, ...file } = artifact;
    return { ...file, url: `${file.url}%2Bsite`, path: `${file.path}%2Bsite` };
  });
  const odd: Plan = { ...plan, artifacts };
  expect(contentOf(odd, "files-amd64.list")).toMatch(/^https:\/\/\S+%2Bsite$/m);
  expect(contentOf(odd, "SHA256SUMS-amd64")).toMatch(/^[0-9a-f]{64} {2}[^/\s%]+\/\S+\+site$/m);
});

function contentOf(plan: Plan, path: string): string {
  const file = listExporter.render(plan).find((candidate) => candidate.path === path);
  if (!file) throw new Error(`${path} was not written`);
  return file.content;
}
