// The variables that say where charts come from, and what no variable says. Each is one of kubespray's roles:
// kubernetes-apps/kubelet-csr-approver/defaults/main.yml (every release), network_plugin/cilium/defaults/main.yml (from 2.29.0 on; before,
// tasks/apply.yml names no repository), network_plugin/custom_cni/defaults/main.yml (from 2.24.0 on).
import type { ChartRepository } from "../charts/repository.ts";
import type { Lock } from "../core/lock.ts";
import { since } from "../core/version.ts";
import type { Variables } from "./engines.ts";

const ciliumFolder = "helm.cilium.io";
const approverFolder = "postfinance.github.io/kubelet-csr-approver";

/** The variables with which a release takes charts from the file server. */
export function chartVariables(version: string, lock: Lock): Variables {
  return {
    kubelet_csr_approver_repository_url: repositoryUrl(approverFolder),
    ...(hasCiliumChart(lock) &&
      since(version, "2.29.0") && { cilium_install_extra_flags: `--repository ${repositoryUrl(ciliumFolder)}` }),
  };
}

/** The comment lines above these variables. */
export function chartAdvice(variables: Variables): string[] {
  return [
    "Charts: in each of these folders is the index.yaml for which Helm and Cilium's command line ask",
    ...("cilium_install_extra_flags" in variables
      ? ["Another value of cilium_install_extra_flags in the inventory replaces this one: keep --repository in it"]
      : []),
  ];
}

/** What a person must know to have charts taken from the file server. */
export function chartRemarks(version: string, lock: Lock, repositories: readonly ChartRepository[]): string[] {
  const remarks: string[] = [];
  const customCni = since(version, "2.24.0");
  if (hasCiliumChart(lock) && since(version, "2.28.0") && !since(version, "2.29.0"))
    remarks.push(
      `kubespray ${version} has no variable for the repository of Cilium's chart: cilium install asks https://${ciliumFolder}; ` +
        `use kube_network_plugin: custom_cni with custom_cni_chart_repository_url: "${repositoryUrl(ciliumFolder)}", ` +
        "or add --repository to the command in roles/network_plugin/cilium/tasks/apply.yml",
    );
  const known = [ciliumFolder, approverFolder];
  for (const { folder, charts } of repositories.filter((repository) => !known.includes(repository.folder))) {
    const names = [...new Set(charts.map(({ name }) => name))].join(", ");
    remarks.push(
      `the chart repository with ${names} is "${repositoryUrl(folder)}"${customCni ? "; for custom_cni put that into custom_cni_chart_repository_url" : ""}`,
    );
  }
  return remarks;
}

function hasCiliumChart({ files }: Lock): boolean {
  return files.some(({ path }) => path.startsWith(`${ciliumFolder}/`) && path.endsWith(".tgz"));
}

function repositoryUrl(folder: string): string {
  return `{{ files_repo }}/${folder}`;
}
