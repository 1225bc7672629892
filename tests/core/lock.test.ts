// A lock is written in one way: the schema's order of fields, whatever order they were put together in, and nothing else.
import { expect, test } from "bun:test";
import { blobsOf, formatLock, type Lock } from "../../src/core/lock.ts";

const descriptor = { size: 3, digest: `sha256:${"a".repeat(64)}`, mediaType: "application/octet-stream" } as const;
const item = {
  resolved: "2026-11-24",
  version: "1.0.0",
  component: "etcd",
  name: "etcd",
  platforms: ["linux/amd64"],
};
const lock: Lock = {
  bases: [{ ...item, image: "docker.io/library/nginx:1.28", blobs: [descriptor], root: descriptor }],
  unavailable: [],
  images: [
    {
      unavailable: ["linux/arm64"],
      referrers: [],
      blobs: [descriptor],
      root: descriptor,
      image: "quay.io/a/b:1",
      ...item,
    },
  ],
  files: [
    {
      accepted: true,
      published: { source: "a table", digest: descriptor.digest },
      size: 3,
      digest: descriptor.digest,
      path: "example.org/etcd",
      url: "https://example.org/etcd",
      mismatch: "arm64",
      ...item,
    },
  ],
  platforms: ["linux/amd64"],
  kubernetes: "1.35.4",
  release: { commit: "abc", version: "2.31.0", name: "kubespray-2.31.0" },
  kso: "0.1.0",
  schema: "kso.lock/1",
};

test("the order of fields is the schema's", () => {
  const keys = [...formatLock(lock).matchAll(/^ *"(\w+)": /gm)].map(([, key]) => key);
  expect(keys.join(" ")).toBe(
    "schema kso release name version commit kubernetes platforms " +
      "files platforms name component version resolved mismatch url path digest size published digest source accepted " +
      "images platforms name component version resolved image root mediaType digest size " +
      "blobs mediaType digest size referrers unavailable " +
      "unavailable bases platforms name component version resolved image root mediaType digest size " +
      "blobs mediaType digest size",
  );
});

test("a value that a lock has no field for is an error", () => {
  expect(() => formatLock({ ...lock, more: 1 } as Lock)).toThrow('Cannot write the lock: it has no field "more"');
  const [file] = lock.files;
  expect(() => formatLock({ ...lock, files: [{ ...file, note: "" }] } as unknown as Lock)).toThrow('"note"');
});

test("further fields of a descriptor are not written", () => {
  const [image] = lock.images;
  const described = { ...lock, images: [{ ...image, root: { ...descriptor, platform: {} } }] } as unknown as Lock;
  expect(formatLock(described)).not.toContain('"platform"');
});

test("each blob of a lock is listed once, sorted by digest, without those of base images", () => {
  const blob = (letter: string) => ({ ...descriptor, digest: `sha256:${letter.repeat(64)}` as const });
  const [image] = lock.images;
  const [file] = lock.files;
  if (!(image && file)) throw new Error("the lock holds nothing");
  const blobs = [blob("d"), blob("b"), blob("c")];
  const images = [
    { ...image, root: blob("d"), blobs },
    { ...image, root: blob("e"), blobs: [blob("e"), blob("b")] },
  ];
  const bases = [{ ...image, root: blob("f"), blobs: [blob("f")] }];
  const digests = blobsOf({ ...lock, files: [file, file], images, bases }).map(({ digest }) => digest[7]);
  expect(digests).toEqual(["a", "b", "c", "d", "e"]);
});
