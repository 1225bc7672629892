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
  /** Files that Ansible Vault encrypted and no password opened: what they set is unknown. */
  readonly encrypted: readonly string[];
  /** The hosts that a run is limited to (`--limit`); the others keep their place in groups and `hostvars`. */
  readonly limit?: ReadonlySet<string>;
  /** Variables that win over all others (`-e`). */
  readonly extraVars?: VariableSource;
  /** Whether dictionaries of several sources are merged (`hash_behaviour = merge`). */
  readonly mergesHashes?: boolean;
  /** What people should know of how it was read, one sentence each. */
  readonly notes?: readonly string[];
}
