import { expect, test } from "bun:test";
import { filterOf, filterRows, isActive } from "../../../src/serve/page/filter.ts";
import type { ItemRow } from "../../../src/serve/page/model.ts";

const row = (name: string, more: Partial<ItemRow> = {}): ItemRow => ({
  kind: "file",
  name,
  component: "kubeadm",
  version: "1",
  architectures: ["amd64", "arm64"],
  size: 1,
  digest: "",
  pinned: false,
  text: `${name} kubeadm amd64 arm64`.toLowerCase(),
  ...more,
});
const rows = [
  row("dl.k8s.io/arm64/KUBEADM"),
  row("dl.k8s.io/amd64/kubelet", { architectures: ["amd64"], component: "kubelet" }),
  row("quay.io/x:1", { kind: "image" }),
  row("kata", { absence: { kind: "unavailable", reason: "no asset" } }),
];

test.each([
  ["", rows.length],
  ["q=KUBEADM+arm64", 4],
  ["q=dl.k8s.io/arm64/kubeadm", 1],
  ["q=no+such+thing", 0],
  ["arch=arm64", 3],
  ["component=kubelet", 1],
  ["kind=image", 1],
  ["absent=1", 1],
  ["kind=file&arch=arm64&absent=1", 1],
  ["kind=image&absent=1", 0],
])("%j finds %d", (query, count) => {
  const filter = filterOf(new URLSearchParams(query));
  expect(filterRows(rows, filter)).toHaveLength(count);
  expect(isActive(filter)).toBe(query !== "");
});
