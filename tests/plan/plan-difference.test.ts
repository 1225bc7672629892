// What an upgrade brings: the difference of two plans, held against the plans themselves.
import { expect, test } from "bun:test";
import type { Artifact, Plan } from "../../src/core/plan.ts";
import { comparePlans } from "../../src/plan/plan-difference.ts";
import { catalog, planFor } from "../support/plan.ts";

const itemOf = (artifact: Artifact): string =>
  artifact.kind === "file"
    ? `file ${artifact.name} ${artifact.platforms} ${artifact.url} ${artifact.version} ${artifact.digest}`
    : `image ${artifact.name} ${artifact.image} ${artifact.version}`;
const itemsOf = (plan: Plan): string[] => plan.artifacts.map(itemOf).sort();

const pairs = catalog.releases.slice(1).map((to, index) => [catalog.releases[index] as string, to] as const);

test.each([...pairs, ["2.22.0", "2.31.0"], ["2.31.0", "2.22.0"]] as const)(
  "%s and its difference to %s make %s",
  (a, b) => {
    const all = { with: ["calico", "argocd", "azure-csi", "cilium"] };
    const [from, to] = [planFor({ release: a, selection: all }), planFor({ release: b, selection: all })];
    const { artifacts } = comparePlans(from, to);
    const items = new Set(itemsOf(from));
    const word = (change: (typeof artifacts)[number], side: "from" | "to"): string => {
      const { kind, name, platforms } = change;
      const { item, version, digest } = change[side] as NonNullable<typeof change.to>;
      return kind === "file"
        ? `file ${name} ${platforms} ${item} ${version} ${digest}`
        : `image ${name} ${item} ${version}`;
    };
    for (const change of artifacts) if (change.from) expect(items.delete(word(change, "from"))).toBeTrue();
    for (const change of artifacts) if (change.to) items.add(word(change, "to"));
    expect([...items].sort()).toEqual(itemsOf(to));
    // Nothing is named that stays.
    for (const { change, from: was, to: is } of artifacts)
      if (was && is)
        expect(
          change === "digest" ? was.digest === is.digest : was.item === is.item && was.version === is.version,
        ).toBeFalse();
  },
);

test("a release compared with itself has no difference", () => {
  expect(comparePlans(planFor({}), planFor({}))).toEqual({ components: [], artifacts: [] });
});

test("artifacts are added, removed, changed in name alone, and changed in digest alone", () => {
  const plan = planFor({ selection: { only: ["etcd", "helm"] } });
  const edit = (change: (artifact: Artifact) => Artifact | undefined): Plan => ({
    ...plan,
    artifacts: plan.artifacts.flatMap((artifact) => change(artifact) ?? []),
  });
  const moved = edit((one) => (one.kind === "image" ? { ...one, image: `example.org/${one.image}` } : one));
  expect(comparePlans(plan, moved).artifacts).toMatchObject([
    { change: "changed", kind: "image", name: "etcd", to: { item: expect.stringContaining("example.org/quay.io") } },
  ]);
  const rebuilt = edit((one) =>
    one.name === "helm" && one.kind === "file" ? { ...one, digest: `sha256:${"0".repeat(64)}` } : one,
  );
  expect(comparePlans(plan, rebuilt).artifacts.map(({ change, platforms }) => [change, platforms])).toEqual([
    ["digest", ["linux/amd64"]],
    ["digest", ["linux/arm64"]],
  ]);
  const without = edit((one) => (one.component === "helm" ? undefined : one));
  expect(comparePlans(plan, without).components).toMatchObject([{ change: "removed", component: "helm", to: [] }]);
  expect(comparePlans(without, plan).components).toMatchObject([{ change: "added", component: "helm", from: [] }]);
});
