// Ansible's magic variables: what a play knows of itself and of its hosts.
import type { Inventory, InventoryHost } from "./inventory/inventory.ts";
import { observedList } from "./jinja/observed-list.ts";
import type { Templar } from "./jinja/templar.ts";
import { Dict, type LazyMapping, type PythonValue } from "./jinja/values.ts";

/** Magic variables that have the same value for all hosts of an inventory. */
export const sharedVariables: ReadonlySet<string> = new Set(["groups", "hostvars", "ansible_play_hosts", "play_hosts"]);

/** Magic variables that a play's tasks see and the values inside `hostvars` do not. */
export const playVariables: ReadonlySet<string> = new Set([
  "hostvars",
  "ansible_play_hosts",
  "ansible_play_hosts_all",
  "play_hosts",
]);

/** The magic variables of a host, by name. `templarOf` evaluates another host's variables. */
export function magicVariables(
  { inventory, host }: { readonly inventory: Inventory; readonly host: InventoryHost },
  templarOf: (host: InventoryHost) => Templar,
): ReadonlyMap<string, () => PythonValue> {
  const { limit } = inventory;
  const hostNames = (): PythonValue =>
    inventory.hosts.map(({ name }) => name).filter((name) => limit?.has(name) !== false);
  const hostvars = lazyHostvars(inventory, templarOf);
  return new Map<string, () => PythonValue>([
    ["inventory_hostname", () => host.name],
    ["inventory_hostname_short", () => host.name.split(".")[0] ?? host.name],
    ["group_names", () => observedList(host.groups)],
    ["groups", () => new Dict(inventory.groups)],
    ["hostvars", () => hostvars],
    ["ansible_play_hosts", hostNames],
    ["ansible_play_hosts_all", hostNames],
    ["play_hosts", hostNames],
    ["playbook_dir", () => "."],
    ["omit", () => "__omit_place_holder__"],
    ["ansible_check_mode", () => false],
  ]);
}

function lazyHostvars(inventory: Inventory, templarOf: (host: InventoryHost) => Templar): LazyMapping {
  const variablesByHost = new Map<string, LazyMapping>();
  return {
    lazy: true,
    keys: () => inventory.hosts.map(({ name }) => name),
    get: (key) => {
      const host = inventory.hosts.find(({ name }) => name === key);
      if (!host) return undefined;
      const variables = variablesByHost.get(host.name) ?? lazyVariables(host, templarOf(host));
      variablesByHost.set(host.name, variables);
      return variables;
    },
  };
}

/** Another host's variables, as `hostvars[…]` shows them. */
function lazyVariables(host: InventoryHost, templar: Templar): LazyMapping {
  return {
    lazy: true,
    keys: () => [...new Set(host.sources.flatMap((source) => [...source.keys()]))],
    get: (key) => (typeof key === "string" ? templar.shown(key) : undefined),
  };
}
