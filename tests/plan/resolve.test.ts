// The rules that golden lists cannot show: what is unavailable and why, what a list must hold.
import { expect, test } from "bun:test";
import type { FileArtifact, Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { listExporter } from "../../src/export/list.ts";
import { type PlanRequest, resolve } from "../../src/plan/resolve.ts";
import { catalog, planFor } from "../support/plan.ts";

test("what is unavailable says whether upstream has no asset or no digest", () => {
  const reasons = new Map(
    planFor({ release: "2.25.1" }).unavailable.map(({ name, platform, reason }) => [name, `${platform} ${reason}`]),
  );
  expect(reasons).toEqual(
    new Map([
      ["kata_containers", "linux/arm64 no digest is published (kubespray-2.25.1)"],
      ["youki", "linux/arm64 youki 0.1.0 is built for x86-64 only"],
      [
        "aws_ebs_csi_plugin",
        expect.stringMatching(/^linux\/arm64 upstream's image has none for this architecture \(.*issues\/521/),
      ],
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

test("an image that is known to lack an architecture is unavailable there, and stays where somebody asks for it", () => {
  const image = "registry.k8s.io/metrics-server/metrics-server";
  const knowing = (facts: Readonly<Record<string, boolean>>): typeof catalog => ({
    ...catalog,
    component: (name) => ({
      ...(catalog.component(name) ?? { name }),
      ...(name === "metrics-server" && { images: { [image]: { source: "looked up", tags: { "*": facts } } } }),
    }),
  });
  const plan = (facts: Readonly<Record<string, boolean>>, more: Partial<PlanRequest> = {}): Plan =>
    resolve(knowing(facts), { platforms, selection: {}, unavailable: "exclude", ...more }).plan;
  const platformsIn = ({ artifacts }: Plan): unknown =>
    artifacts.find((artifact) => artifact.component === "metrics-server")?.platforms;
  const lacking = plan({ amd64: true, arm64: false });
  expect(platformsIn(lacking)).toEqual(["linux/amd64"]);
  const [version] = lacking.unavailable.flatMap((item) => (item.component === "metrics-server" ? [item.version] : []));
  const entry = {
    kind: "image" as const,
    name: "metrics_server",
    component: "metrics-server",
    version: String(version),
    platform: "linux/arm64",
    locator: `${image}:${version}`,
    reason: "upstream's image has none for this architecture (looked up)",
    included: false,
  };
  const own = ({ unavailable }: Plan): Plan["unavailable"] =>
    unavailable.filter(({ component }) => component === "metrics-server");
  expect(own(lacking)).toEqual([entry]);
  expect(lacking.notes).toEqual(plan({}).notes);

  const asked = plan({ amd64: true, arm64: false }, { selection: { with: ["metrics-server"] } });
  expect(platformsIn(asked)).toEqual(["linux/amd64", "linux/arm64"]);
  expect(own(asked)).toEqual([]);
  expect(asked.notes).toContain(
    `${entry.locator} for linux/arm64: ${entry.reason}; fetched only with --allow-missing metrics_server`,
  );

  const none = plan({ amd64: false, arm64: false });
  expect(own(none).map(({ platform }) => platform)).toEqual(["linux/amd64", "linux/arm64"]);
  expect(platformsIn(none)).toBeUndefined();
  // As kubespray's own list has it.
  const included = plan({ amd64: false, arm64: false }, { unavailable: "include" });
  expect(included.artifacts).toEqual(plan({}, { unavailable: "include" }).artifacts);
  expect(own(included).map((item) => item.included)).toEqual([true, true]);
});
