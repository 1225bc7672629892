import { expect, test } from "bun:test";
import { readProfile } from "../../src/catalog/presets.ts";
import { KsoError } from "../../src/core/errors.ts";
import type { Plan } from "../../src/core/plan.ts";
import { type Selection, type SelectionResult, selectComponents } from "../../src/plan/selection.ts";
import { planFor } from "../support/plan.ts";

const components = (plan: Plan): Set<string> => new Set(plan.artifacts.map(({ component }) => component));
const reason = (plan: Plan, name: string): string | undefined =>
  plan.components.find(({ component }) => component === name)?.reason;

test("--cni calico --runtime containerd leaves no other CNI and no other runtime in", () => {
  const plan = planFor({ selection: { cni: ["calico"], runtime: ["containerd"] } });
  const left = plan.components.filter(
    ({ included, category }) => included && (category === "cni" || category === "runtime"),
  );
  expect(left.map(({ component }) => component).sort()).toEqual(["calico", "containerd", "nerdctl", "runc"]);
  expect(reason(plan, "runc")).toBe("required by containerd");
  expect(reason(plan, "flannel")).toBe("left out by --cni calico");
});

test("--runtime crio takes the low-level runtime that the release needs", () => {
  const runtimes = (release: string): string[] =>
    planFor({ release, selection: { runtime: ["cri-o"] } })
      .components.filter(({ included, category }) => included && category === "runtime")
      .map(({ component }) => component)
      .sort();
  expect(runtimes("2.25.1")).toEqual(["crio", "runc", "skopeo"]);
  expect(runtimes("2.28.0")).toEqual(["crio", "crun", "skopeo"]);
  expect(runtimes("2.31.0")).toEqual(["crio", "skopeo"]);
});

test("--only takes in the named components and no others; what they require is noted", () => {
  const plan = planFor({ selection: { only: ["etcd", "containerd"] } });
  expect([...components(plan)].sort()).toEqual(["containerd", "etcd"]);
  expect(plan.notes).toContain("containerd requires runc, which is left out by --only etcd,containerd");
});

test("--with takes in what the list lacks, --without leaves out", () => {
  expect(components(planFor({}))).not.toContain("node-feature-discovery");
  expect(components(planFor({ selection: { with: ["nfd"] } }))).toContain("node-feature-discovery");
  expect(components(planFor({ selection: { without: ["helm"] } }))).not.toContain("helm");
});

test("what a flag names is asked for, with what that requires; what the release alone lists is not", () => {
  const asked = (selection: Selection): string[] =>
    planFor({ selection })
      .components.filter(({ requested }) => requested)
      .map(({ component }) => component)
      .sort();
  expect(asked({})).toEqual([]);
  expect(asked({ without: ["helm"] })).toEqual([]);
  expect(asked({ cni: ["calico"], runtime: ["containerd"] })).toEqual(["calico", "containerd", "nerdctl", "runc"]);
  expect(asked({ with: ["argocd"] })).toEqual(["argocd", "yq"]);
  expect(asked({ only: ["cinder-csi"] })).toEqual(["cinder-csi"]);
});

test("a profile leaves out what nobody asks for; what is asked for stays, and the plan says which profile", () => {
  const profile = readProfile("on-premises", undefined);
  const plan = planFor({ selection: { profile } });
  expect(plan.profile).toBe("on-premises");
  expect(components(plan)).not.toContain("aws-ebs-csi");
  expect(components(plan)).toContain("cinder-csi");
  expect(reason(plan, "aws-ebs-csi")).toBe(
    "left out by --profile on-premises: it attaches volumes of AWS; --with aws-ebs-csi takes it in",
  );
  const asked = planFor({ selection: { profile, with: ["aws-ebs-csi"] } });
  expect(components(asked)).toContain("aws-ebs-csi");
  expect(planFor({})).not.toHaveProperty("profile");
});

test("what a component requires comes in with what that requires, unless a flag or the release leaves it out", () => {
  const requires = { app: ["database", "elsewhere"], database: ["disk"], disk: ["app"] };
  const names = ["app", "database", "disk", "elsewhere", "unrelated"];
  const select = (selection: Selection): SelectionResult =>
    selectComponents(selection, {
      plugins: names.map((name) => ({
        name,
        description: name,
        category: "addon",
        contribute: () => [],
      })),
      userPlugins: new Map(),
      releaseName: "kubespray 9.1.0",
      listed: new Set(["app"]),
      present: new Set(["app", "database", "disk", "unrelated"]),
      requires: new Map(Object.entries(requires)),
      owners: new Map(),
    });
  const outcome = ({ decisions }: SelectionResult): unknown =>
    Object.fromEntries(decisions.map(({ component, included, reason: why }) => [component, [included, why]]));
  const unrelated = [false, "kubespray 9.1.0 does not list it; --with unrelated takes it in"];
  // The release has nothing that could come in.
  const elsewhere = [false, "kubespray 9.1.0 has no elsewhere"];
  const all = select({});
  expect(outcome(all)).toEqual({
    app: [true, "listed by kubespray 9.1.0"],
    database: [true, "required by app"],
    disk: [true, "required by database"],
    elsewhere,
    unrelated,
  });
  expect(all.notes).toEqual([]);
  const without = select({ without: ["database"] });
  expect(outcome(without)).toMatchObject({
    database: [false, "left out by --without database"],
    disk: [false, "kubespray 9.1.0 does not list it; --with disk takes it in"],
  });
  expect(without.notes).toEqual(["app requires database, which is left out by --without database"]);
});

test("--cni none leaves every network plugin out", () => {
  expect(
    planFor({ selection: { cni: ["none"] } }).components.some(
      ({ category, included }) => included && category === "cni",
    ),
  ).toBeFalse();
});

test.each([
  [{ cni: ["calcio"] }, 'Unknown component "calcio": did you mean "calico"?'],
  [{ cni: ["etcd"] }, '"etcd" is not one for --cni'],
  [{ cni: ["helm"] }, '"helm" is not one for --cni'],
  [{ only: ["calico_nod"] }, 'Unknown component "calico_nod": did you mean "calico_node"?'],
  [{ with: ["calico_node"], without: ["calico"] }, '--with and --without both name "calico"'],
  [{ with: ["helm"], without: ["helm"] }, '--with and --without both name "helm"'],
  [{ with: ["krew"] }, "kubespray 2.31.0 has no krew"],
])("%j is refused", (selection, message) => {
  expect(() => planFor({ selection })).toThrow(message);
});

test("a name that kso prints is taken: an item's stands for its component, and a note says so", () => {
  const of = (selection: Selection): { components: string[]; notes: readonly string[] } => {
    const { components, notes } = planFor({ selection });
    return { components: components.filter(({ included }) => included).map(({ component }) => component), notes };
  };
  for (const name of ["calico_node", "Calico-Node"])
    expect(of({ only: [name] })).toEqual({
      components: ["calico"],
      notes: [`--only ${name}: it is a part of calico, which is taken whole`],
    });
  expect(of({ only: ["kube-apiserver"] }).components).toEqual(["kubernetes"]);
  expect(of({ only: ["calico"] }).notes).toEqual([]);
  // Its component has nothing else.
  expect(of({ only: ["dnsautoscaler"] })).toEqual({ components: ["dns-autoscaler"], notes: [] });
  expect(of({ cni: ["cilium_operator"] }).components).toContain("cilium");
  const without = of({ without: ["calico_node"] });
  expect(without.components).not.toContain("calico");
  expect(without.notes).toEqual(["--without calico_node: it is a part of calico, which is left out whole"]);
});

test("Kubernetes versions are strings", () => {
  expect(planFor({ release: "2.28.0", kubernetes: "1.30" }).kubernetes).toBe("1.30.13");
  expect(planFor({ release: "v2.31.0", kubernetes: "v1.33.0" }).kubernetes).toBe("1.33.0");
  expect(() => planFor({ release: "2.31.0", kubernetes: "1.3" })).toThrow(
    "Kubernetes 1.3 is not supported by kubespray-2.31.0",
  );
  expect(() => planFor({ release: "2.99.0" })).toThrow(KsoError);
});

test("the project's seed: kubespray 2.25.1 asks for 23 + 23 files and 57 images", () => {
  const plan = planFor({ release: "2.25.1", unavailable: "include" });
  const files = (platform: string): number =>
    plan.artifacts.filter((a) => a.kind === "file" && a.platforms.includes(platform)).length;
  expect([files("linux/amd64"), files("linux/arm64"), plan.artifacts.filter((a) => a.kind === "image").length]).toEqual(
    [23, 23, 57],
  );
});
