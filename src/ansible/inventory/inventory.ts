// An inventory: hosts with their groups and variables.
import type { VariableSource } from "../variables.ts";

/** A host of an inventory; for a plan without one, a made-up host. */
export interface InventoryHost {
  readonly name: string;
  /** Names of its groups except `all`, sorted. */
  readonly groups: readonly string[];
  /** What the inventory sets for it, weakest first. */
  readonly sources: readonly VariableSource[];
}

/** The hosts of a cluster. */
export interface Inventory {
  readonly hosts: readonly InventoryHost[];
  /** Group → its hosts' names, in the inventory's order; `all` and `ungrouped` too. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Files that Ansible Vault encrypted: what they set is unknown. */
  readonly encrypted: readonly string[];
}
