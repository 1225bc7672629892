// Which releases are embedded: names only, nothing is read.
import { compare } from "../core/version.ts";
import { assetNames } from "../runtime/assets.ts";

/** Versions of the embedded releases, oldest first. */
export function embeddedReleases(): string[] {
  return assetNames()
    .flatMap((name) => /^releases\/kubespray-(.+)\.json$/.exec(name)?.[1] ?? [])
    .sort(compare);
}
