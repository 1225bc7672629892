// Whoever names something else as a bundle is told what it is, in one line; a damaged bundle is still a bundle.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../src/bundle/open.ts";
import { isNoBundle } from "../../src/bundle/other-kinds.ts";
import { KsoError } from "../../src/core/errors.ts";
import { sealed } from "../support/sealed.ts";
import { temporary } from "../support/temp.ts";

function refusal(path: string): KsoError {
  try {
    openBundle([path]);
  } catch (thrown) {
    if (thrown instanceof KsoError) return thrown;
    throw thrown;
  }
  throw new Error(`${path} was opened`);
}

const files: Record<string, [content: string | Uint8Array, kind: string]> = {
  empty: ["", "an empty file"],
  gz: [Bun.gzipSync(new Uint8Array(4096)), "a gzip file; where a bundle is in it, run gunzip on it first"],
  zst: [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0), "a zstd file; where a bundle is in it, run zstd -d on it first"],
  zip: [Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0), "a zip archive; a bundle is"],
  elf: [readFileSync(process.execPath).subarray(0, 4096), "a program"],
  urls: ["https://dl.k8s.io/release/v1.35.4/bin/linux/amd64/kubelet\n", "a list of URLs"],
  images: ["registry.k8s.io/pause:3.10\nquay.io/calico/node:v3.30.0\n", "a list of images"],
  lock: ['{\n  "schema": "kso.lock/1"', "a lock of kso"],
  plan: ['{\n  "schema": "kso.plan/1"', "a plan of kso"],
  hosts: ["127.0.0.1 localhost # 本机\n".repeat(99), "a text file"],
};

test.each(Object.entries(files))("%s", (name, [content, kind]) => {
  using folder = temporary();
  const path = join(folder.path, name);
  writeFileSync(path, content);
  const error = refusal(path);
  expect([error.code, isNoBundle(error)]).toEqual(["verify", true]);
  expect(error.message).toStartWith(`Cannot read ${path}: it is no bundle but ${kind}`);
  expect(error.message).not.toContain("\n");
});

const trees: Record<string, [files: readonly string[], inTar: string, inFolder: string]> = {
  "an OCI layout": [
    ["oci-layout", "index.json", "blobs/sha256/aa"],
    "an OCI image layout without kso/lock.json",
    "an OCI image layout without kso/lock.json",
  ],
  "docker save": [["manifest.json", "repositories"], "an archive of docker save", "another folder"],
  "a list": [["images.list", "files-amd64.list"], "another tar archive", "what --format list wrote"],
  "a build context": [["Dockerfile.images", "images.list"], "another tar archive", "what --format dockerfile wrote"],
  nothing: [[], "an empty tar archive", "an empty folder"],
};

test.each(Object.entries(trees))("%s, as an archive and as a folder", (_, [names, inTar, inFolder]) => {
  using folder = temporary();
  const tree = join(folder.path, "tree");
  for (const name of names) {
    mkdirSync(join(tree, name, ".."), { recursive: true });
    writeFileSync(join(tree, name), "");
  }
  mkdirSync(tree, { recursive: true });
  const tar = join(folder.path, "a.tar");
  expect(spawnSync("tar", ["-cf", tar, "--format=ustar", "-C", tree, ...names]).status).toBe(names.length > 0 ? 0 : 2);
  if (names.length === 0) writeFileSync(tar, new Uint8Array(10_240));
  expect(refusal(tar).message).toContain(`it is no bundle but ${inTar};`);
  expect(refusal(tree).message).toContain(`it is no bundle but ${inFolder};`);
});

test("a bundle that is cut off, or lacks its lock alone, is a damaged one", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const bytes = readFileSync(path);
  const cut = join(folder.path, "cut.tar");
  writeFileSync(cut, bytes.subarray(0, bytes.length - 20_000));
  expect(isNoBundle(refusal(cut))).toBeFalse();
  bytes[200] = 0xff;
  writeFileSync(cut, bytes);
  expect(isNoBundle(refusal(cut))).toBeFalse();
  const unpacked = join(folder.path, "unpacked");
  mkdirSync(unpacked);
  expect(spawnSync("tar", ["-xf", path, "-C", unpacked, "--exclude", "kso/lock.json"]).status).toBe(0);
  expect(isNoBundle(refusal(unpacked))).toBeFalse();
});
