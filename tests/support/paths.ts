// Where things lie, said once: a test that moves to another folder still finds its data.
import { join, resolve } from "node:path";
import process from "node:process";

/** The checkout that is tested. */
export const root: string = resolve(import.meta.dir, "../..");

/** Small expected results, committed with their source. */
export const golden: string = join(root, "tests/golden");

/** Inputs, committed. */
export const fixtures: string = join(root, "tests/fixtures");

/** What kubespray itself asks for, evaluated by Ansible: large, beside the checkout or named by KSO_TRUTH. */
export const groundTruth: string = process.env["KSO_TRUTH"] ?? resolve(root, "../shared/truth");

/** Small inventories and sites, each with what is right for it: beside the checkout. */
export const siteCases: string = resolve(root, "../shared/cases");

/** A binary as `bun build.ts` makes it. */
export function binaryFor(architecture: "amd64" | "arm64"): string {
  return join(root, "dist", `kso-linux-${architecture}`);
}
