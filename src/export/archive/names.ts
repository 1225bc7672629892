// Checks before anything is written that all names can be in one archive, and served together inside the air gap.
import { nameFault } from "../../bundle/entry-name.ts";
import { KsoError } from "../../core/errors.ts";
import type { Lock } from "../../core/lock.ts";
import { quotedName } from "../../core/quote.ts";
import { namesInside, parseReference } from "../../core/reference.ts";
import type { KsoBinary } from "../exporter.ts";
import { parentsOf } from "../parents.ts";

/** Checks the names of files, images and binaries. @throws KsoError `unresolvable` naming the one or the two that collide. */
export function checkNames(lock: Lock, binaries: readonly KsoBinary[]): void {
  checkFiles(lock);
  checkImages(lock);
  for (const { name } of binaries) {
    if (!/^kso-[\w.-]+$/.test(name)) throw refusal(`${quotedName(name)} is no name for a binary of kso`);
  }
}

function checkFiles(lock: Lock): void {
  const files = new Map<string, string>();
  for (const { path, digest } of lock.files) {
    const fault = path.includes("/") ? nameFault(`files/${path}`) : "it is not HOST/PATH";
    if (fault) throw refusal(`the file ${quotedName(path)}: ${fault}`);
    const other = files.get(path);
    if (other !== undefined && other !== digest) {
      throw refusal(`two files are named ${quotedName(path)}: ${other} and ${digest}`);
    }
    files.set(path, digest);
  }
  for (const path of files.keys()) {
    for (const parent of parentsOf(path)) {
      if (files.has(parent))
        throw refusal(`${quotedName(parent)} is a file, and ${quotedName(path)} needs a directory there`);
    }
  }
}

/** The server answers to a name without its host, and below k8s/, too: only one image may have each of those names. */
function checkImages(lock: Lock): void {
  const imagesByName = new Map<string, { readonly image: string; readonly digest: string }>();
  for (const { image, root, blobs } of lock.images) {
    const { tag, ...rest } = parseReference(image);
    for (const name of namesInside(rest).map((repository) => `${repository}:${tag}`)) {
      const other = imagesByName.get(name);
      if (other !== undefined && other.digest !== root.digest) {
        throw refusal(
          other.image === image
            ? `two images are named "${image}": ${other.digest} and ${root.digest}`
            : `"${other.image}" and "${image}" are different images and share the name "${name}" inside the gap; leave one of them out`,
        );
      }
      imagesByName.set(name, { image, digest: root.digest });
    }
    const invalid = [root, ...blobs].find(({ digest }) => !/^sha256:[0-9a-f]{64}$/.test(digest));
    if (invalid)
      throw refusal(`the image "${image}" has a blob ${quotedName(invalid.digest)}; only sha256 names blobs`);
  }
}

function refusal(reason: string): KsoError {
  return new KsoError("unresolvable", `Cannot write the bundle: ${reason}`);
}
