// Where charts come from: the variables that a release has, and what a person is told where it has none.
import { expect, test } from "bun:test";
import type { ChartRepository } from "../../src/charts/repository.ts";
import type { Lock } from "../../src/core/lock.ts";
import { chartAdvice, chartRemarks, chartVariables } from "../../src/endpoints/charts.ts";
import { everything, lockOf } from "../support/offline.ts";
import { catalog } from "../support/plan.ts";

const without = { files: [] } as unknown as Lock;
const approver = "{{ files_repo }}/postfinance.github.io/kubelet-csr-approver";
const cilium = "{{ files_repo }}/helm.cilium.io";
const repository = (folder: string, name: string): ChartRepository => ({
  folder,
  path: `${folder}/index.yaml`,
  charts: [{ apiVersion: "v2", name, version: "1.0.0", urls: ["x.tgz"] }],
});

test.each([...catalog.releases])("%s: the variables that its roles have", (release) => {
  const lock = lockOf(everything(release));
  const charts = lock.files.filter(({ name }) => name.endsWith("_chart")).map(({ component }) => component);
  expect(charts).toContain("kubelet-csr-approver");
  const variables = chartVariables(release, lock);
  expect(variables["kubelet_csr_approver_repository_url"]).toBe(approver);
  const isTold = release >= "2.29";
  expect(variables["cilium_install_extra_flags"]).toBe((isTold ? `--repository ${cilium}` : undefined) as never);
  expect(chartAdvice(variables)).toHaveLength(isTold ? 2 : 1);
  // 2.28 starts Cilium from a chart, and has no variable for where it is.
  expect(charts.includes("cilium")).toBe(release >= "2.28");
  expect(
    chartRemarks(release, lock, []).map((remark) => remark.includes(`custom_cni_chart_repository_url: "${cilium}"`)),
  ).toEqual(release.startsWith("2.28.") ? [true] : []);
});

test("without Cilium's chart the command line's own is left to it", () => {
  expect(chartVariables("2.31.0", without)).toEqual({ kubelet_csr_approver_repository_url: approver });
});

test("the folders of further charts are named, for custom_cni where the release has it", () => {
  const ours = [repository("helm.cilium.io", "cilium"), repository("postfinance.github.io/kubelet-csr-approver", "a")];
  const further = [...ours, repository("charts.example/cni", "ovn")];
  expect(chartRemarks("2.24.0", without, further)).toEqual([
    'the chart repository with ovn is "{{ files_repo }}/charts.example/cni"; for custom_cni put that into custom_cni_chart_repository_url',
  ]);
  expect(chartRemarks("2.23.3", without, further)).toEqual([
    'the chart repository with ovn is "{{ files_repo }}/charts.example/cni"',
  ]);
});
