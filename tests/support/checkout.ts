// Small kubespray checkouts, made up: the layouts and idioms of the real ones, with a few items.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Path → text, below a folder. */
export type Tree = Readonly<Record<string, string>>;

export function plant(root: string, tree: Tree): string {
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const hex = (digit: string): string => digit.repeat(64);

/** The digests that the made-up releases publish. */
export const sums: Readonly<Record<"amd64" | "arm64" | "sha512", string>> = {
  amd64: hex("a"),
  arm64: hex("b"),
  sha512: hex("c").repeat(2),
};

const tasks = `---
- name: Download | Download files / images
  include_tasks: "{{ include_file }}"
  loop: "{{ downloads | combine(kubeadm_images) | dict2items }}"
  vars:
    download: "{{ download_defaults | combine(item.value) }}"
    include_file: "download_{% if download.container %}container{% else %}file{% endif %}.yml"
  when:
    - not skip_downloads | default(false)
    - download.enabled
    - item.value.enabled
    - (not (item.value.container | default(false))) or (item.value.container and download_container)
    - (download_run_once and inventory_hostname == download_delegate) or (group_names | intersect(download.groups) | length)
`;

const kubeadm = `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration:
  criSocket: {{ cri_socket }}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
imageRepository: {{ kube_image_repo }}
kubernetesVersion: v{{ kube_version }}
etcd:
{% if etcd_deployment_type == "kubeadm" %}
  local:
    imageRepository: "{{ etcd_image_repo | regex_replace("/etcd$","") }}"
    imageTag: "{{ etcd_image_tag }}"
{% else %}
  external:
      endpoints:
      - https://10.0.0.1:2379
{% endif %}
`;

const main = `---
kube_version: "{{ (kubelet_checksums['amd64'] | dict2items)[0].key }}"
kube_network_plugin: calico
container_manager: containerd
etcd_deployment_type: host
helm_enabled: false
local_release_dir: /tmp/releases
cri_socket: >-
  {%- if container_manager == 'crio' -%}
  unix:///var/run/crio/crio.sock
  {%- else -%}
  unix:///var/run/containerd/containerd.sock
  {%- endif -%}
_host_architecture_groups:
  x86_64: amd64
  aarch64: arm64
host_architecture: >-
  {%- if ansible_architecture in _host_architecture_groups -%}
  {{ _host_architecture_groups[ansible_architecture] }}
  {%- else -%}
  {{ ansible_architecture }}
  {%- endif -%}
`;

const download = `---
image_arch: "{{ host_architecture | default('amd64') }}"
download_run_once: false
download_localhost: false
download_container: true
download_delegate: "{% if download_localhost %}localhost{% else %}{{ groups['kube_control_plane'][0] }}{% endif %}"
github_url: https://github.com
dl_k8s_io_url: https://dl.k8s.io
kube_image_repo: registry.k8s.io
quay_image_repo: quay.io
docker_image_repo: docker.io
etcd_version: "{{ etcd_supported_versions[kube_major_version] }}"
calico_version: "3.31.5"
helm_version: "3.18.4"
gvisor_version: "20260323.0"
gvisor_enabled: false
kubelet_download_url: "{{ dl_k8s_io_url }}/release/v{{ kube_version }}/bin/linux/{{ image_arch }}/kubelet"
etcd_download_url: "{{ github_url }}/etcd-io/etcd/releases/download/v{{ etcd_version }}/etcd-v{{ etcd_version }}-linux-{{ image_arch }}.tar.gz"
helm_download_url: "https://get.helm.sh/helm-v{{ helm_version }}-linux-{{ image_arch }}.tar.gz"
gvisor_runsc_download_url: "https://storage.googleapis.com/gvisor/releases/release/{{ gvisor_version | regex_replace('\\\\.0$', '') }}/{{ ansible_architecture }}/runsc"
calico_node_image_repo: "{{ quay_image_repo }}/calico/node"
calico_node_image_tag: "v{{ calico_version }}"
etcd_image_repo: "{{ quay_image_repo }}/coreos/etcd"
etcd_image_tag: "v{{ etcd_version }}"
pod_infra_image_repo: "{{ kube_image_repo }}/pause"
pod_infra_image_tag: "{{ pod_infra_supported_versions[kube_major_version] }}"
downloads:
  etcd:
    container: "{{ etcd_deployment_type != 'host' }}"
    file: "{{ etcd_deployment_type == 'host' }}"
    enabled: true
    version: "{{ etcd_version }}"
    dest: "{{ local_release_dir }}/etcd-{{ etcd_version }}-linux-{{ image_arch }}.tar.gz"
    repo: "{{ etcd_image_repo }}"
    tag: "{{ etcd_image_tag }}"
    checksum: >-
      {{ etcd_binary_checksum if (etcd_deployment_type == 'host')
      else etcd_digest_checksum | d(None) }}
    url: "{{ etcd_download_url }}"
    unarchive: "{{ etcd_deployment_type == 'host' }}"
    owner: root
    mode: "0755"
    groups:
    - etcd
  kubelet:
    enabled: true
    file: true
    dest: "{{ local_release_dir }}/kubelet-{{ kube_version }}-{{ image_arch }}"
    checksum: "{{ kubelet_checksums[image_arch][kube_version] }}"
    url: "{{ kubelet_download_url }}"
    groups:
    - k8s_cluster
  helm:
    enabled: "{{ helm_enabled }}"
    file: true
    version: "{{ helm_version }}"
    checksum: "{{ helm_archive_checksums[image_arch][helm_version] }}"
    url: "{{ helm_download_url }}"
    groups:
    - kube_control_plane
  gvisor_runsc:
    enabled: "{{ gvisor_enabled }}"
    file: true
    checksum: "{{ gvisor_runsc_checksums[image_arch][gvisor_version] }}"
    url: "{{ gvisor_runsc_download_url }}"
    groups:
    - kube_node
  calico_node:
    enabled: "{{ kube_network_plugin == 'calico' }}"
    container: true
    repo: "{{ calico_node_image_repo }}"
    tag: "{{ calico_node_image_tag }}"
    checksum: "{{ calico_node_digest_checksum | default(None) }}"
    groups:
    - k8s_cluster
  pod_infra:
    enabled: true
    container: true
    repo: "{{ pod_infra_image_repo }}"
    tag: "{{ pod_infra_image_tag }}"
    checksum: "{{ pod_infra_digest_checksum | default(None) }}"
    groups:
    - k8s_cluster
download_defaults:
  container: false
  file: false
  repo: None
  tag: None
  enabled: false
  dest: None
  version: None
  url: None
etcd_binary_checksum: "{{ etcd_binary_checksums[image_arch][etcd_version] }}"
`;

const checksums = `---
kubelet_checksums:
  arm64:
    1.35.4: sha256:${sums.arm64}
    1.34.7: sha256:${sums.arm64}
  amd64:
    1.35.4: sha256:${sums.amd64}
    1.34.7: sha256:${sums.amd64}
etcd_binary_checksums:
  amd64: &e
    3.6.10: ${sums.amd64}
    3.5.29: ${sums.amd64}
  arm64: *e
helm_archive_checksums:
  amd64:
    3.18.4: sha256:${sums.amd64}
  arm64:
    3.18.4: 0
gvisor_runsc_checksums:
  amd64:
    "20260323.0": sha512:${sums.sha512}
  arm64:
    "20260323.0": sha512:${sums.sha512}
`;

const vars = `---
kube_major_version: "{{ (kube_version | split('.'))[:-1] | join('.') }}"
etcd_supported_versions:
  '1.35': "{{ (etcd_binary_checksums['amd64'].keys() | select('version', '3.7', '<'))[0] }}"
  '1.34': "{{ (etcd_binary_checksums['amd64'].keys() | select('version', '3.6', '<'))[0] }}"
pod_infra_supported_versions:
  '1.35': '3.10.1'
  '1.34': '3.10'
`;

/** The playbooks of a made-up release, in short: plays for the groups of an inventory, with the roles that may fetch something. */
export const playbooks: Tree = {
  "cluster.yml": "---\n- name: Install\n  ansible.builtin.import_playbook: playbooks/cluster.yml\n",
  "playbooks/cluster.yml": `---
- hosts: k8s_cluster:etcd
  gather_facts: false
  roles:
    - { role: kubespray_defaults }
    - { role: container-engine, tags: container-engine, when: deploy_container_engine | default(true) }
    - { role: download, tags: download, when: "not skip_downloads | default(false)" }
- import_playbook: install_etcd.yml
  vars:
    etcd_cluster_setup: true
- hosts: kube_control_plane
  roles:
    - { role: kubernetes/control-plane }
- hosts: k8s_cluster
  roles:
    - { role: network_plugin, tags: network }
- hosts: kube_control_plane
  roles:
    - { role: kubernetes-apps, tags: apps }
`,
  "playbooks/install_etcd.yml": `---
- hosts: etcd:kube_control_plane
  roles:
    - role: etcd
      when: etcd_deployment_type != "kubeadm"
`,
};

/** The layout of kubespray 2.28 and later: defaults in roles/kubespray_defaults, tables in its vars. */
export const modern: Tree = {
  ...playbooks,
  "galaxy.yml": "---\nnamespace: kubernetes_sigs\nname: kubespray\nversion: 9.1.0\n",
  "roles/kubespray_defaults/defaults/main/main.yml": main,
  "roles/kubespray_defaults/defaults/main/download.yml": download,
  "roles/kubespray_defaults/vars/main/main.yml": vars,
  "roles/kubespray_defaults/vars/main/checksums.yml": checksums,
  "roles/download/tasks/main.yml": tasks,
  "roles/download/tasks/download_file.yml": '---\n- get_url:\n    url: "{{ download.url }}"\n',
  "roles/download/templates/kubeadm-images.yaml.j2": kubeadm,
};

/** The layout of kubespray 2.22: two roles, one file each, everything a default. A stray folder beside it is not read. */
export const old: Tree = {
  ...playbooks,
  "galaxy.yml": "---\nversion: 9.0.0\n",
  "roles/kubespray-defaults/defaults/main.yaml": main,
  "roles/kubespray-defaults/vars/main.yml": "---\nkube_proxy_deployed: true\n",
  "roles/download/defaults/main.yml": `${download}${checksums.slice(4)}${vars.slice(4)}`,
  "roles/download/defaults/main/checksums.yml": "---\ndownloads: {}\n",
  "roles/download/tasks/main.yml": tasks,
  "roles/download/tasks/download_file.yml": '---\n- get_url:\n    url: "{{ download.url }}"\n',
  "roles/download/templates/kubeadm-images.yaml.j2": kubeadm,
};

/** A role's tasks that fetch an item of `downloads` with the download role's own task, on these conditions. */
export const fetchTask = (name: string, ...when: readonly string[]): string => `- name: fetch ${name}
  include_tasks: "{{ playbook_dir }}/roles/download/tasks/download_file.yml"
  vars:
    download: "{{ download_defaults | combine(downloads.${name}) }}"
  when: ${JSON.stringify(when)}
`;

/** An inventory of three amd64 control planes and two arm64 workers. */
export const mixedCluster: string = `[kube_control_plane]
cp[1:3] ansible_architecture=x86_64
[etcd:children]
kube_control_plane
[kube_node]
w[1:2] host_architecture=arm64
[k8s_cluster:children]
kube_control_plane
kube_node
`;
