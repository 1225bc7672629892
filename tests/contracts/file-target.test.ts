// What every file target keeps, whatever is behind it, by itself and under a push. A further one joins by a line in the table.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import { parse } from "yaml";
import { silentProgress } from "../../src/core/progress.ts";
import type { Http } from "../../src/http/http.ts";
import type { FileTarget, FileUpload } from "../../src/push/file-target.ts";
import { pushFiles } from "../../src/push/files.ts";
import type { PushResult } from "../../src/push/options.ts";
import { S3Target } from "../../src/push/s3.ts";
import { WebDavTarget } from "../../src/push/webdav.ts";
import { startBucket } from "../support/bucket.ts";
import { sampleLock } from "../support/bundle.ts";
import { chartPackage } from "../support/charts.ts";
import { rejection, sample, testHttp } from "../support/http.ts";
import { root } from "../support/paths.ts";
import { fileReading } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";
import { type FileServerOptions, startFileServer } from "../support/webdav.ts";

/** What the tests need of the server behind a target. */
interface TestServer extends AsyncDisposable {
  /** The next requests that match, one fault each; `cut`: the connection ends when so many bytes of the body are here. */
  fault(pattern: RegExp, ...faults: ({ readonly status: number } | { readonly cut: number })[]): void;
}

const { signal } = new AbortController();
let waits: readonly number[];
let http: Http;
let server: TestServer | undefined;
beforeEach(() => {
  ({ http, waits } = testHttp());
});
afterEach(async () => await server?.[Symbol.asyncDispose]());

/** Every target that there is, each on a server of its own. */
const targets: readonly (readonly [name: string, type: { readonly name: string }, start: () => Promise<FileTarget>])[] =
  [
    ["object storage", S3Target, () => bucket(1 << 20)],
    ["object storage, in parts", S3Target, () => bucket(1000)],
    [
      "a web server that makes directories and moves files",
      WebDavTarget,
      () => web({ directories: true, moves: true, digests: true }),
    ],
    ["a web server that makes directories and moves nothing", WebDavTarget, () => web({ directories: true })],
    ["a web server that takes PUT and nothing else", WebDavTarget, () => web({})],
  ];

test("every class of src that is a file target runs these tests", () => {
  const classes = globSync("src/**/*.ts", { cwd: root }).flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/class (\w+)[^{]* implements [^{]*\bFileTarget\b/g)].map(
      ([, name]) => name as string,
    ),
  );
  expect(classes.sort()).toEqual([...new Set(targets.map(([, type]) => type.name))].sort());
});

async function bucket(part: number): Promise<FileTarget> {
  const started = await startBucket();
  server = started;
  const keys = { accessKeyId: "AKIATEST", secretAccessKey: "s3cr3t/key+", sessionToken: undefined };
  const where = { bucket: "site", prefix: "k8s", endpoint: started.url, region: "eu-site-1" };
  return new S3Target(http, { ...keys, ...where, part }, signal);
}

async function web(options: FileServerOptions): Promise<FileTarget> {
  const started = await startFileServer({ ...options, login: "ann:secret" });
  server = started;
  return new WebDavTarget(http, `${started.url.replace("//", "//ann:secret@")}/k8s/`, signal);
}

function upload(
  path: string,
  bytes: Uint8Array,
): FileUpload & { readonly advanced: () => number; readonly retries: readonly string[] } {
  let advanced = 0;
  const retries: string[] = [];
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
    found: (more) => {
      advanced += more;
    },
    retry: (cause) => void retries.push(cause),
    retries,
    advanced: () => advanced,
  };
}

/** A push of these files to a target, from a bundle that holds them. */
async function push(
  target: FileTarget,
  folder: string,
  files: Readonly<Record<string, Uint8Array>>,
  dryRun = false,
): Promise<PushResult> {
  const { lock, blobs } = sampleLock(join(folder, "blobs"), { files: Object.entries(files), images: [] });
  return await pushFiles({
    lock,
    source: blobs,
    jobs: 2,
    progress: silentProgress,
    signal,
    dryRun,
    target,
    ...fileReading,
  });
}

const files = { "dl.k8s.io/v1/kubelet": sample(3500, 1), "get.helm.sh/helm.tgz": sample(800, 2) };
const states = ({ arrived }: PushResult): string[] => arrived.map(({ item, state }) => `${item} ${state}`);
const everyFile = (state: string): string[] => Object.keys(files).map((path) => `${path} ${state}`);

describe.each(targets)("%s", (_, __, start) => {
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

  test("puts the same file again", async () => {
    const target = await start();
    for (let times = 0; times < 2; times++) {
      const file = upload("a/file", sample(3500, 1));
      await target.put(file);
      expect(file.advanced()).toBe(3500);
      expect(await target.stat("a/file")).toMatchObject({ size: 3500 });
    }
  });

  test.each([
    ["cut", { cut: 400 }],
    ["answered with 503", { status: 503 }],
  ])("tries again what is %s on its way, and counts its bytes once", async (_name, fault) => {
    const target = await start();
    server?.fault(/^PUT .*file/, fault, fault);
    const file = upload("a/file", sample(3500, 1));
    await target.put(file);
    expect([file.advanced(), file.retries.length, waits.length]).toEqual([3500, 2, 2]);
    expect(await target.stat("a/file")).toMatchObject({ size: 3500 });
  });

  test("gets an index beside the charts, to which the next push adds", async () => {
    using folder = temporary();
    const target = await start();
    const charts = (version: string): Record<string, Uint8Array> => ({
      [`h.example/web-${version}.tgz`]: chartPackage("web", version),
    });
    const index = "h.example/index.yaml";
    expect(await push(target, join(folder.path, "dry"), charts("1.0.0"), true)).toMatchObject({ failed: [] });
    expect(await target.read(index)).toBeUndefined();
    for (const version of ["1.0.0", "2.0.0", "2.0.0"])
      expect(await push(target, join(folder.path, version), charts(version))).toMatchObject({ failed: [] });
    const { entries } = parse((await target.read(index)) ?? "");
    expect(entries.web.map((one: { version: string }) => one.version)).toEqual(["2.0.0", "1.0.0"]);
    await target.write(index, "<html>");
    const { failed } = await push(target, join(folder.path, "again"), charts("3.0.0"));
    expect(failed).toMatchObject([{ item: index, cause: expect.stringContaining("move it away") }]);
  });

  test("does not try again what is refused, and leaves nothing under its name", async () => {
    const target = await start();
    server?.fault(/^(PUT|POST|MKCOL) /, ...Array.from({ length: 50 }, () => ({ status: 403 })));
    const cause = await rejection(target.put(upload("a/file", sample(3500, 1))));
    expect(cause).toMatchObject({ code: "remote", status: 403 });
    expect(cause.message).not.toMatch(/secret|s3cr3t/);
    expect(waits).toEqual([]);
    expect(await target.stat("a/file")).toBeUndefined();
  });

  test("gives up what fails for ever, and leaves nothing under its name", async () => {
    const target = await start();
    server?.fault(/^PUT .*file/, ...Array.from({ length: 50 }, () => ({ status: 503 })));
    expect((await rejection(target.put(upload("a/file", sample(3500, 1))))).message).toContain("(5 attempts)");
    expect(await target.stat("a/file")).toBeUndefined();
  });

  test("under a push: a dry run writes nothing, then all of it travels, then none of it", async () => {
    using folder = temporary();
    const target = await start();
    const dry = await push(target, folder.path, files, true);
    expect([states(dry), dry.sent]).toEqual([everyFile("missing"), { items: 2, bytes: 4300 }]);
    expect(await target.stat("dl.k8s.io/v1/kubelet")).toBeUndefined();
    const first = await push(target, folder.path, files);
    expect([states(first), first.sent, first.failed]).toEqual([everyFile("pushed"), { items: 2, bytes: 4300 }, []]);
    const again = await push(target, folder.path, files);
    expect([states(again), again.sent, again.failed]).toEqual([everyFile("there"), { items: 0, bytes: 0 }, []]);
  });

  test("under a push: other bytes of the same size travel, and the list of sums tells of both", async () => {
    using folder = temporary();
    const target = await start();
    await push(target, folder.path, files);
    const changed = { ...files, "get.helm.sh/helm.tgz": sample(800, 9) };
    const { sent, failed } = await push(target, folder.path, changed);
    expect([sent, failed]).toEqual([{ items: 1, bytes: 800 }, []]);
    const lines = Object.entries(changed).map(([path, bytes]) => `${sha(bytes).slice("sha256:".length)}  ${path}`);
    expect((await target.read("SHA256SUMS"))?.trim().split("\n").sort()).toEqual(lines.sort());
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
