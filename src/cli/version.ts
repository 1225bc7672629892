// What this binary is. A build puts the commit in; from source it is unknown.
import { embeddedReleases } from "./releases.ts";

declare const KSO_COMMIT: string | undefined;

/** kso's own version. */
export const version = "0.1.0";

/** `kso --version`, plain or as JSON. */
export function versionText(json: boolean): string {
  if (!json) return `kso ${version}\n`;
  const commit = typeof KSO_COMMIT === "string" ? KSO_COMMIT : null;
  return `${JSON.stringify({ name: "kso", version, commit, releases: embeddedReleases().map((release) => `kubespray-${release}`) }, null, 2)}\n`;
}
