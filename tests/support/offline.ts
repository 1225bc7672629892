// offline.yml of a release, for tests: written for a plan as if it were a bundle, and read again.
import { parse } from "yaml";
import type { Lock } from "../../src/core/lock.ts";
import { imagesOf, type Plan } from "../../src/core/plan.ts";
import type { Endpoints } from "../../src/endpoints/endpoints.ts";
import { offlineFile } from "../../src/endpoints/kubespray.ts";
import { catalog, planFor } from "./plan.ts";

/** A site without TLS, which keeps hosts in names. */
export const plain: Endpoints & { readonly files: string } = {
  files: "http://files.site:8080/k8s",
  registry: { scheme: "http", host: "reg.site:5000", prefix: "" },
  naming: "keep-host",
  insecure: false,
  credentials: [],
};
/** All that a release may ask for, as a bundle has it. */
export function everything(release: string): Plan {
  const known = planFor({ release }).components.filter(({ reason }) => !reason.includes(" has no "));
  return planFor({ release, unavailable: "include", selection: { with: known.map(({ component }) => component) } });
}

export function lockOf(plan: Plan): Lock {
  const files = plan.artifacts.filter(({ kind }) => kind === "file");
  return { release: plan.release, kubernetes: plan.kubernetes, files, images: imagesOf(plan) } as unknown as Lock;
}

/** Its text, and its variables as a strict parser reads them. */
export function written(release: string, site: typeof plain): { text: string; variables: Record<string, unknown> } {
  const lock = lockOf(planFor({ release }));
  const text = offlineFile(catalog.release(release), { lock, lockDigest: "sha256:0" }, site);
  return { text, variables: parse(text, { strict: true, uniqueKeys: true }) };
}
