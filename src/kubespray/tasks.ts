// The tasks of a role.
import { displayPath, type Folder } from "../ansible/folder.ts";
import { Dict, isList } from "../ansible/jinja/values.ts";
import { readYaml } from "../ansible/yaml.ts";

/** The tasks in a role's tasks/main.yml; none where it has no such file. */
export function roleTasks(folder: Folder, role: string): readonly Dict[] {
  const path = ["main.yml", "main.yaml"]
    .map((name) => `roles/${role}/tasks/${name}`)
    .find((candidate) => folder.kind(candidate) === "file");
  const tasks = path === undefined ? [] : readYaml(folder.read(path), displayPath(folder, path));
  return isList(tasks) ? tasks.filter((task) => task instanceof Dict) : [];
}
