// A kubespray checkout made up from an embedded release: the variables, tables and items that its plugins and manifest speak of, in
// kubespray's own layout and idioms, so that a checkout is at hand where no clone is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plugins } from "../../plugins/index.ts";
import { evaluateRelease, findDigest } from "../../src/catalog/release.ts";
import type { DigestTable, ReleaseManifest } from "../../src/core/manifest.ts";
import { platforms } from "../../src/core/platform.ts";
import type { Contribution } from "../../src/core/plugin.ts";
import { minor } from "../../src/core/version.ts";
import { rolePins } from "../../src/kubespray/role-pins.ts";
import { ownerOf } from "../../src/release-data/checksum-tables.ts";
import { modern, type Tree } from "./checkout.ts";
import { root } from "./paths.ts";
import { catalog } from "./plan.ts";

const [amd64] = platforms;
const text = (value: unknown): string => JSON.stringify(value);

/** Names of kubespray's checksum tables, as the importer knows them. */
const tableNames: readonly string[] = [
  ...readFileSync(join(root, "src/release-data/checksum-tables.ts"), "utf8").matchAll(/\b(\w+_checksums)\b/g),
].map(([, name]) => name as string);

/** The tree of a release from 2.28.0 on. */
export function releaseTree(version: string): Tree {
  const manifest = catalog.release(version);
  const { default: usual, versions } = manifest.kubernetes;
  const owned = new Set(rolePins.map(({ pin }) => pin));
  const pins = Object.entries(manifest.pins).filter(([name]) => !owned.has(name));
  const stepped = Object.keys(manifest.byKubernetes).map((name) => {
    const row = versions.flatMap((kube) => {
      const value = evaluateRelease(manifest, kube).pins[name];
      return value === undefined ? [] : [`  ${text(kube)}: ${text(value)}\n`];
    });
    return `${name}_for:\n${row.join("")}${name}: "{{ ${name}_for[kube_version] }}"\n`;
  });
  const minors = [...new Set(versions.map(minor))].map((line) => `  ${text(line)}: "x"\n`);
  const { variables, items } = itemsOf(manifest);
  return {
    "galaxy.yml": `version: ${version}\n`,
    "roles/kubespray_defaults/defaults/main/main.yml": `---
kube_version: ${text(usual)}
container_manager: containerd
etcd_deployment_type: host
kube_image_repo: registry.k8s.io
cri_socket: unix:///run/containerd/containerd.sock
image_arch: "{{ 'amd64' if ansible_architecture == 'x86_64' else 'arm64' }}"
download_container: true
download_run_once: false
download_delegate: localhost
download_defaults: { enabled: false, container: false, file: false, groups: [] }
etcd_supported_versions:
${minors.join("")}`,
    "roles/kubespray_defaults/defaults/main/download.yml": `---
${pins.map(([name, value]) => `${name}: ${text(value)}\n`).join("")}${stepped.join("")}${variables}downloads:
${items}`,
    "roles/kubespray_defaults/vars/main/checksums.yml": `---\n${tables(manifest)}`,
    "roles/download/tasks/main.yml": modern["roles/download/tasks/main.yml"] as string,
    "roles/download/templates/kubeadm-images.yaml.j2": modern[
      "roles/download/templates/kubeadm-images.yaml.j2"
    ] as string,
    ...roleDefaults(manifest),
  };
}

function roleDefaults(manifest: ReleaseManifest): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const { pin, variable, roles } of rolePins) {
    const value = manifest.pins[pin];
    if (value === undefined) continue;
    const [name, field] = variable.split(".");
    const path = `roles/${roles[0]}/defaults/main.yml`;
    tree[path] =
      `${tree[path] ?? "---\n"}${name}: ${field === undefined ? text(value) : `{ ${field}: ${text(value)} }`}\n`;
  }
  return tree;
}

function tables(manifest: ReleaseManifest): string {
  return [...new Set(tableNames)]
    .map((name) => {
      const to = ownerOf(name, manifest.version);
      const versions: DigestTable = (to && catalog.component(to.component)?.files?.[to.file]?.versions) ?? {};
      // A release that has no such table at all publishes nothing of what it pins.
      const own = to && Object.values(manifest.digests?.[to.component]?.[to.file] ?? {}).flatMap(Object.values);
      if (own && own.length > 0 && own.every((digest) => digest === null)) return "";
      const digests = { component: (one: string) => catalog.component(one), release: manifest };
      const rows = (arch: string): string =>
        Object.entries(versions)
          .filter(
            ([version, row]) =>
              arch in row && (to?.component !== "kubernetes" || manifest.kubernetes.versions.includes(version)),
          )
          .flatMap(([version]) => {
            const found = to && findDigest(digests, { ...to, version, arch });
            return found ? [`    ${text(version)}: ${found.digest}\n`] : [];
          })
          .join("");
      const archs = [...new Set(Object.values(versions).flatMap((row) => Object.keys(row)))].sort();
      const shown = archs.filter((arch) => rows(arch) !== "");
      return shown.length === 0
        ? ""
        : `${name}:\n${shown.map((arch) => `  ${arch === "any" ? "no_arch" : arch}:\n${rows(arch)}`).join("")}`;
    })
    .join("");
}

function itemsOf(manifest: ReleaseManifest): { variables: string; items: string } {
  const release = evaluateRelease(manifest, manifest.kubernetes.default);
  const all = plugins.flatMap((plugin) =>
    [...plugin.contribute(release, amd64 as (typeof platforms)[number])].map((item) => ({
      item,
      component: plugin.name,
    })),
  );
  const find = (kind: Contribution["kind"], name: string): (typeof all)[number] => {
    const found = all.find(({ item }) => item.kind === kind && item.name === name);
    if (!found) throw new Error(`no plugin contributes ${kind} ${name}`);
    return found;
  };
  const templated = (value: string, { pin, version }: Contribution): string =>
    pin === undefined ? value : value.replaceAll(version, `{{ ${pin} }}`);
  const fields = new Map<string, string[]>();
  const variables: string[] = [];
  for (const name of manifest.lists.files) {
    const { item, component } = find("file", name);
    if (item.kind !== "file") continue;
    const url = templated(item.url, item)
      .replaceAll("amd64", "{{ image_arch }}")
      .replaceAll("x86_64", "{{ ansible_architecture }}");
    const key = item.digests ?? item.name;
    const table = tableNames.find((one) => {
      const to = ownerOf(one, manifest.version);
      return to?.component === component && to.file === key;
    });
    const any = Object.values(catalog.component(component)?.files?.[key]?.versions ?? {}).some((row) => "any" in row);
    variables.push(`${name}_download_url: ${text(url)}\n`);
    const sum = `{{ ${table}[${any ? "'no_arch'" : "image_arch"}][${item.pin}] }}`;
    fields.set(name, ["file: true", `url: "{{ ${name}_download_url }}"`, `checksum: ${text(sum)}`]);
  }
  for (const name of manifest.lists.images.filter((one) => !one.startsWith("kube-") || one === "kube-vip")) {
    const { item } = find("image", name);
    if (item.kind !== "image") continue;
    const at = item.image.lastIndexOf(":");
    const repo = `${name.replaceAll("-", "_")}_image_repo`;
    variables.push(`${repo}: ${text(item.image.slice(0, at))}\n`);
    const tag = `tag: ${text(templated(item.image.slice(at + 1), item))}`;
    const kind = fields.has(name) ? [] : ["container: true"];
    fields.set(name, [...(fields.get(name) ?? []), ...kind, `repo: "{{ ${repo} }}"`, tag]);
  }
  // An item that has both, as etcd, stands where kubespray has its image.
  const order = [
    ...manifest.lists.files.filter((name) => !manifest.lists.images.includes(name)),
    ...manifest.lists.images,
  ];
  const items = order.flatMap((name) => {
    const own = fields.get(name);
    return own
      ? [`  ${name}:\n    enabled: true\n    groups: [k8s_cluster]\n${own.map((line) => `    ${line}\n`).join("")}`]
      : [];
  });
  return { variables: variables.join(""), items: items.join("") };
}
