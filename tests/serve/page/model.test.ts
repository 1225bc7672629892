import { expect, test } from "bun:test";
import { join } from "node:path";
import { pageModel, searchRows } from "../../../src/serve/page/model.ts";
import { sampleLock } from "../../support/bundle.ts";
import { temporary } from "../../support/temp.ts";

test("every word of a query narrows the rows down", () => {
  using folder = temporary();
  const { lock } = sampleLock(join(folder.path, "blobs"));
  const { rows } = pageModel([lock], () => undefined);
  const names = (query: string): string[] => searchRows(rows, query).map(({ name }) => name);
  expect(names("").length).toBe(lock.files.length + lock.images.length);
  expect(names("KUBEADM arm64")).toHaveLength(2);
  expect(names("linux/arm64/kubeadm")).toEqual(["dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubeadm"]);
  expect(names(lock.images[0]?.root.digest.slice(7, 20) ?? "")).toHaveLength(2);
  expect(names("no such thing")).toEqual([]);
});

test("an image is listed for the architectures that it has", () => {
  using folder = temporary();
  const { lock } = sampleLock(join(folder.path, "blobs"));
  const half = { ...lock, images: lock.images.map((image) => ({ ...image, unavailable: ["linux/arm64"] })) };
  const { rows } = pageModel([half], () => undefined);
  for (const { kind, architectures } of rows) if (kind === "image") expect(architectures).toEqual(["amd64"]);
  expect(rows.some(({ kind }) => kind === "image")).toBeTrue();
});
