import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeManifests } from "../../src/release-data/manifest-folder.ts";
import { temporary } from "../support/temp.ts";

test("a folder below a file cannot be made, which is said in words", async () => {
  using folder = temporary();
  writeFileSync(join(folder.path, "file"), "");
  const manifests = { components: new Map(), releases: new Map() };
  await writeManifests(join(folder.path, "new"), manifests);
  expect(writeManifests(join(folder.path, "file", "below"), manifests)).rejects.toThrow(
    "a part of the path is a file; name another place with -o",
  );
});
