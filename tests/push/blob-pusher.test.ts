// Blobs on a network and a registry that cut, stall, forget and lie: sessions, chunks, mounts, and when a push gives up.
import { expect, test } from "bun:test";
import type { UploadSession } from "../../src/oci/upload-session.ts";
import { rejection, sample } from "../support/http.ts";
import {
  expectTwoImages,
  largeDigest,
  largeLayer,
  pushBench,
  sharedLayer,
  smallImage,
  threeImages,
  twoImages,
} from "../support/push-bench.ts";
import { type Held, held, push as pushTo } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";

const bench = pushBench(twoImages);
const sharing = pushBench(threeImages);

test("a registry that no longer responds does not get a request for every blob", async () => {
  const target = await bench.start();
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => [`docker.io/library/app${at}:1`, smallImage(at + 200)]),
  );
  target.always(/^PUT .*uploads/, { status: 500 });
  const { failed } = await pushTo(held(bench.path, many), target, { jobs: 2 });
  expect(failed.length).toBe(30);
  expect(failed.some(({ cause }) => cause.startsWith("given up after 4 failures in a row: "))).toBeTrue();
  const asked = target.log.filter((line) => /^PUT .*uploads/.test(line)).length;
  expect(asked).toBeLessThanOrEqual(6 * 5);
});

test("a connection cut in the middle of a blob: a new session, and the blob is right", async () => {
  const target = await bench.start();
  target.fault(new RegExp(`^PUT .*digest=${encodeURIComponent(largeDigest)}`), { swallow: 40_000 }, { swallow: 1 });
  expect((await bench.push(target)).failed).toEqual([]);
  await expectTwoImages(bench, target);
});

test("a response that is lost: the blob is there, and is not sent again", async () => {
  const target = await bench.start();
  target.fault(new RegExp(`^PUT .*digest=${encodeURIComponent(largeDigest)}`), { mute: true });
  target.fault(/^PUT .*manifests\/1$/, { mute: true });
  expect((await bench.push(target)).failed).toEqual([]);
  expect(target.stored.filter((line) => line.endsWith(largeDigest)).length).toBe(1);
  await expectTwoImages(bench, target);
});

test("chunks: each goes on where the registry's bytes end", async () => {
  const target = await bench.start();
  target.fault(/^PATCH/, "fine", { swallow: 3000 }, "fine", { status: 502 }, { swallow: 15_000 });
  const { failed } = await bench.push(target, { chunk: 16_000 });
  expect(failed).toEqual([]);
  // The chunk that was cut goes on behind the 3,000 bytes that came.
  expect(target.requests.some(({ headers }) => headers["content-range"] === "19000-34999")).toBeTrue();
  expect(target.received).toBeLessThan(160_000);
  await expectTwoImages(bench, target);
});

test("a registry that keeps less of a chunk than it was sent", async () => {
  const target = await bench.start({ chunks: 10_000 });
  expect((await bench.push(target, { chunk: 16_000 })).failed).toEqual([]);
  expect(target.log.filter((line) => line.endsWith(" 416"))).toEqual([]);
  await expectTwoImages(bench, target);
});

test.each(["refused", "muddled"] as const)(
  "a registry where chunks are %s gets the blob in one piece",
  async (chunks) => {
    const target = await bench.start({ chunks });
    expect((await bench.push(target, { chunk: 16_000 })).failed).toEqual([]);
    await expectTwoImages(bench, target);
  },
);

test.each([16_000, undefined])("an upload session that ran out: another one (chunks of %p)", async (chunk) => {
  const target = await bench.start();
  const pattern = chunk ? /^PATCH/ : new RegExp(`^PUT .*digest=${encodeURIComponent(largeDigest)}`);
  target.fault(pattern, ...(chunk ? (["fine", "fine"] as const) : []), { act: () => target.expire() });
  expect((await bench.push(target, { chunk })).failed).toEqual([]);
  await expectTwoImages(bench, target);
});

test("sessions that always expire end the push, with the registry's reason", async () => {
  const target = await bench.start();
  target.always(/^PUT .*library\/app\/blobs/, { act: () => target.expire() });
  const { failed } = await bench.push(target);
  expect(failed.map(({ cause }) => cause)).toEqual(["404 Not Found, BLOB_UPLOAD_UNKNOWN"]);
});

test("a large blob goes on in the session of an earlier run", async () => {
  const target = await bench.start();
  const notes = new Map<string, string>();
  const sessions = {
    get: (key: string): UploadSession | undefined =>
      notes.has(key) ? { url: notes.get(key) as string, resumed: true } : undefined,
    set: (key: string, url: string | undefined) => void (url === undefined ? notes.delete(key) : notes.set(key, url)),
  };
  const abort = new AbortController();
  target.fault(/^PATCH/, "fine", "fine", "fine", {
    act: () => abort.abort(new Error("killed")),
    swallow: 5000,
  } as never);
  const killed = bench.push(target, { chunk: 16_000, jobs: 1, sessions, signal: abort.signal });
  expect((await rejection(killed)).message).toBe("killed");
  expect([...notes.keys()]).toEqual([`library/app ${largeDigest}`]);
  const before = target.received;
  const { failed, sent } = await bench.push(target, { chunk: 16_000, jobs: 1, sessions });
  expect(failed).toEqual([]);
  // And what did not travel is not said to be sent.
  expect(sent.bytes).toBeLessThanOrEqual(target.received - before);
  expect(target.log.filter((line) => line.endsWith(" 416"))).toEqual([]);
  // Three chunks of it did not travel again.
  expect(target.received - before).toBeLessThan(100_000 - 45_000 + 10_000);
  expect(notes.size).toBe(0);
  await expectTwoImages(bench, target);

  // One that the registry has forgotten.
  notes.set(`library/app ${largeDigest}`, `${target.url}/v2/library/app/blobs/uploads/gone?state=a%2Fb`);
  target.lose("library/app", largeDigest);
  expect((await bench.push(target, { chunk: 16_000, sessions })).failed).toEqual([]);
  await expectTwoImages(bench, target);
});

test("a bundle with other bytes than it says: the registry's refusal ends it, after another try", async () => {
  const target = await bench.start();
  const { lock, source } = bench.bundle();
  const other = source.locate(sha(sample(3000, 2)));
  const lying: Held = {
    lock,
    source: {
      locate: (wanted) =>
        wanted === sha(sample(1500, 3))
          ? (other ?? []).map((one) => ({ ...one, length: 1500 }))
          : source.locate(wanted),
    },
  };
  const { failed } = await pushTo(lying, target);
  expect(failed.map(({ cause }) => cause)).toEqual(["400 Bad Request, DIGEST_INVALID, provided digest did not match"]);
});

test("a bundle that is cut while it is read is no fault of the registry", async () => {
  const target = await bench.start();
  const { lock, source } = bench.bundle();
  const cut: Held = {
    lock,
    source: {
      locate: (wanted) =>
        source.locate(wanted)?.map((one) => (wanted === largeDigest ? { ...one, length: 90_000 } : one)),
    },
  };
  const { failed, waits } = await pushTo(cut, target);
  expect(failed.map(({ cause }) => cause)).toEqual(["90000 bytes to send where 100000 were promised"]);
  expect(waits).toEqual([]);
});

test.each(["location", "redirect"] as const)(
  "uploads that lead to another server (%s): it does not learn who asks",
  async (elsewhere) => {
    const users = { ann: { password: "secret", may: () => "pull,push" } };
    const target = await bench.start({ elsewhere, users });
    const credentials = {
      find: async () => ({ kind: "basic", username: "ann", password: "secret", source: "test" }) as const,
    };
    const { failed } = await bench.push(target, { credentials, chunk: 16_000 });
    expect(failed).toEqual([]);
    expect(target.blob("library/app", largeDigest)).toEqual(largeLayer);
  },
);

test("a redirect that would turn an upload into something else is refused", async () => {
  const target = await bench.start();
  target.always(/^PUT .*library\/app\/blobs/, { status: 301, headers: { location: `${target.url}/elsewhere` } });
  const { failed } = await bench.push(target);
  expect(failed.map(({ cause }) => cause)).toEqual([
    `it answers an upload with 301 Moved Permanently to ${target.url}/elsewhere; name that address`,
  ]);
});

test.each(["ignored", "refused"] as const)("mounts that are %s: the bytes travel", async (mounts) => {
  const target = await sharing.start({ mounts });
  const { failed, mounted } = await sharing.push(target);
  expect([failed, mounted]).toEqual([[], 0]);
  expect(target.stored.filter((line) => line.includes(sha(sharedLayer))).length).toBe(2);
});
