import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Lock } from "../../../src/core/lock.ts";
import { type PageModel, pageModel, releaseById } from "../../../src/serve/page/model.ts";
import { sampleLock } from "../../support/bundle.ts";
import { temporary } from "../../support/temp.ts";

function modelOf(...locks: readonly Lock[]): PageModel {
  const common = { lockDigest: "sha256:00", isPart: false, bundle: ["bundle.tar"] } as const;
  return pageModel(
    locks.map((lock) => ({ lock, ...common })),
    () => undefined,
  );
}

function sample(): Lock {
  using folder = temporary();
  return sampleLock(join(folder.path, "blobs")).lock;
}

test("an image is listed for the architectures that it has", () => {
  const lock = sample();
  const half = { ...lock, images: lock.images.map((image) => ({ ...image, unavailable: ["linux/arm64"] })) };
  const { rows } = modelOf(half).releases[0];
  for (const { kind, architectures } of rows) if (kind === "image") expect(architectures).toEqual(["amd64"]);
  expect(rows.some(({ kind }) => kind === "image")).toBeTrue();
});

test("what a component wants and the bundle lacks is among its rows, with its reason, behind what is here", () => {
  const lock = sample();
  const common = {
    kind: "file",
    name: "kata",
    component: "kubeadm",
    version: "1",
    locator: "https://x.example/kata",
  } as const;
  const absent = (platform: string) => ({ ...common, platform, reason: "no asset", included: false });
  const unresolved = { ...common, platforms: [], field: "url", expression: "{{ x }}", reason: "x is not set" };
  const { rows } = modelOf({
    ...lock,
    unavailable: [
      absent("linux/amd64"),
      absent("linux/arm64"),
      { ...absent("linux/arm64"), name: "kept", included: true },
    ],
    unresolved: [unresolved],
  }).releases[0];
  const own = rows.filter(({ component }) => component === "kubeadm");
  expect(own.map(({ name, absence, architectures }) => [name, absence?.kind, architectures.join()])).toEqual([
    ["dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubeadm", undefined, "amd64,arm64"],
    ["dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubeadm", undefined, "amd64,arm64"],
    ["kata", "unavailable", "amd64,arm64"],
    ["kata", "unresolved", ""],
  ]);
  expect(own[2]?.absence?.reason).toBe("no asset");
  expect(own[3]?.absence?.reason).toContain("x is not set");
});

test("each release stands by itself, the newest first; two locks of one release are one, and the first wins", () => {
  const lock = sample();
  const at = (version: string, kubernetes = "1.35.4"): Lock => ({
    ...lock,
    release: { ...lock.release, name: `kubespray-${version}`, version },
    kubernetes,
  });
  const model = modelOf(at("2.9.0"), { ...at("2.31.0"), files: [] }, at("2.31.0"), at("2.10.0"));
  expect(model.releases.map(({ id, files }) => [id, files])).toEqual([
    ["2.31.0", lock.files.length],
    ["2.10.0", lock.files.length],
    ["2.9.0", lock.files.length],
  ]);
  expect(releaseById(model, null)?.id).toBe("2.31.0");
  expect(releaseById(model, "2.9.0")?.id).toBe("2.9.0");
  expect(releaseById(model, "2.8.0")).toBeUndefined();
  const twice = modelOf(at("2.31.0", "1.34.1"), at("2.31.0"));
  expect(twice.releases.map(({ id }) => id)).toEqual(["2.31.0-kubernetes-1.35.4", "2.31.0-kubernetes-1.34.1"]);
});
