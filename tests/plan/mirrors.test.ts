// Mirrors stand in for origins: in what is fetched and listed, never in a name.
import { expect, test } from "bun:test";
import { KsoError } from "../../src/core/errors.ts";
import { formatPlan } from "../../src/core/plan.ts";
import { applyMirrors, locationsOf, mirrorNotes, parseMirrors, withPreset } from "../../src/plan/mirrors.ts";
import { planFor } from "../support/plan.ts";

test("a mirror changes sources and never names; those that serve nothing are noted at once", () => {
  const mirrors = parseMirrors([
    "dl.k8s.io=http://10.0.0.5/k8s/",
    "registry.k8s.io=http://10.0.0.5:5000/hub",
    "example.com=http://10.0.0.5",
  ]);
  const plan = applyMirrors(planFor({ selection: { only: ["kubernetes"] } }), mirrors);
  const [kubelet] = plan.artifacts;
  const pause = plan.artifacts.find(({ name }) => name === "pod_infra");
  expect(kubelet).toMatchObject({
    url: "https://dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubelet",
    locations: ["http://10.0.0.5/k8s/release/v1.35.4/bin/linux/amd64/kubelet"],
    path: "dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubelet",
  });
  expect(pause).toMatchObject({ image: "registry.k8s.io/pause:3.10.1" });
  const written = JSON.parse(formatPlan(plan)) as { artifacts: { name: string; url?: string; source?: string }[] };
  const named = (name: string): object | undefined => written.artifacts.find((artifact) => artifact.name === name);
  expect(named("pod_infra")).toMatchObject({ source: "10.0.0.5:5000/hub/pause:3.10.1" });
  expect(named(kubelet?.name ?? "")).toMatchObject({ url: kubelet?.locations?.[0] });
  expect(JSON.stringify(written)).not.toContain("locations");
  expect(mirrorNotes(plan, mirrors)).toEqual(["--mirror example.com: nothing in this plan comes from that host"]);
  const both = parseMirrors(["example.com=http://10.0.0.5", "example.org=http://10.0.0.5"]);
  expect(mirrorNotes(plan, both)).toEqual([
    "--mirror example.com, example.org: nothing in this plan comes from these hosts",
  ]);
  expect(mirrorNotes(plan, parseMirrors(["dl.k8s.io=http://10.0.0.5"]))).toEqual([]);
});

test.each([
  "dl.k8s.io",
  "dl.k8s.io=",
  "=http://10.0.0.5",
  "dl.k8s.io/a=http://10.0.0.5",
  "dl.k8s.io=10.0.0.5",
  "dl.k8s.io=ftp://10.0.0.5",
  "dl.k8s.io=http://",
  "dl.k8s.io=http://10.0.0.5:port",
  "dl.k8s.io=http://10.0.0.5/?a=b",
  "dl.k8s.io=http://user@10.0.0.5",
  "dl.k8s.io=http://10.0.0.5/a b",
])("--mirror %s is refused", (text) => {
  expect(() => parseMirrors([text])).toThrow(
    new KsoError("usage", `"${text}" is not HOST=URL; write --mirror dl.k8s.io=http://10.0.0.5/dl.k8s.io`),
  );
});

test("the locations of a URL are below each mirror of its host, or the URL itself", () => {
  const mirrors = parseMirrors(["dl.k8s.io=http://10.0.0.5/k8s/", "dl.k8s.io=https://mirror.example"]);
  expect(locationsOf("https://dl.k8s.io/release/stable.txt?a=b", mirrors)).toEqual([
    "http://10.0.0.5/k8s/release/stable.txt?a=b",
    "https://mirror.example/release/stable.txt?a=b",
  ]);
  expect(locationsOf("https://github.com/a", mirrors)).toEqual(["https://github.com/a"]);
});

test("a preset is tried first and the origin last; mirrors of the user's win for their host", () => {
  const preset = {
    mirrors: { "quay.io": ["https://a.example", "https://b.example/quay"], "dl.k8s.io": ["https://f.example"] },
  };
  const mirrors = withPreset(parseMirrors(["dl.k8s.io=http://10.0.0.5"]), preset);
  expect(mirrors.get("quay.io")).toEqual(["https://a.example", "https://b.example/quay", "https://quay.io"]);
  expect(mirrors.get("dl.k8s.io")).toEqual(["http://10.0.0.5"]);
  expect(locationsOf("https://quay.io/a/b", mirrors)).toEqual([
    "https://a.example/a/b",
    "https://b.example/quay/a/b",
    "https://quay.io/a/b",
  ]);
});
