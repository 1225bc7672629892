// Files into object storage, by the real network layer against a bucket that checks every signature.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { silentProgress } from "../../src/core/progress.ts";
import { readExtents, streamExtents } from "../../src/files/extents.ts";
import { pushFiles } from "../../src/push/files.ts";
import type { PushResult } from "../../src/push/options.ts";
import { S3Target } from "../../src/push/s3.ts";
import type { S3Options } from "../../src/push/s3-client.ts";
import { type Bucket, startBucket } from "../support/bucket.ts";
import { sampleLock } from "../support/bundle.ts";
import { rejection, sample, testHttp } from "../support/http.ts";
import { fileReading } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const large = sample(100_000, 5);
const files: (readonly [string, Uint8Array])[] = [
  ["dl.k8s.io/v1/kubelet", large],
  ["get.helm.sh/helm+build (1)'.tgz", sample(3000, 6)],
  ["github.com/a%2Bb/empty", new Uint8Array(0)],
];
const part = 16_000;

let folder: ReturnType<typeof temporary>;
let bucket: Bucket;
beforeEach(async () => {
  folder = temporary();
  bucket = await startBucket();
});
afterEach(async () => {
  expect(bucket.surprises).toEqual([]);
  await bucket[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function push(
  more: Partial<S3Options> & { signal?: AbortSignal; files?: typeof files } = {},
): Promise<PushResult & { waits: number[] }> {
  const { signal = new AbortController().signal, files: own = files, ...options } = more;
  const { lock, blobs } = sampleLock(join(folder.path, "blobs"), { files: own, images: [] });
  const { http, waits } = testHttp();
  const keys = { accessKeyId: "AKIATEST", secretAccessKey: "s3cr3t/key+", sessionToken: undefined };
  const where = { bucket: "site", prefix: "k8s", endpoint: bucket.url, region: "eu-site-1", part };
  const target = new S3Target(http, { ...keys, ...where, ...options }, signal);
  const pushed = await pushFiles({
    lock,
    source: blobs,
    jobs: 2,
    progress: silentProgress,
    signal,
    dryRun: false,
    target,
    ...fileReading,
  });
  return { ...pushed, waits };
}
const bytesAt = (key: string): Uint8Array | undefined => {
  const found = bucket.objects.get(key);
  return found && new Uint8Array(found.bytes);
};
const puts = (from = 0): string[] => bucket.log.slice(from).filter((line) => /^(PUT|POST)/.test(line));

test("small files in one piece, large ones in parts, each with its digest, and the list of sums", async () => {
  const { failed, arrived, sent } = await push();
  expect(failed).toEqual([]);
  expect(arrived.map(({ target, state }) => [target, state])).toEqual([
    ["s3://site/k8s/dl.k8s.io/v1/kubelet", "pushed"],
    ["s3://site/k8s/get.helm.sh/helm+build (1)'.tgz", "pushed"],
    ["s3://site/k8s/github.com/a+b/empty", "pushed"],
  ]);
  expect(sent).toEqual({ items: 3, bytes: 103_000 });
  expect(bytesAt("k8s/dl.k8s.io/v1/kubelet")).toEqual(large);
  expect(bytesAt("k8s/get.helm.sh/helm+build (1)'.tgz")).toEqual(sample(3000, 6));
  expect(bytesAt("k8s/github.com/a+b/empty")).toEqual(new Uint8Array(0));
  expect(bucket.objects.get("k8s/dl.k8s.io/v1/kubelet")?.meta).toEqual({ "x-amz-meta-sha256": sha(large).slice(7) });
  expect(bucket.log.filter((line) => line.includes("partNumber=")).length).toBe(7);
  expect(bucket.objects.get("k8s/SHA256SUMS")?.bytes.toString()).toContain(
    `${sha(large).slice(7)}  dl.k8s.io/v1/kubelet\n`,
  );
  // The name of the object, which is what sha256sum looks for beside a copy of it.
  expect(bucket.objects.get("k8s/SHA256SUMS")?.bytes.toString()).toContain("  github.com/a+b/empty\n");
});

test("again: nothing travels; other bytes of the same size do", async () => {
  await push();
  const before = bucket.log.length;
  const { arrived, sent } = await push();
  expect(arrived.map(({ state }) => state)).toEqual(["there", "there", "there"]);
  expect(sent.items).toBe(0);
  expect(puts(before)).toEqual([]);
  const other = sample(100_000, 9);
  const { sent: again } = await push({ files: [["dl.k8s.io/v1/kubelet", other], ...files.slice(1)] });
  expect(again.items).toBe(1);
  expect(bytesAt("k8s/dl.k8s.io/v1/kubelet")).toEqual(other);
  // An object of the right size that somebody else put there.
  bucket.objects.set("k8s/dl.k8s.io/v1/kubelet", { bytes: Buffer.from(large), meta: {} });
  expect((await push()).sent.items).toBe(1);
});

test("a killed push goes on with the parts that are there", async () => {
  const abort = new AbortController();
  bucket.fault(/partNumber=4/, { act: () => abort.abort(new Error("killed")) });
  expect((await rejection(push({ signal: abort.signal }))).message).toBe("killed");
  expect(bucket.uploads.size).toBe(1);
  // One of them is not what it should be.
  bucket.uploads.values().next().value?.parts.set(2, Buffer.alloc(part));
  const before = bucket.log.length;
  const { failed, sent: told } = await push();
  expect(failed).toEqual([]);
  const sent = bucket.log.slice(before).flatMap((line) => /^PUT .*partNumber=(\d+)/.exec(line)?.[1] ?? []);
  expect(sent.filter((number) => ["1", "3"].includes(number))).toEqual([]);
  expect(sent).toContain("2");
  // What was there is not counted as sent.
  expect(told.bytes).toBeLessThanOrEqual(large.length + 3000 - 2 * part);
  expect(told.bytes).toBeGreaterThan(0);
  expect(bytesAt("k8s/dl.k8s.io/v1/kubelet")).toEqual(large);
  expect(bucket.uploads.size).toBe(0);
});

test("an upload that was left open for other bytes is not gone on with", async () => {
  const abort = new AbortController();
  bucket.fault(/partNumber=4/, { act: () => abort.abort(new Error("killed")) });
  await rejection(push({ signal: abort.signal, files: [["dl.k8s.io/v1/kubelet", sample(100_000, 8)]] }));
  expect((await push()).failed).toEqual([]);
  expect(bytesAt("k8s/dl.k8s.io/v1/kubelet")).toEqual(large);
  expect(bucket.objects.get("k8s/dl.k8s.io/v1/kubelet")?.meta).toEqual({ "x-amz-meta-sha256": sha(large).slice(7) });
});

test("failures that are retried: busy, broken, cut, a response lost", async () => {
  bucket.fault(/partNumber=2/, { status: 503, headers: { "retry-after": "7" } }, { cut: 9000 }, { mute: true });
  bucket.fault(/^HEAD .*kubelet/, { status: 500 });
  bucket.fault(/^POST .*uploadId/, { status: 500 });
  const { failed, waits } = await push();
  expect(failed).toEqual([]);
  expect(waits).toContain(7000);
  expect(waits.length).toBe(5);
  expect(bytesAt("k8s/dl.k8s.io/v1/kubelet")).toEqual(large);
});

test("parts that cannot be put together, behind a status that says all is well", async () => {
  bucket.always(/^POST .*uploadId/, { status: 200, body: "<Error><Code>InternalError</Code></Error>" });
  const { failed, arrived } = await push();
  expect(failed.map(({ item, cause }) => [item, cause])).toEqual([
    ["dl.k8s.io/v1/kubelet", "it could not put the parts together: InternalError"],
  ]);
  expect(arrived.length).toBe(2);
  expect(bucket.objects.get("k8s/SHA256SUMS")?.bytes.toString()).not.toContain("kubelet");
});

test("an object that is not there at read back", async () => {
  bucket.fault(/^HEAD .*empty/, "fine", { act: () => bucket.objects.delete("k8s/github.com/a+b/empty") });
  const { failed } = await push();
  expect(failed.map(({ item, cause }) => [item, cause])).toEqual([
    ["github.com/a%2Bb/empty", "read back, it is not there"],
  ]);
});

test.each<[string, Partial<S3Options>, string]>([
  ["no such bucket", { bucket: "other" }, "NoSuchBucket (create the bucket first)"],
  ["a wrong key", { accessKeyId: "AKIAOTHER" }, "AWS_ACCESS_KEY_ID is not known there"],
  ["a wrong secret", { secretAccessKey: "other" }, "AWS_SECRET_ACCESS_KEY is not the right one"],
])("%s: said before the first byte", async (_, options, words) => {
  const cause = await rejection(push(options));
  expect(cause).toMatchObject({ code: "remote" });
  expect(cause.message).toContain(words);
  expect(cause.message).toContain("nothing was sent");
  expect(cause.message).not.toContain("s3cr3t");
  expect(bucket.objects.size).toBe(0);
});

test("another region is named", async () => {
  bucket.always(/./, { status: 301, headers: { "x-amz-bucket-region": "eu-west-7" } });
  expect((await rejection(push())).message).toContain("the bucket is in the region eu-west-7; set AWS_REGION");
});

test("a key that may read and not write: each file is named", async () => {
  bucket.always(/^(PUT|POST)/, { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" });
  const { failed, waits } = await push();
  expect(failed.length).toBe(3);
  expect(failed[0]?.cause).toBe("403 Forbidden, AccessDenied (the key may not do that)");
  expect(waits).toEqual([]);
});

test("a bundle with other bytes than it says", async () => {
  const { pathOf } = sampleLock(join(folder.path, "blobs"), { files, images: [] });
  const { lock, blobs } = sampleLock(join(folder.path, "blobs"), { files, images: [] });
  await Bun.write(pathOf(sha(large)), sample(100_000, 99));
  const { http } = testHttp();
  const signal = new AbortController().signal;
  const keys = { accessKeyId: "AKIATEST", secretAccessKey: "s3cr3t/key+", sessionToken: undefined };
  const target = new S3Target(http, { ...keys, bucket: "site", prefix: "", endpoint: bucket.url, region: "x" }, signal);
  const hash = async (extents: Parameters<typeof readExtents>[0], algorithm: string): Promise<string> => {
    const made = createHash(algorithm);
    for await (const piece of readExtents(extents)) made.update(piece);
    return made.digest("hex");
  };
  const open = (extents: Parameters<typeof readExtents>[0]) => streamExtents(extents);
  const { failed } = await pushFiles({
    lock,
    source: blobs,
    jobs: 2,
    progress: silentProgress,
    signal,
    dryRun: false,
    target,
    open,
    hash,
  });
  expect(failed.map(({ item }) => item)).toEqual(["dl.k8s.io/v1/kubelet"]);
  expect(failed[0]?.cause).toContain("kso verify");
  expect(bucket.objects.has("dl.k8s.io/v1/kubelet")).toBeFalse();
});
