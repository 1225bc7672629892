// What a plugin writes its contributions with.
import { expect, test } from "bun:test";
import { file, image, pin, pinned, type Release } from "../../src/core/plugin.ts";

const release: Release = {
  name: "kubespray-2.31.0",
  version: "2.31.0",
  kubernetes: "1.35.4",
  pins: { etcd_version: "3.6.10" },
};

test("a pin is a version and where it comes from; one that is missing is an error that says whose", () => {
  expect(pinned(release, "etcd_version")).toEqual({ version: "3.6.10", pin: "etcd_version" });
  expect(pin(release, "etcd_version")).toEqual({ version: "3.6.10", pin: "etcd_version" });
  expect(pinned(release, "krew_version")).toBeUndefined();
  expect(() => pin(release, "krew_version")).toThrow("kubespray-2.31.0 pins no krew_version");
});

test("a file has its version, an image its tag, and without a tag there is no image", () => {
  const version = pin(release, "etcd_version");
  expect(file("etcd", version, "https://example.org/etcd", { digests: "etcd_binary" })).toEqual({
    kind: "file",
    name: "etcd",
    version: "3.6.10",
    pin: "etcd_version",
    url: "https://example.org/etcd",
    digests: "etcd_binary",
  });
  expect([...image("etcd", version, "quay.io/a/etcd", { when: "etcd_enabled" })]).toEqual([
    {
      kind: "image",
      name: "etcd",
      version: "3.6.10",
      pin: "etcd_version",
      image: "quay.io/a/etcd:3.6.10",
      when: "etcd_enabled",
    },
  ]);
  expect([...image("etcd", pinned(release, "etcd_image_tag"), "quay.io/a/etcd")]).toEqual([]);
});
