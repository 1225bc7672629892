// The defaults of all roles of a checkout.
import type { Folder } from "../ansible/folder.ts";
import { loadVariables, type VariableSource } from "../ansible/variables.ts";

/** How deep roles may lie below `roles`. */
const maxDepth = 4;

/** Names that are no role: the folders that a role consists of, and files. */
const noRole = /^(?:tasks|defaults|vars|templates|files|handlers|meta|molecule|library)$|[.]/;

/** The defaults of every role but `excluded`, by role. A role is a folder with `defaults` or `tasks`. */
export function otherRoleDefaults(
  folder: Folder,
  excluded: readonly string[],
): ReadonlyMap<string, readonly VariableSource[]> {
  const defaults = new Map<string, readonly VariableSource[]>();
  for (const role of rolesBelow(folder, "", 0))
    if (!excluded.includes(role))
      defaults.set(role, loadVariables(folder, `${roleFolder(role)}/defaults/main`, "role").sources);
  return defaults;
}

function roleFolder(role: string): string {
  return role === "" ? "roles" : `roles/${role}`;
}

function* rolesBelow(folder: Folder, role: string, depth: number): Iterable<string> {
  const path = roleFolder(role);
  if (depth > maxDepth || folder.kind(path) !== "folder") return;
  const names = folder.list(path);
  if (names.includes("defaults") || names.includes("tasks")) yield role;
  for (const name of names)
    if (!noRole.test(name)) yield* rolesBelow(folder, role === "" ? name : `${role}/${name}`, depth + 1);
}
