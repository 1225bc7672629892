import { expect, test } from "bun:test";
import type { Unresolved } from "../../src/core/plan.ts";
import { describeUnresolved } from "../../src/core/unresolved.ts";

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

test("an item is described once, with its architectures, hosts, field, expression and reason", () => {
  expect(describeUnresolved(helm)).toBe(
    `helm (amd64, arm64; cp1, cp2, cp3 and 1 more): its url ("{{ helm_download_url }}") cannot be evaluated: helm_download_url: 'site' is undefined`,
  );
  const { hosts: _, ...noHosts } = { ...helm, name: "pause", field: "", expression: "" };
  expect(describeUnresolved(noHosts)).toStartWith("pause (amd64, arm64): it cannot be used: ");
});
