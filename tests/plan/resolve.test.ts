// The rules that golden lists cannot show: what is unavailable and why, what a list must hold.
import { expect, test } from "bun:test";
import type { FileArtifact } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { listExporter } from "../../src/export/list.ts";
import { resolve } from "../../src/plan/resolve.ts";
import { catalog, planFor } from "../support/plan.ts";

test("what is unavailable says whether upstream has no asset or no digest", () => {
  const reasons = new Map(
    planFor({ release: "2.25.1" }).unavailable.map(({ name, platform, reason }) => [name, `${platform} ${reason}`]),
  );
  expect(reasons).toEqual(
    new Map([
      ["kata_containers", "linux/arm64 no digest is published (kubespray-2.25.1)"],
      ["youki", "linux/arm64 youki 0.1.0 is built for x86-64 only"],
    ]),
  );
});

test("a listed name that no plugin describes is an error, with or without user plugins", () => {
  const without = catalog.plugins.filter(({ name }) => name !== "flannel");
  for (const userPlugins of [new Map<string, string>(), new Map([["calico", "calico.ts"]])]) {
    expect(() =>
      resolve({ ...catalog, plugins: without, userPlugins }, { platforms, selection: {}, unavailable: "exclude" }),
    ).toThrow("lists image flannel, image flannel_init, which no plugin describes");
  }
});

test("lists have no line twice, and each digest is in the sums of its own algorithm", () => {
  const plan = planFor({ selection: { only: ["gvisor", "etcd"] }, platforms: platforms.slice(0, 1) });
  const [first] = plan.artifacts as FileArtifact[];
  const twice = { ...plan, artifacts: [...plan.artifacts, { ...(first as FileArtifact), name: "again" }] };
  const content = (path: string): string[] =>
    (listExporter.render(twice).find((file) => file.path === path)?.content ?? "").split("\n").slice(0, -1);
  expect(content("files-amd64.list")).toHaveLength(3);
  expect(content("SHA256SUMS-amd64")).toEqual([
    expect.stringMatching(/^[0-9a-f]{64} {2}github\.com\/etcd-io\/.*amd64\.tar\.gz$/),
  ]);
  expect(content("SHA512SUMS-amd64")).toHaveLength(2);
});
