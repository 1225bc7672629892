// A push against a registry that fails, stalls, refuses, loses and lies: what passes is tried again, what does not is named with
// its image, everything else arrives, and no tag leads to half an image.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { locationOf, type UploadSession } from "../../src/oci/upload-session.ts";
import { rejection, sample } from "../support/http.ts";
import { image } from "../support/images.ts";
import { type Held, held, type PushTo, push as pushTo } from "../support/pushing.ts";
import { sha } from "../support/seed.ts";
import { startTarget, type Target, type TargetOptions } from "../support/target.ts";
import { temporary } from "../support/temp.ts";

const large = sample(100_000, 1);
const make = (seed: number) =>
  image({
    platforms: {
      "linux/amd64": { layers: [sample(3000, seed)] },
      "linux/arm64": { layers: [sample(2000, seed + 100)] },
    },
  });
const app = image({
  platforms: { "linux/amd64": { layers: [large] }, "linux/arm64": { layers: [sample(1500, 3)] } },
});
const images = { "docker.io/library/app:1": app, "quay.io/calico/node:v3": make(2) };
const digest = sha(large);
const whole = ["calico/node:v3", "library/app:1"];

let folder: ReturnType<typeof temporary>;
const open: Target[] = [];
beforeEach(() => {
  folder = temporary();
});
afterEach(async () => {
  folder[Symbol.dispose]();
  for (const target of open.splice(0)) {
    expect(target.surprises).toEqual([]);
    expect(target.halfTagged).toEqual([]);
    await target[Symbol.asyncDispose]();
  }
});
async function start(options: TargetOptions = {}): Promise<Target> {
  const target = await startTarget(options);
  open.push(target);
  return target;
}
const bundle = (): Held => held(folder.path, images);
const push = (target: Target, more: PushTo = {}) => pushTo(bundle(), target, more);
/** All is there, after another run too, and that one sends nothing. */
async function expectWhole(target: Target): Promise<void> {
  expect(Object.keys(target.tags).toSorted()).toEqual(whole);
  expect(target.blob("library/app", digest)).toEqual(large);
  const { arrived, sent } = await push(target);
  expect([arrived.map(({ state }) => state), sent.items]).toEqual([["there", "there"], 0]);
}

test.each([429, 500, 502, 503])("%d passes: tried again, and Retry-After is kept to", async (status) => {
  const target = await start();
  const busy = { status, headers: { "retry-after": "7" } };
  target.fault(/^POST/, busy, { status });
  target.fault(/^PUT .*uploads/, { status }, busy);
  target.fault(/^PUT .*manifests/, busy, { status });
  target.fault(/^HEAD/, { status });
  const { failed, waits } = await push(target);
  expect(failed).toEqual([]);
  expect(waits.filter((ms) => ms === 7000).length).toBe(3);
  expect(waits.length).toBe(7);
  await expectWhole(target);
});

test("429 for ever: the image is named with the reason, the other one arrives", async () => {
  const target = await start();
  target.always(/^PUT .*library\/app\/blobs/, { status: 429 });
  const { failed, arrived } = await push(target);
  expect(failed).toEqual([
    {
      item: "docker.io/library/app:1",
      target: `${target.host}/library/app:1`,
      cause: "429 Too Many Requests (5 attempts)",
    },
  ]);
  expect(arrived.map(({ item }) => item)).toEqual(["quay.io/calico/node:v3"]);
  expect(target.tags["library/app:1"]).toBeUndefined();
});

test("a server that asks to come back next week is not waited for", async () => {
  const target = await start();
  target.always(/^PUT .*library\/app\/blobs/, { status: 429, headers: { "retry-after": "604800" } });
  const { failed, waits } = await push(target);
  expect(failed[0]?.cause).toContain("asks to come back after");
  expect(waits).toEqual([]);
});

test.each<[string, RegExp, string]>([
  ["bytes", /^PUT .*library\/app\/blobs/, "403 Forbidden, DENIED, quota exceeded"],
  ["manifests", /^PUT .*library\/app\/manifests\/sha256/, "403 Forbidden, DENIED, quota exceeded"],
  ["the tag", /^PUT .*library\/app\/manifests\/1$/, "403 Forbidden, DENIED, quota exceeded"],
])("a registry that refuses %s is quoted, and not asked again", async (_, pattern, cause) => {
  const target = await start();
  const body = JSON.stringify({ errors: [{ code: "DENIED", message: "quota\u001b[31m exceeded" }] });
  target.always(pattern, { status: 403, body: body.replace("\\u001b[31m", "") });
  const { failed, arrived, waits } = await push(target);
  expect(failed.map(({ item, cause: said }) => [item, said])).toEqual([["docker.io/library/app:1", cause]]);
  expect([arrived.length, waits.length]).toEqual([1, 0]);
  expect(target.tags["library/app:1"]).toBeUndefined();
});

test("a registry that answers nothing any more is not asked for every blob", async () => {
  const target = await start();
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => [`docker.io/library/app${at}:1`, make(at + 200)]),
  );
  target.always(/^PUT .*uploads/, { status: 500 });
  const { failed } = await pushTo(held(folder.path, many), target, { jobs: 2 });
  expect(failed.length).toBe(30);
  expect(failed.some(({ cause }) => cause.startsWith("given up after 4 failures in a row: "))).toBeTrue();
  const asked = target.log.filter((line) => /^PUT .*uploads/.test(line)).length;
  expect(asked).toBeLessThanOrEqual(6 * 5);
});

test("a registry that stalls is given up, whatever it does", async () => {
  const target = await start();
  target.always(/^PUT .*library\/app\/blobs/, { stall: true });
  const { failed } = await push(target, { net: { idleTimeout: 20, attempts: 2 } });
  expect(failed.map(({ item }) => item)).toEqual(["docker.io/library/app:1"]);
  expect(failed[0]?.cause).toContain("no byte for 0.2 s");
});

test("a connection cut in the middle of a blob: a new session, and the blob is right", async () => {
  const target = await start();
  target.fault(new RegExp(`^PUT .*digest=${encodeURIComponent(digest)}`), { swallow: 40_000 }, { swallow: 1 });
  expect((await push(target)).failed).toEqual([]);
  await expectWhole(target);
});

test("an answer that is lost: what it answered is there, and does not travel again", async () => {
  const target = await start();
  target.fault(new RegExp(`^PUT .*digest=${encodeURIComponent(digest)}`), { mute: true });
  target.fault(/^PUT .*manifests\/1$/, { mute: true });
  expect((await push(target)).failed).toEqual([]);
  expect(target.stored.filter((line) => line.endsWith(digest)).length).toBe(1);
  await expectWhole(target);
});

test("chunks: each goes on where the registry's bytes end", async () => {
  const target = await start();
  target.fault(/^PATCH/, "fine", { swallow: 3000 }, "fine", { status: 502 }, { swallow: 15_000 });
  const { failed } = await push(target, { chunk: 16_000 });
  expect(failed).toEqual([]);
  // The chunk that was cut goes on behind the 3,000 bytes that came.
  expect(target.requests.some(({ headers }) => headers["content-range"] === "19000-34999")).toBeTrue();
  expect(target.received).toBeLessThan(160_000);
  await expectWhole(target);
});

test("a registry that keeps less of a chunk than it was sent", async () => {
  const target = await start({ chunks: 10_000 });
  expect((await push(target, { chunk: 16_000 })).failed).toEqual([]);
  expect(target.log.filter((line) => line.endsWith(" 416"))).toEqual([]);
  await expectWhole(target);
});

test.each(["refused", "muddled"] as const)(
  "a registry where chunks are %s gets the blob in one piece",
  async (chunks) => {
    const target = await start({ chunks });
    expect((await push(target, { chunk: 16_000 })).failed).toEqual([]);
    await expectWhole(target);
  },
);

test.each([16_000, undefined])("an upload session that ran out: another one (chunks of %p)", async (chunk) => {
  const target = await start();
  const pattern = chunk ? /^PATCH/ : new RegExp(`^PUT .*digest=${encodeURIComponent(digest)}`);
  target.fault(pattern, ...(chunk ? (["fine", "fine"] as const) : []), { act: () => target.expire() });
  expect((await push(target, { chunk })).failed).toEqual([]);
  await expectWhole(target);
});

test("sessions that always run out are an end, with the registry's words", async () => {
  const target = await start();
  target.always(/^PUT .*library\/app\/blobs/, { act: () => target.expire() });
  const { failed } = await push(target);
  expect(failed.map(({ cause }) => cause)).toEqual(["404 Not Found, BLOB_UPLOAD_UNKNOWN"]);
});

test("a large blob goes on in the session of an earlier run", async () => {
  const target = await start();
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
  const killed = push(target, { chunk: 16_000, jobs: 1, sessions, signal: abort.signal });
  expect((await rejection(killed)).message).toBe("killed");
  expect([...notes.keys()]).toEqual([`library/app ${digest}`]);
  const before = target.received;
  expect((await push(target, { chunk: 16_000, jobs: 1, sessions })).failed).toEqual([]);
  expect(target.log.filter((line) => line.endsWith(" 416"))).toEqual([]);
  // Three chunks of it did not travel again.
  expect(target.received - before).toBeLessThan(100_000 - 45_000 + 10_000);
  expect(notes.size).toBe(0);
  await expectWhole(target);

  // One that the registry has forgotten.
  notes.set(`library/app ${digest}`, `${target.url}/v2/library/app/blobs/uploads/gone?state=a%2Fb`);
  target.lose("library/app", digest);
  expect((await push(target, { chunk: 16_000, sessions })).failed).toEqual([]);
  await expectWhole(target);
});

test("a blob that was there by HEAD and is gone when the manifest is put: it travels once more", async () => {
  const target = await start();
  await push(target);
  const manifest = app.platforms["linux/amd64"]?.manifest.digest ?? "";
  target.lose("library/app", manifest);
  target.fault(new RegExp(`^PUT .*manifests/${manifest}`), { act: () => target.lose("library/app", digest) });
  const { failed, sent } = await push(target);
  expect([failed, sent.items]).toEqual([[], 1]);
  await expectWhole(target);
});

test("a blob that is gone at read back: once more, and where it is lost again the tag is not set", async () => {
  const target = await start();
  const lose = { act: () => target.lose("library/app", digest) };
  target.fault(new RegExp(`^GET .*library/app/manifests/${app.root.digest}`), lose);
  expect((await push(target)).failed).toEqual([]);
  await expectWhole(target);

  const other = await start();
  other.always(new RegExp(`^GET .*library/app/manifests/${app.root.digest}`), {
    act: () => other.lose("library/app", digest),
  });
  const { failed, arrived } = await push(other);
  expect(failed.map(({ item, cause }) => [item, cause])).toEqual([
    ["docker.io/library/app:1", `read back from the registry, ${digest} is not there`],
  ]);
  expect(arrived.length).toBe(1);
  expect(Object.keys(other.tags)).toEqual(["calico/node:v3"]);
});

test("a manifest that is gone, or another one, at read back", async () => {
  const target = await start();
  const manifest = app.platforms["linux/arm64"]?.manifest.digest ?? "";
  target.fault(new RegExp(`^GET .*library/app/manifests/${app.root.digest}`), {
    act: () => target.lose("library/app", manifest),
  });
  expect((await push(target)).failed).toEqual([]);
  await expectWhole(target);
  const wrong = await start();
  wrong.always(new RegExp(`^GET .*manifests/${manifest}`), { status: 200, body: "{}" });
  const { failed } = await push(wrong);
  expect(failed[0]?.cause).toContain(manifest);
  expect(wrong.tags["library/app:1"]).toBeUndefined();
});

test("a manifest that was there by HEAD and is gone at read back is put again", async () => {
  const target = await start();
  await push(target);
  const manifest = app.platforms["linux/arm64"]?.manifest.digest ?? "";
  target.fault(new RegExp(`^GET .*library/app/manifests/${app.root.digest}`), {
    act: () => target.lose("library/app", manifest),
  });
  expect((await push(target)).failed).toEqual([]);
  expect(target.manifest("library/app", manifest)).toBeDefined();
  await expectWhole(target);
});

test("a tag that is taken and not kept", async () => {
  const target = await start();
  target.always(/^PUT .*library\/app\/manifests\/1$/, { status: 201 });
  const { failed } = await push(target);
  expect(failed.map(({ cause }) => cause)).toEqual([`the tag was put and names nothing instead of ${app.root.digest}`]);
});

test.each([/^PUT .*library\/app\/blobs/, /^PUT .*library\/app\/manifests/])(
  "a registry that says it stored something else is not believed (%p)",
  async (pattern) => {
    const target = await start();
    const other = sha(sample(3));
    target.always(pattern, { digest: other });
    const { failed } = await push(target);
    expect(failed.map(({ item }) => item)).toEqual(["docker.io/library/app:1"]);
    expect(failed[0]?.cause).toContain(`the registry says it has ${other}`);
    expect(target.tags["library/app:1"]).toBeUndefined();
  },
);

test("a bundle whose bytes are not what it says: the registry's word ends it, after another try", async () => {
  const target = await start();
  const { lock, source } = bundle();
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
  const target = await start();
  const { lock, source } = bundle();
  const cut: Held = {
    lock,
    source: {
      locate: (wanted) => source.locate(wanted)?.map((one) => (wanted === digest ? { ...one, length: 90_000 } : one)),
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
    const target = await start({ elsewhere, users });
    const credentials = {
      find: async () => ({ kind: "basic", username: "ann", password: "secret", source: "test" }) as const,
    };
    const { failed } = await push(target, { credentials, chunk: 16_000 });
    expect(failed).toEqual([]);
    expect(target.blob("library/app", digest)).toEqual(large);
  },
);

test("a redirect that would turn an upload into something else is refused", async () => {
  const target = await start();
  target.always(/^PUT .*library\/app\/blobs/, { status: 301, headers: { location: `${target.url}/elsewhere` } });
  const { failed } = await push(target);
  expect(failed.map(({ cause }) => cause)).toEqual([
    `it answers an upload with 301 Moved Permanently to ${target.url}/elsewhere; name that address`,
  ]);
});

test.each<[string, Record<string, string>, string]>([
  ["nowhere", {}, "does not say where the upload goes"],
  ["to what is not the web", { location: "file:///etc/passwd" }, "not the web"],
])("an upload that is sent %s", async (_, headers, words) => {
  const target = await start();
  target.always(/^POST .*library\/app/, { status: 202, headers });
  const cause = await rejection(push(target));
  expect(cause.message).toContain(words);
  expect(target.stored).toEqual([]);
});

const credentials = {
  find: async () => ({ kind: "basic", username: "ann", password: "secret", source: "auth.json" }) as const,
};

test("tokens: one for a repository, with pull and push", async () => {
  const users = { ann: { password: "secret", may: () => "pull,push" } };
  const target = await start({ users });
  expect((await push(target, { credentials })).failed).toEqual([]);
  const bought = target.log.filter((line) => line.includes("/token?"));
  expect(bought.filter((line) => line.includes("library%2Fapp%3Apull%2Cpush")).length).toBe(1);
  await expect(rejection(push(target, {}))).resolves.toMatchObject({ code: "remote" });
});

test("a user who may read and not push: named before the first byte, with where the credentials are from", async () => {
  const users = {
    ann: {
      password: "secret",
      may: (repository: string) => (repository.startsWith("library/") ? "pull" : "pull,push"),
    },
  };
  const target = await start({ users });
  const cause = await rejection(push(target, { credentials }));
  expect(cause).toMatchObject({ code: "remote" });
  for (const words of ['"library/app"', "401 Unauthorized, with credentials", "auth.json", "nothing was sent"])
    expect(cause.message).toContain(words);
  expect(cause.message).not.toContain("calico");
  expect(target.stored).toEqual([]);
});

test("wrong credentials, and none", async () => {
  const users = { ann: { password: "other", may: () => "pull,push" } };
  const target = await start({ users });
  expect((await rejection(push(target, { credentials }))).message).toContain("refuses the credentials of auth.json");
  expect((await rejection(push(target))).message).toContain("docker login");
});

test("what is no registry is said to be none", async () => {
  const target = await start();
  target.always(/./, { status: 404 });
  expect((await rejection(push(target))).message).toContain("there is no registry at this address");
});

test("an upload that would leave TLS is refused, with what to do about it", () => {
  const answer = {
    ...{ status: 202, url: "https://registry.site/v2/a/blobs/uploads/" },
    headers: new Headers({ location: "http://registry.site/v2/a/blobs/uploads/1" }),
    bytes: async () => new Uint8Array(),
    cancel: async () => undefined,
  };
  expect(() => locationOf(answer)).toThrow("X-Forwarded-Proto");
  expect(locationOf({ ...answer, headers: new Headers({ location: "/v2/a/blobs/uploads/1?x=%2F" }) })).toBe(
    "https://registry.site/v2/a/blobs/uploads/1?x=%2F",
  );
});
