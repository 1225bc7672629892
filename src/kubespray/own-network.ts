// A network plugin of the site's own (roles/network_plugin/custom_cni, from 2.24.0 on): a chart, or manifests. What these start stands in
// no file of kubespray's, so that a plan cannot have it, and says so.

import { attempt } from "../ansible/jinja/failure.ts";
import type { Templar } from "../ansible/jinja/templar.ts";
import { str } from "../ansible/jinja/text.ts";
import { withoutTrailing } from "../core/url.ts";
import { withoutUser } from "./site-address.ts";

/** The longest value that a note repeats. Characters. */
const maxLength = 200;

/** A note where the cluster has a network plugin of its own. `templar` sees the variables of all roles. */
export function ownNetworkNotes(templar: Templar): string[] {
  const value = (name: string): string => {
    const text = attempt(() => str(templar.variable(name) ?? "")) ?? "";
    return withoutUser(text).slice(0, maxLength);
  };
  const plugin = value("kube_network_plugin");
  if (plugin === "cni")
    return [
      "kube_network_plugin is cni: what the network plugin is that you install is not known here; add its images with --extra",
    ];
  if (plugin !== "custom_cni") return [];
  if (value("custom_cni_chart_release_name") === "")
    return [
      "custom_cni applies manifests of your own: what they start is not known here; add their images with --extra",
    ];
  const reference = value("custom_cni_chart_ref");
  const version = value("custom_cni_chart_version");
  const repository = value("custom_cni_chart_repository_url");
  const url = `${withoutTrailing(repository, "/")}/${reference.slice(reference.lastIndexOf("/") + 1)}-${version}.tgz`;
  return [
    `custom_cni installs the chart ${reference} ${version} of ${repository}: what it starts is not known here; add ${url} and its images with --extra`,
  ];
}
