// The embedded data: manifests by their path below `manifests/`. From source they are read from the tree; a build replaces
// this file by a table of embedded ones. Either way a name costs nothing and text is read only when asked for.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../manifests/", import.meta.url).href);

/** Paths of all manifests, sorted: `etcd.json`, `releases/kubespray-2.31.0.json`. */
export function assetNames(): string[] {
  const json = (folder: string): string[] => readdirSync(join(root, folder)).filter((name) => name.endsWith(".json"));
  const below = ["releases", "profiles", "mirrors"].flatMap((folder) =>
    json(folder).map((name) => `${folder}/${name}`),
  );
  return [...json("."), ...below].sort();
}

/** The text of one manifest. */
export function readAsset(name: string): string {
  return readFileSync(join(root, name), "utf8");
}
