// Reads the files of a checkout's roles.

import type { Checkout } from "../kubespray/checkout.ts";
import { isPartOfRun } from "./references.ts";

/** Folders within folders, at most. */
const maxDepth = 12;

/** Path and text of every file that a run can use. */
export function* roleFiles({ folder }: Checkout): Iterable<readonly [path: string, text: string]> {
  const queue = [{ path: "roles", depth: 0 }];
  for (let next = queue.shift(); next; next = queue.shift())
    for (const name of folder.list(next.path)) {
      const path = `${next.path}/${name}`;
      const kind = folder.kind(path);
      if (kind === "folder" && next.depth < maxDepth) queue.push({ path, depth: next.depth + 1 });
      else if (kind === "file" && isPartOfRun(path)) yield [path, folder.read(path)];
    }
}
