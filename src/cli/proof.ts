// `kso verify … --kubespray-dir DIR --inventory PATH`: will this bundle answer everything that this cluster asks for?
import { openBundle } from "../bundle/open.ts";
import { parsePlatform, platforms } from "../core/platform.ts";
import { type Coverage, checkCoverage, coverageSummary } from "../kubespray/coverage.ts";
import { resolveCheckout } from "./checkout.ts";
import type { Output } from "./command.ts";
import { catalogOf } from "./context.ts";
import { type Arguments, requestOf } from "./options.ts";

/** The proof that the flags ask for. A host whose architecture nobody says is taken for one of the bundle's. */
export async function proofOf(args: Arguments, paths: readonly string[]): Promise<Coverage> {
  const { lock } = openBundle(paths, { alone: true });
  const assumed = lock.platforms.map(parsePlatform);
  const request = { ...requestOf(args), ...(args.has("arch") ? {} : { platforms, assumed }) };
  const { plan, required: demands } = resolveCheckout(args, await catalogOf(args), request);
  return checkCoverage(plan, demands, lock);
}

/** What is missing on stdout, what is worth knowing on stderr. */
export function tellProof(proof: Coverage, unneeded: boolean, output: Output): void {
  for (const { name, platform, locator, reason } of proof.missing)
    output.data(`missing: ${name} ${platform}: ${locator}: ${reason}\n`);
  for (const { locator, platforms: on } of unneeded ? proof.unneeded : [])
    output.data(`unneeded: ${locator} (${on.join(", ")})\n`);
  for (const note of proof.notes) output.tell(`note: ${note}`);
  output.tell(coverageSummary(proof));
}
