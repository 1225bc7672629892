// What this binary is. A build puts the commit in; from source it is unknown.
import { embeddedReleases } from "../catalog/embedded.ts";

declare const KSO_COMMIT: string | undefined;

/** kso's own version. */
export const version = "0.1.0";

/** The commit that this program was built from. */
export const commit: string | undefined = typeof KSO_COMMIT === "string" ? KSO_COMMIT : undefined;

/** `kso --version`, plain or as JSON. */
export function versionText(json: boolean): string {
  if (!json) return `kso ${version}\n`;
  return `${JSON.stringify({ name: "kso", version, commit: commit ?? null, releases: embeddedReleases().map((release) => `kubespray-${release}`) }, null, 2)}\n`;
}
