// The embedded data: manifests by their path below `manifests/`. From source they are read from the tree; a build replaces
// this file by a table of embedded ones. Either way a name costs nothing and text is read only when asked for.
import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../../manifests/", import.meta.url);

/** Paths of all manifests, sorted: `etcd.json`, `releases/kubespray-2.31.0.json`. */
export function assetNames(): string[] {
  const json = (folder: string): string[] =>
    readdirSync(new URL(folder, root)).filter((name) => name.endsWith(".json"));
  return [...json("."), ...json("releases/").map((name) => `releases/${name}`)].sort();
}

/** The text of one manifest. */
export function readAsset(name: string): string {
  return readFileSync(new URL(name, root), "utf8");
}
