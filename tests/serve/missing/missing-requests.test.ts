import { expect, test } from "bun:test";
import { join } from "node:path";
import { formatMissingList, parseExtraArtifacts } from "../../../src/core/extra-artifacts.ts";
import type { Lock } from "../../../src/core/lock.ts";
import { addExtraArtifacts } from "../../../src/plan/extra-artifacts.ts";
import { MissingRequests, type MissingRequestsOptions } from "../../../src/serve/missing/missing-requests.ts";
import { sampleLock } from "../../support/bundle.ts";
import { planFor } from "../../support/plan.ts";
import { temporary } from "../../support/temp.ts";

function sample(): Lock {
  using folder = temporary();
  return sampleLock(join(folder.path, "blobs")).lock;
}
const options = (more: Partial<MissingRequestsOptions> = {}): MissingRequestsOptions => ({
  bundles: [{ release: "kubespray-2.31.0", kubernetes: "1.35.4", lock: "sha256:00" }],
  locks: [sample()],
  now: () => Date.UTC(2026, 10, 24),
  ...more,
});
const digest = `sha256:${"ab".repeat(32)}`;

test("a file that differs in version or architecture only belongs to the same component", () => {
  const missing = new MissingRequests(options());
  missing.add({ kind: "file", name: "dl.k8s.io/release/v1.36.0-rc.1/bin/linux/arm64/kubeadm", client: "10.0.0.7" });
  missing.add({ kind: "file", name: "example.org/unheard/of", client: "10.0.0.7" });
  expect(missing.list().artifacts).toMatchObject([
    {
      name: "dl.k8s.io/release/v1.36.0-rc.1/bin/linux/arm64/kubeadm",
      component: "kubeadm",
      platforms: ["linux/arm64"],
      complete: true,
    },
    { name: "example.org/unheard/of", complete: true },
  ]);
  expect(missing.list().artifacts[1]).not.toHaveProperty("component");
});

test("an image is completed where only one registry can be meant", () => {
  const missing = new MissingRequests(options());
  for (const name of [
    "pause:3.9",
    "registry.k8s.io/pause:3.9",
    `pause@${digest}`,
    "registry-1.docker.io/library/nginx:2",
    "docker.io/busybox:1",
    // Two registries have it.
    "mirror/nginx:3",
    "unheard/of:1",
    "host.example:5000/of:1",
  ])
    missing.add({ kind: "image", name, client: "10.0.0.7" });
  const found = new Map(missing.list().artifacts.map((artifact) => [artifact.name, artifact]));
  expect(found.get("registry.k8s.io/pause:3.9")).toMatchObject({ requests: 2, component: "pause", complete: true });
  expect(found.get(`registry.k8s.io/pause@${digest}`)).toMatchObject({ component: "pause", complete: true });
  expect(found.get("docker.io/library/nginx:2")).toMatchObject({ component: "nginx", complete: true });
  expect(found.get("docker.io/library/busybox:1")).toMatchObject({ complete: true });
  expect(found.get("quay.io/mirror/nginx:3")).toMatchObject({ complete: true });
  expect(found.get("unheard/of:1")).toMatchObject({ complete: false });
  expect(found.get("host.example:5000/of:1")).toMatchObject({ complete: true });
});

test("the index of a chart repository is listed, and not to be fetched: upstream's would lead to the internet", () => {
  const missing = new MissingRequests(options({}));
  missing.add({ kind: "file", name: "helm.cilium.io/index.yaml", client: "c" });
  const list = missing.list();
  expect(list.artifacts).toMatchObject([{ name: "helm.cilium.io/index.yaml", complete: false }]);
  expect(formatMissingList(list)).toContain(
    "\n# made from its charts, which are to be added: helm.cilium.io/index.yaml # ",
  );
  const plan = addExtraArtifacts(planFor({}), [{ path: "missing.json", text: JSON.stringify(list) }]);
  expect(plan.notes).toContain(
    "missing.json: helm.cilium.io/index.yaml is left out: it is made from the charts beside it; add the chart",
  );
});

test("names that the locks do not explain are looked up among those of the plugins, which are read once", () => {
  let asked = 0;
  const owned = () => {
    asked++;
    return [
      { kind: "image", name: "quay.io/cilium/cilium:v1", component: "cilium" },
      { kind: "image", name: "quay.io/both/same:v1", component: "one" },
      { kind: "image", name: "docker.io/both/same:v1", component: "other" },
      { kind: "file", name: "get.helm.sh/helm-v3.18.4-linux-amd64.tar.gz", component: "helm" },
    ] as const;
  };
  const missing = new MissingRequests(options({ namedArtifacts: owned }));
  missing.add({ kind: "image", name: "pause:1", client: "c" });
  expect(asked).toBe(0);
  missing.add({ kind: "image", name: "cilium/cilium:v2", client: "c" });
  missing.add({ kind: "image", name: "both/same:v2", client: "c" });
  missing.add({ kind: "file", name: "get.helm.sh/helm-v4.0.0-linux-arm64.tar.gz", client: "c" });
  expect(asked).toBe(1);
  const found = new Map(missing.list().artifacts.map(({ name, component }) => [name, component]));
  expect(found.get("quay.io/cilium/cilium:v2")).toBe("cilium");
  expect(found.get("both/same:v2")).toBeUndefined();
  expect(found.get("get.helm.sh/helm-v4.0.0-linux-arm64.tar.gz")).toBe("helm");
});

test("requests are counted, clients kept, the latest comes first, and a later run goes on", () => {
  let now = Date.UTC(2026, 10, 24);
  const given = options({ now: () => now });
  const missing = new MissingRequests(given);
  missing.add({ kind: "image", name: "quay.io/a/b:1", client: "10.0.0.1" });
  now += 1000;
  missing.add({ kind: "image", name: "quay.io/c/d:1", client: "10.0.0.1" });
  now += 1000;
  for (let host = 1; host < 100; host++)
    missing.add({ kind: "image", name: "quay.io/a/b:1", client: `10.0.0.${host}` });
  expect(missing.counts).toEqual({ requests: 101, names: 2 });
  const list = missing.list();
  expect(
    list.artifacts.map(({ name, requests, first, last, clients }) => [name, requests, first, last, clients.length]),
  ).toEqual([
    ["quay.io/a/b:1", 100, "2026-11-24T00:00:00.000Z", "2026-11-24T00:00:02.000Z", 8],
    ["quay.io/c/d:1", 1, "2026-11-24T00:00:01.000Z", "2026-11-24T00:00:01.000Z", 1],
  ]);
  const again = new MissingRequests({ ...given, earlier: list });
  again.add({ kind: "image", name: "quay.io/a/b:1", client: "10.0.0.1" });
  expect(again.list().artifacts[0]).toMatchObject({
    name: "quay.io/a/b:1",
    requests: 101,
    first: "2026-11-24T00:00:00.000Z",
  });
});

test("the list is limited, and counts what was dropped", () => {
  const missing = new MissingRequests(options());
  for (let turn = 0; turn < 10_050; turn++) missing.add({ kind: "image", name: `quay.io/a/b:${turn}`, client: "c" });
  missing.add({ kind: "image", name: `quay.io/${"a".repeat(5000)}:1`, client: "c" });
  expect(missing.list().artifacts.length).toBe(10_000);
  expect(missing.list().dropped).toBe(51);
  expect(missing.counts).toEqual({ requests: 10_051, names: 10_000 });
});

test("a name cannot add lines to the list", () => {
  const missing = new MissingRequests(options());
  const evil = "\nhttps://evil.example/x linux/amd64\n";
  missing.add({ kind: "image", name: `${evil}/pause:1`, client: "c" });
  missing.add({ kind: "image", name: `a/b:1${evil}`, client: "c" });
  missing.add({ kind: "file", name: `dl.k8s.io/a${evil}b`, client: "c" });
  missing.add({ kind: "file", name: `dl.k8s.io/\ud800 \u2028#`, client: "c" });
  const text = formatMissingList(missing.list());
  expect(text.split("\n").length).toBe(6);
  const { artifacts } = parseExtraArtifacts(text, "t");
  expect(artifacts.filter(({ name }) => name.startsWith("evil"))).toEqual([]);
  // What the server calls complete the other side takes.
  for (const { complete, kind, name } of missing.list().artifacts)
    if (complete) expect(() => parseExtraArtifacts(`${kind === "file" ? "https://" : ""}${name}`, "t")).not.toThrow();
});

test("what upstream lacks may have any text as its locator", () => {
  const record = {
    kind: "image",
    name: "x",
    component: "x",
    version: "",
    platform: "linux/amd64",
    reason: "",
    included: false,
  } as const;
  const locators = ["{{ coredns_image_repo }}", "", "UPPER case"];
  const locks = [{ ...sample(), unavailable: locators.map((locator) => ({ ...record, locator })) }];
  const missing = new MissingRequests(options({ locks }));
  missing.add({ kind: "image", name: "pause:3.9", client: "10.0.0.7" });
  expect(missing.list().artifacts).toHaveLength(1);
});
