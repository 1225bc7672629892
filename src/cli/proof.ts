// `kso verify … --kubespray-dir DIR --inventory PATH`: will this bundle answer everything that this cluster asks for?
import { openBundle } from "../bundle/open.ts";
import { parsePlatform, platforms } from "../core/platform.ts";
import { type Coverage, checkCoverage, coverageSummary } from "../kubespray/coverage.ts";
import { resolveCheckout } from "./checkout.ts";
import type { Output } from "./command.ts";
import { catalogOf, requestOf } from "./context.ts";
import type { clusterKeys } from "./flags/selection.ts";
import type { Options } from "./flags/table.ts";

/** The proof that the flags ask for. A host whose architecture nobody says is taken for one of the bundle's. */
export async function proofOf(
  options: Omit<Options<(typeof clusterKeys)[number]>, "kubesprayDir"> & { readonly kubesprayDir: string },
  paths: readonly string[],
): Promise<Coverage> {
  const { lock } = openBundle(paths, { alone: true });
  const assumed = lock.platforms.map(parsePlatform);
  const request = { ...requestOf(options), ...(options.arch ? {} : { platforms, assumed }) };
  const { plan, required } = resolveCheckout(options, await catalogOf(options), request);
  return checkCoverage(plan, required, lock);
}

/** What is missing on stdout, what is worth knowing on stderr. */
export function tellProof(proof: Coverage, unused: boolean, output: Output): void {
  for (const { name, platform, locator, reason } of proof.missing)
    output.data(`missing: ${name} ${platform}: ${locator}: ${reason}\n`);
  for (const { locator, platforms: on } of unused ? proof.unused : [])
    output.data(`unused: ${locator} (${on.join(", ")})\n`);
  for (const note of proof.notes) output.tell(`note: ${note}`);
  output.tell(coverageSummary(proof));
}
