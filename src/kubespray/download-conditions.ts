// The conditions under which the download role fetches an item.
import type { Folder } from "../ansible/folder.ts";
import { Dict, type PythonValue } from "../ansible/jinja/values.ts";
import { roleTasks } from "./tasks.ts";

/** The `when` and the `vars` of the task that loops over `downloads`. */
export interface DownloadConditions {
  readonly when: PythonValue;
  readonly vars: Dict;
}

/** As the download role has them in every release from 2.22 to 2.31, for a checkout whose task is written otherwise. */
const defaultConditions: DownloadConditions = {
  when: [
    "not skip_downloads | default(false)",
    "download.enabled",
    "item.value.enabled",
    "(not (item.value.container | default(false))) or (item.value.container and download_container)",
    "(download_run_once and inventory_hostname == download_delegate) or (group_names | intersect(download.groups) | length)",
  ],
  vars: new Dict([["download", "{{ download_defaults | combine(item.value) }}"]]),
};

/** The conditions in a checkout's download role. */
export function downloadConditions(folder: Folder): DownloadConditions {
  const task = roleTasks(folder, "download").find(loopsOverDownloads);
  if (!task) return defaultConditions;
  const vars = task.get("vars");
  return { when: task.get("when") ?? true, vars: vars instanceof Dict ? vars : defaultConditions.vars };
}

function loopsOverDownloads(task: Dict): boolean {
  const loop = task.get("loop") ?? task.get("with_dict");
  return typeof loop === "string" && /\bdownloads\b/.test(loop);
}
