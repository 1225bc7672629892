// offline.yml, evaluated as kubespray would: its variables as an inventory's, over the release's own expressions, for a host of
// each architecture: over the facts of releases, and over made-up checkouts.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { hostTemplar } from "../src/ansible/host-variables.ts";
import { filesFor, imagesOf } from "../src/core/plan.ts";
import { anyHost } from "../src/kubespray/any-host.ts";
import { openCheckout } from "../src/kubespray/checkout.ts";
import { type DownloadItem, evaluateItems } from "../src/kubespray/items.ts";
import { modern, old, plant, type Tree } from "./support/checkout.ts";
import { entriesOf, testGroundTruth } from "./support/ground-truth.ts";
import { everything, plain, written } from "./support/offline.ts";
import { temporary } from "./support/temp.ts";

const machines = { amd64: "x86_64", arm64: "aarch64" } as const;

/** What the items of a checkout come to with that release's offline.yml. */
function itemsOf(tree: Tree, release: string, machine: string): readonly DownloadItem[] {
  using folder = temporary();
  const checkout = openCheckout(plant(folder.path, tree));
  const { variables } = written(release, plain);
  const texts = Object.entries(variables).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" ? [[name, value]] : [],
  );
  const host = anyHost([new Map(texts.map(([name, value]) => [name, { value, from: "offline.yml" }]))]);
  return evaluateItems(checkout, hostTemplar(checkout, { ...host, machine }));
}

test.each([
  ["2.31.0", modern],
  ["2.22.2", old],
])("with the variables of %s a made-up checkout asks the site alone, for its own architecture", (release, tree) => {
  for (const [arch, machine] of Object.entries(machines)) {
    const items = itemsOf(tree, release, machine);
    const found = Object.fromEntries(items.map(({ name, url, repo }) => [name, url ?? repo]));
    expect(found["kubelet"]).toStartWith(`${plain.files}/dl.k8s.io/release/v`);
    expect(found["kubelet"]).toEndWith(`/bin/linux/${arch}/kubelet`);
    expect(found["calico_node"]).toBe("reg.site:5000/quay.io/calico/node");
    expect(found["kubeadm_kube-proxy"]).toBe("reg.site:5000/registry.k8s.io/kube-proxy");
  }
});

interface Facts {
  readonly download_url_templates: Record<string, string>;
  readonly image_templates: Record<string, string>;
  readonly downloads_raw: Record<string, object>;
}
interface Pins {
  readonly vars: Record<string, string>;
  readonly supported_versions: Record<string, unknown>;
}

/** A checkout that has the release's own expressions and, evaluated, its versions. */
function checkoutOf(facts: Facts, { vars, supported_versions: supported }: Pins): Tree {
  const path = "roles/kubespray_defaults/defaults/main/download.yml";
  const versions = Object.entries(vars).filter(([name]) => /_(version|tag)$/.test(name));
  const own = {
    // Of other roles, or left out of the facts.
    host_os: "linux",
    coredns_image_is_namespaced: true,
    containerd_static_binary: false,
    gateway_api_channel: "standard",
    kube_vip_lb_fwdmethod: "local",
    dashboard_metrics_scraper_repo: "{{ docker_image_repo }}/kubernetesui/metrics-scraper",
    dashboard_metrics_scraper_tag: "v1.0.8",
    kube_major_version: String(vars["kube_version"]).split(".").slice(0, 2).join("."),
    ...supported,
    ...Object.fromEntries(versions),
    ...facts.image_templates,
    ...facts.download_url_templates,
    downloads: facts.downloads_raw,
  };
  const text = `${modern[path]?.split("github_url:")[0]}${stringify(own, { lineWidth: 0 })}`;
  return { ...modern, [path]: text };
}

const tagsIn = (root: string): { tag: string }[] =>
  entriesOf(root, "facts").map((name) => ({ tag: name.replace(".json", "") }));
const read = <T>(root: string, path: string): T => JSON.parse(readFileSync(join(root, path), "utf8")) as T;

testGroundTruth(
  "endpoints",
  "$tag: every item is asked for at the site, by a name that a bundle has",
  tagsIn,
  ({ tag, root }) => {
    const tree = checkoutOf(read<Facts>(root, `facts/${tag}.json`), read<Pins>(root, `pins/${tag}.json`));
    const plan = everything(tag.slice(1));
    const images = new Set(imagesOf(plan).map(({ image }) => `reg.site:5000/${image}`));
    for (const [arch, machine] of Object.entries(machines)) {
      const files = new Set(filesFor(plan, `linux/${arch}`).map(({ path }) => `${plain.files}/${path}`));
      const items = itemsOf(tree, tag.slice(1), machine).filter(({ name }) => !name.startsWith("kubeadm_"));
      expect(items.length).toBeGreaterThan(60);
      for (const { name, fields, url, repo, tag: version } of items) {
        const asked = fields.has("repo") && url === undefined ? `${repo}:${version}` : url;
        expect([name, arch, asked, files.has(asked ?? "") || images.has(asked ?? "")]).toEqual([
          name,
          arch,
          asked,
          true,
        ]);
      }
    }
  },
);
