// Every kind of input that is fuzzed.
import type { Target } from "./target.ts";
import { bundleTargets } from "./targets/bundles.ts";
import { credentialTargets } from "./targets/credentials.ts";
import { inventoryTargets } from "./targets/inventories.ts";
import { planningTargets } from "./targets/planning.ts";
import { upstreamTargets } from "./targets/upstream.ts";
import { wireTargets } from "./targets/wire.ts";

/** The targets, by what they are about. */
export const targets: readonly Target[] = [
  ...wireTargets,
  ...bundleTargets,
  ...inventoryTargets,
  ...planningTargets,
  ...upstreamTargets,
  ...credentialTargets,
];
