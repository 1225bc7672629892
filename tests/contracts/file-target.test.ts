// What every file target keeps, whatever is behind it. A further one joins by a line in the table.
import { afterEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { FileTarget, FileUpload } from "../../src/push/file-target.ts";
import { S3Target } from "../../src/push/s3.ts";
import { WebDavTarget } from "../../src/push/webdav.ts";
import { startBucket } from "../support/bucket.ts";
import { sample, testHttp } from "../support/http.ts";
import { sha } from "../support/seed.ts";
import { type FileServerOptions, startFileServer } from "../support/webdav.ts";

const { http } = testHttp();
const { signal } = new AbortController();
const stack: AsyncDisposable[] = [];
afterEach(async () => {
  for (const server of stack.splice(0)) await server[Symbol.asyncDispose]();
});

/** Every target that there is, each on a server of its own. */
const targets: Readonly<Record<string, () => Promise<FileTarget>>> = {
  "object storage": () => bucket(1 << 20),
  "object storage, in parts": () => bucket(1000),
  "a web server that makes directories and moves files": () => web({ directories: true, moves: true, digests: true }),
  "a web server that takes PUT and nothing else": () => web({}),
};

async function bucket(part: number): Promise<FileTarget> {
  const server = await startBucket();
  stack.push(server);
  const keys = { accessKeyId: "AKIATEST", secretAccessKey: "s3cr3t/key+", sessionToken: undefined };
  const where = { bucket: "site", prefix: "k8s", endpoint: server.url, region: "eu-site-1" };
  return new S3Target(http, { ...keys, ...where, part }, signal);
}

async function web(options: FileServerOptions): Promise<FileTarget> {
  const server = await startFileServer({ ...options, login: "ann:secret" });
  stack.push(server);
  return new WebDavTarget(http, `${server.url.replace("//", "//ann:secret@")}/k8s/`, signal);
}

function upload(path: string, bytes: Uint8Array): FileUpload & { readonly advanced: () => number } {
  let advanced = 0;
  const slice = (offset: number, length: number): Uint8Array<ArrayBuffer> =>
    new Uint8Array(bytes.slice(offset, offset + length));
  return {
    path,
    digest: sha(bytes),
    size: bytes.length,
    part: (offset, length) => ({ size: length, open: () => new Blob([slice(offset, length)]).stream() }),
    hash: async (offset, length, algorithm) => createHash(algorithm).update(slice(offset, length)).digest("hex"),
    advance: (more) => {
      advanced += more;
    },
    retry: () => undefined,
    advanced: () => advanced,
  };
}

describe.each(Object.entries(targets))("%s", (_, start) => {
  test("takes files of this user, and has none at first", async () => {
    const target = await start();
    await target.probe();
    expect(await target.stat("dl.k8s.io/v1/kubelet")).toBeUndefined();
    expect(await target.read("SHA256SUMS")).toBeUndefined();
  });

  test.each([
    ["a file", "dl.k8s.io/v1/kubelet", sample(3500, 1)],
    ["an empty file", "dl.k8s.io/empty", new Uint8Array(0)],
    ["a name that a URL must spell otherwise", "get.helm.sh/helm%2Bbuild%20%281%29%27.tgz", sample(10, 2)],
  ])("puts %s, and counts its bytes", async (_name, path, bytes) => {
    const target = await start();
    const file = upload(path, bytes);
    await target.put(file);
    expect(file.advanced()).toBe(bytes.length);
    const stored = await target.stat(path);
    expect(stored?.size).toBe(bytes.length);
    expect([undefined, file.digest]).toContain(stored?.digest);
  });

  test("puts a file in place of another one of that name", async () => {
    const target = await start();
    await target.put(upload("a/file", sample(3500, 1)));
    const other = upload("a/file", sample(2500, 2));
    await target.put(other);
    expect(await target.stat("a/file")).toMatchObject({ size: 2500 });
    expect([undefined, other.digest]).toContain((await target.stat("a/file"))?.digest);
  });

  test("writes a small text and reads it, again and again", async () => {
    const target = await start();
    for (const text of ["first\n", "", "ä, and longer than the first\n"]) {
      await target.write("SHA256SUMS", text);
      expect(await target.read("SHA256SUMS")).toBe(text);
    }
  });

  test("has names without credentials, and the URLs of files begin with them", async () => {
    const target = await start();
    expect(target.urlOf("a/b")).toBe(`${target.name}/a/b`);
    expect(target.name).not.toMatch(/secret|s3cr3t|@/);
  });
});
