// How a run is told which hosts and variables it has: what ansible-playbook takes on its command line.

/** The options of ansible-playbook that decide on hosts and variables. */
export interface InventoryOptions {
  /** `-i`: paths of inventories, or lists of hosts (`a,b`). Several are merged, and the later one wins. */
  readonly inventories: readonly string[];
  /** `-e`, as it was written: `key=value`, JSON, YAML or `@FILE`. */
  readonly extraVars: readonly string[];
  /** `--limit`: a pattern of hosts. */
  readonly limit?: string | undefined;
  /** `--vault-password-file`. */
  readonly vaultPasswordFiles: readonly string[];
  /** `--vault-id`: `[LABEL@]FILE`. */
  readonly vaultIds: readonly string[];
  /** Whether links in the inventory may lead anywhere. */
  readonly followLinks: boolean;
}

/** No inventory, and nothing besides. */
export const noInventory: InventoryOptions = {
  inventories: [],
  extraVars: [],
  vaultPasswordFiles: [],
  vaultIds: [],
  followLinks: false,
};
