// --limit: which hosts a run has, and which it only knows.
import { expect, test } from "bun:test";
import { siteOf } from "../../support/inventory.ts";

const hosts =
  "[kube_control_plane]\ncp[1:2]\n[kube_node]\nw[1:3]\nfd00::1\n[k8s_cluster:children]\nkube_control_plane\nkube_node\n";

test.each<[string, string[]]>([
  ["kube_control_plane", ["cp1", "cp2"]],
  ["cp1,w1", ["cp1", "w1"]],
  ["k8s_cluster:!kube_node", ["cp1", "cp2"]],
  ["kube_node[0:1]", ["w1", "w2"]],
  ["~w[23]", ["w2", "w3"]],
  ["fd00::1", ["fd00::1"]],
])("%s", (limit, expected) => {
  using site = siteOf({ "hosts.ini": hosts });
  const inventory = site.open(["hosts.ini"], { limit });
  expect([...(inventory.limit ?? [])]).toEqual(expected);
  expect(inventory.hosts).toHaveLength(6);
  expect(inventory.groups.get("kube_control_plane")).toEqual(["cp1", "cp2"]);
});

test("a file has a pattern a line, as ansible-playbook writes its .retry files", () => {
  using site = siteOf({ "hosts.ini": hosts, retry: `w1\n\n${"cp1\n".repeat(2000)}` });
  expect([...(site.open(["hosts.ini"], { limit: `@${site.at("retry")}` }).limit ?? [])]).toEqual(["w1", "cp1"]);
  expect(() => site.open(["hosts.ini"], { limit: "@/nowhere" })).toThrow("Cannot read /nowhere (--limit)");
  expect(() => site.open(["hosts.ini"], { limit: "@/dev/zero" })).toThrow("Cannot read /dev/zero (--limit)");
});

test("a limit that matches nothing says what there is; a part that matches nothing is noted", () => {
  using site = siteOf({ "hosts.ini": hosts });
  expect(() => site.open(["hosts.ini"], { limit: "kube-node" })).toThrow(
    /--limit kube-node matches no host; there are the groups .*kube_node.* and the hosts cp1, cp2/,
  );
  expect(() => site.open(["hosts.ini"], { limit: "cp1:!cp1" })).toThrow("matches no host");
  expect(site.open(["hosts.ini"], { limit: "cp1,cp9,!w9" }).notes).toEqual([
    "--limit names cp9, !w9, which no host matches",
  ]);
});
