// Checks before anything is written that all names can be in one archive, and served together inside the air gap.
import { namesFault } from "../../core/bundle-names.ts";
import { KsoError } from "../../core/errors.ts";
import type { Lock } from "../../core/lock.ts";
import { quotedName } from "../../core/quote.ts";
import type { KsoBinary } from "../exporter.ts";

/** Checks the names of files, images and binaries. @throws KsoError `unresolvable` naming the one or the two that collide. */
export function checkNames(lock: Lock, binaries: readonly KsoBinary[]): void {
  const images = lock.images.map(({ image, root }) => ({ image, digest: root.digest }));
  const fault = namesFault(lock.files, images);
  if (fault !== undefined) throw refusal(fault);
  for (const { image, root, blobs } of lock.images) {
    const invalid = [root, ...blobs].find(({ digest }) => !/^sha256:[0-9a-f]{64}$/.test(digest));
    if (invalid)
      throw refusal(`the image "${image}" has a blob ${quotedName(invalid.digest)}; only sha256 names blobs`);
  }
  for (const { name } of binaries) {
    if (!/^kso-[\w.-]+$/.test(name)) throw refusal(`${quotedName(name)} is no name for a binary of kso`);
  }
}

function refusal(reason: string): KsoError {
  return new KsoError("unresolvable", `Cannot write the bundle: ${reason}`);
}
