import { describe, expect, test } from "bun:test";
import { KsoError } from "../../src/core/errors.ts";
import type { Unresolved } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import type { Resolution } from "../../src/plan/assemble.ts";
import { resolve } from "../../src/plan/resolve.ts";
import { allowUnresolved, assertResolved } from "../../src/plan/unresolved.ts";
import { catalog } from "../support/plan.ts";

const helm: Unresolved = {
  kind: "file",
  name: "helm",
  component: "helm",
  platforms: ["linux/amd64", "linux/arm64"],
  field: "url",
  expression: "{{ helm_download_url }}",
  reason: "helm_download_url: 'site' is undefined",
  hosts: ["cp1", "cp2", "cp3", "cp4"],
};
const node: Unresolved = {
  ...helm,
  kind: "image",
  name: "calico_node",
  component: "calico",
  field: "",
  expression: "",
};
const { components, plan } = resolve(catalog, { platforms, selection: {}, unavailable: "exclude" });
const resolution: Resolution = { components, plan: { ...plan, unresolved: [helm, node] } };

describe("--allow-unresolved", () => {
  const allowed = (...names: string[]): string[] =>
    allowUnresolved(resolution, names).unresolved.flatMap(({ name, allowed: isAllowed }) => (isAllowed ? [name] : []));

  test("takes the name of an item or of its component, and nothing else is let through", () => {
    expect(allowed()).toEqual([]);
    expect(allowed("helm")).toEqual(["helm"]);
    expect(allowed("calico")).toEqual(["calico_node"]);
    // A name of the release of which nothing is unresolved says nothing.
    expect(allowed("etcd", "kubelet")).toEqual([]);
  });

  test("a name that the release does not have is refused, with the nearest one", () => {
    expect(() => allowed("hlem")).toThrow(
      '--allow-unresolved hlem: kubespray 2.31.0 has nothing of that name: did you mean "helm"?; unresolved are: helm, calico_node',
    );
    expect(() => allowUnresolved({ components, plan }, ["x/y"])).toThrow("nothing is unresolved");
  });
});

test("what is not let through ends the job with each item, for people and for scripts", () => {
  const thrown = ((): unknown => {
    try {
      assertResolved([{ ...helm, allowed: true }, node]);
    } catch (cause) {
      return cause;
    }
    return undefined;
  })();
  expect(thrown).toBeInstanceOf(KsoError);
  const { code, message, details } = thrown as KsoError;
  expect(code).toBe("unresolvable");
  expect(details).toEqual({ items: ["calico_node"], unresolved: [node] });
  expect(message.split("\n")).toEqual([
    "Cannot resolve 1 image:",
    expect.stringContaining("  calico_node (amd64, arm64; "),
    "Correct the variables, or go on without, on record: --allow-unresolved calico_node",
  ]);
  expect(() => assertResolved([{ ...helm, allowed: true }])).not.toThrow();
  expect(() => assertResolved([helm, { ...helm, name: "yq" }, node])).toThrow("2 files and 1 image");
});

test("no embedded release has anything unresolved", () => {
  for (const release of catalog.releases)
    expect(resolve(catalog, { release, platforms, selection: {}, unavailable: "exclude" }).plan.unresolved).toEqual([]);
});

test("a file of variables that nobody can read is let through by its path, whole or in part", () => {
  const vault: Unresolved = {
    kind: "variables",
    name: "group_vars/all/vault.yml",
    component: "inventory",
    platforms: [],
    field: "",
    expression: "",
    reason: "it is encrypted with Ansible Vault",
  };
  const withVault = { components, plan: { ...plan, unresolved: [vault, helm] } };
  const allowed = (...names: string[]): string[] =>
    allowUnresolved(withVault, names).unresolved.flatMap(({ name, allowed: isAllowed }) => (isAllowed ? [name] : []));
  for (const name of ["vault.yml", "all/vault.yml", "group_vars/all/vault.yml", "prod/group_vars/all/vault.yml"])
    expect(allowed(name)).toEqual(["group_vars/all/vault.yml"]);
  for (const name of ["ault.yml", "group_vars/all/other.yml", "helm.yml"]) expect(allowed(name)).toEqual([]);
  expect(() => assertResolved([vault, helm])).toThrow(
    "Cannot resolve 1 file, and what 1 file of variables sets:\n  group_vars/all/vault.yml: it is encrypted with Ansible Vault\n  helm (amd64, arm64; ",
  );
  expect(() => assertResolved([vault])).toThrow(
    "Name the password with --vault-password-file, or go on without, on record: --allow-unresolved group_vars/all/vault.yml",
  );
});
