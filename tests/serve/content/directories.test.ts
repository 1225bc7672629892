import { expect, test } from "bun:test";
import { join } from "node:path";
import { openBundles } from "../../../src/bundle/open.ts";
import { indexBundles } from "../../../src/serve/content/content-index.ts";
import { type DirectoryListing, directories } from "../../../src/serve/content/directories.ts";
import { sampleLock } from "../../support/bundle.ts";
import { sealed } from "../../support/sealed.ts";
import { noise, sha } from "../../support/seed.ts";
import { temporary } from "../../support/temp.ts";

test("a directory has its files with digests, the sums of its folders, and all that is below", async () => {
  using folder = temporary();
  const files = [
    ["a.example/x/one", noise("one", 10)],
    ["a.example/x/deep/two", noise("two", 200)],
    ["a.example/xy", noise("three", 3000)],
    ["b.example/four", noise("four", 1)],
  ] as const;
  const sample = sampleLock(join(folder.path, "blobs"), { files, images: [] });
  const { path } = await sealed(folder.path, "bundle.tar", { sample });
  let listing: DirectoryListing | undefined;
  const directory = directories(indexBundles(openBundles([path])), (_, __, shown) => {
    listing = shown;
    return new Response();
  });
  const client = { address: () => "10.0.0.7", listener: "files", secure: false };
  const list = (name: string): Response | undefined =>
    directory(new Request(`http://x/${name}`), client, { name, path: `/${name}` });

  list("k8s/a.example/");
  expect(listing?.path).toBe("/k8s/a.example/");
  expect(listing?.entries).toEqual([
    { name: "x/", size: 210, files: 2 },
    { name: "xy", size: 3000, digest: sha(noise("three", 3000)) },
  ]);
  list("");
  expect(listing?.entries).toEqual([
    { name: "a.example/", size: 3210, files: 3 },
    { name: "b.example/", size: 1, files: 1 },
  ]);
  list("a.example/x/");
  expect(listing?.below()).toEqual([
    { path: "deep/two", digest: sha(noise("two", 200)) },
    { path: "one", digest: sha(noise("one", 10)) },
  ]);
  expect(list("k8s/a.example/x")?.headers.get("location")).toBe("/k8s/a.example/x/");
  expect(list("k8s/a.example/none/")).toBeUndefined();
});
