// Plan → store and lock, the way it fails for users. The servers are real; only their faults are scripted.
import { describe, expect, test } from "bun:test";
import { parseLock } from "../../src/bundle/lock.ts";
import type { Lock } from "../../src/core/lock.ts";
import { formatLock } from "../../src/core/lock.ts";
import { type Progress, silentProgress } from "../../src/core/progress.ts";
import { bench, both, digestOf, file, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";
import { artifact, image } from "../support/images.ts";

const one = sample(70_000, 1);
const two = sample(50_000, 2);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

function lockOf({ lock }: { lock: Lock | undefined }): Lock {
  if (!lock) throw new Error("there is no lock");
  // What is written can be read.
  return parseLock(formatLock(lock), "test");
}

/** The head of a program for a machine: 62 is x86-64, 183 AArch64. */
function elf(machine: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.set([2, 0, machine], 16);
  return bytes;
}

const multi = image({
  platforms: {
    "linux/amd64": { layers: [sample(3000, 5), sample(2000, 6)] },
    "linux/arm64": { layers: [sample(3000, 5), sample(2500, 7)] },
  },
});

describe("everything is well", () => {
  test("the lock names all of it, sorted, and the store has each blob once", async () => {
    await using lab = await bench({ "b/one": one, "a/two": two });
    lab.registry.add("team/app", multi, "1");
    lab.registry.add("team/same", multi, "2");
    const plan = planOf(
      file("b/one", digestOf(one), { platforms: ["linux/amd64"] }),
      file("a/two", undefined),
      pulled("team/app:1"),
      pulled("team/same:2"),
    );
    const lock = lockOf(await lab.fetch(plan));
    expect(lock.files.map(({ path, digest, size, published }) => ({ path, digest, size, published }))).toEqual([
      { path: "files.test/a/two", digest: digestOf(two), size: 50_000, published: undefined as never },
      {
        path: "files.test/b/one",
        digest: digestOf(one),
        size: 70_000,
        published: { digest: digestOf(one), source: "kubespray 2.31.0" },
      },
    ]);
    expect(lock.images.map(({ image: name, root }) => [name, root.digest])).toEqual([
      ["images.test/team/app:1", multi.root.digest],
      ["images.test/team/same:2", multi.root.digest],
    ]);
    for (const { blobs } of lock.images) expect(blobs.every((blob) => lab.store.has(blob))).toBeTrue();
    // Both images share everything, and both platforms share a layer.
    const gets = lab.registry.log.filter((line) => /^GET .*\/blobs\//.test(line));
    expect(gets.length).toBe(new Set(gets.map((line) => line.split("/blobs/")[1])).size);
    expect(lab.registry.surprises).toEqual([]);
  });

  test("with the lock nothing travels again, and only what changed does", async () => {
    await using lab = await bench({ one, two });
    lab.registry.add("team/app", multi, "1");
    const plan = planOf(file("one", digestOf(one)), file("two", undefined), pulled("team/app:1"));
    const lock = lockOf(await lab.fetch(plan));
    const [requests, pulls] = [lab.upstream.requests.length, lab.registry.log.length];
    const again = await lab.fetch(plan, { lock, today: "2027-01-01" });
    expect([lockOf(again), again.fetched]).toEqual([lock, { items: 0, bytes: 0 }]);
    // Only asked whether they are what they were.
    expect(lab.upstream.requests.slice(requests).map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
    expect(lab.registry.log.slice(pulls)).toEqual(["HEAD /v2/team/app/manifests/1 200"]);

    const three = sample(9000, 3);
    lab.upstream.set("/three", three);
    const more = await lab.fetch(planOf(...plan.artifacts, file("three", digestOf(three))), { lock });
    expect(more.fetched).toEqual({ items: 1, bytes: 9000 });
    const gets = lab.upstream.requests.slice(requests).filter(({ method }) => method === "GET");
    expect(gets.map(({ path }) => path)).toEqual(["/three"]);
  });

  test("files with the same bytes are fetched once, from wherever one of them is; each is in the lock", async () => {
    await using lab = await bench({ one, two });
    const names = ["gone", "one", "same"];
    lab.upstream.set("/same", one);
    const plan = planOf(...names.map((name) => file(name, digestOf(one))), file("two", digestOf(two)));
    const { lock, fetched } = await lab.fetch(plan, { jobs: 8 });
    expect(lockOf({ lock }).files.map(({ path }) => path)).toEqual(
      [...names, "two"].map((name) => `files.test/${name}`),
    );
    expect(fetched).toEqual({ items: 2, bytes: 120_000 });
    const gets = lab.upstream.requests.filter(({ method }) => method === "GET");
    expect(gets.map(({ path, status }) => `${path} ${status}`).sort()).toEqual(["/gone 404", "/one 200", "/two 200"]);
    // The same under a digest of another kind, and under none: not known to be the same before it is here.
    await using other = await bench({ one });
    for (const name of ["a", "b"]) other.upstream.set(`/${name}`, one);
    const mixed = planOf(file("one", digestOf(one)), file("a", digestOf(one, "sha512")), file("b", undefined));
    expect(lockOf(await other.fetch(mixed, { jobs: 8 })).files.map(({ digest }) => digest)).toEqual(
      Array.from({ length: 3 }, () => digestOf(one)),
    );
  });

  test("a digest published as sha512 is held, and known again without a request", async () => {
    await using lab = await bench({ one });
    const plan = planOf(file("one", digestOf(one, "sha512")));
    const lock = lockOf(await lab.fetch(plan));
    expect(lock.files[0]).toMatchObject({ digest: digestOf(one), published: { digest: digestOf(one, "sha512") } });
    expect(lock.files[0]?.accepted).toBeUndefined();
    const before = lab.upstream.requests.length;
    expect(lockOf(await lab.fetch(plan))).toEqual(lock);
    expect(lab.upstream.requests.length).toBe(before);
    // A cold store with the lock: the sha256 is enough, and nothing is on record that was not before.
    await using cold = await bench({ one });
    expect(lockOf(await cold.fetch(plan, { lock }))).toEqual(lock);
    await using wrong = await bench({ one: two });
    expect((await wrong.fetch(plan)).failures).toHaveLength(1);
  });

  test("what refers to an image comes along", async () => {
    await using lab = await bench();
    lab.registry.add("team/app", multi, "1");
    const sbom = artifact({ packages: [] }, multi.root);
    lab.registry.add("team/app", sbom);
    const [locked] = lockOf(await lab.fetch(planOf(pulled("team/app:1")))).images;
    expect(locked?.referrers?.map(({ digest }) => digest)).toEqual([sbom.root.digest]);
    expect(locked?.blobs.map(({ digest }) => digest)).toContain(sbom.root.digest);
    expect(locked?.blobs.every((blob) => lab.store.has(blob))).toBeTrue();
  });

  test("the forecast counts each blob once, and its veto stops before the first byte", async () => {
    await using lab = await bench({ one, two });
    lab.registry.add("team/app", multi, "1");
    const plan = planOf(file("one", digestOf(one)), file("two", undefined), pulled("team/app:1"));
    const refuse = lab.fetch(plan, {
      before: async ({ fetch, total }) => {
        expect(fetch.unsized).toBe(0);
        // Manifests and configurations are here by then; the files and three layers are not.
        expect(fetch).toMatchObject({ items: 5, bytes: 70_000 + 50_000 + 3000 + 2000 + 2500 });
        // The index, two manifests and two configurations beside them.
        expect(total).toHaveLength(10);
        expect(new Set(total.flatMap(({ digests }) => digests)).size).toBe(9);
        expect(total.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(fetch.bytes);
        throw new Error("no room");
      },
    });
    await expect(refuse).rejects.toThrow("no room");
    expect(lab.upstream.requests.map(({ method }) => method)).toEqual(["HEAD", "HEAD"]);
  });
});

describe("the network fails", () => {
  test("cut, throttled, stuttering: it arrives all the same", async () => {
    await using lab = await bench({ one, two });
    lab.registry.add("team/app", multi, "1");
    lab.upstream.script("/one", "none", { fault: "cut", after: 1000 }, { fault: "status", status: 503 });
    lab.upstream.script("/two", "none", { fault: "status", status: 429, headers: { "retry-after": "7" } });
    lab.registry.fault(/^GET .*\/blobs\//, { cut: 10 }, { status: 500 });
    const plan = planOf(file("one", digestOf(one)), file("two", digestOf(two)), pulled("team/app:1"));
    const { failures } = await lab.fetch(plan);
    expect(failures).toEqual([]);
    expect(Math.max(...lab.waits)).toBeGreaterThanOrEqual(7000);
  });

  test("what fails is named with its cause, everything else is kept, and there is no lock", async () => {
    await using lab = await bench({ one });
    lab.registry.add("team/app", multi, "1");
    const plan = planOf(
      file("one", digestOf(one)),
      file("gone", digestOf(two)),
      pulled("team/app:1"),
      pulled("team/app:9"),
    );
    const { lock, failures } = await lab.fetch(plan);
    expect(lock).toBeUndefined();
    expect(failures.map(({ kind, artifact: name, attempts }) => ({ kind, name, attempts }))).toEqual([
      { kind: "file", name: "files.test/gone", attempts: 1 },
      { kind: "image", name: "images.test/team/app:9", attempts: 1 },
    ]);
    expect(failures[0]?.cause).toContain("404 Not Found");
    expect(failures[0]?.url).toBe(`${lab.upstream.url}/gone`);
    expect(failures[1]?.cause).toContain('there is no tag "9"');
    expect(lab.store.sizeOf(digestOf(one))).toBe(70_000);
    expect(multi.blobs.every((blob) => lab.store.sizeOf(digestOf(blob)) === blob.length)).toBeTrue();
  });

  test("a mirror that lacks it is followed by the next one", async () => {
    await using lab = await bench({ one });
    await using empty = await bench();
    lab.registry.add("team/app", multi, "1");
    const plan = planOf(file("one", digestOf(one)), pulled("team/app:1"));
    const mirrors = new Map([
      ["files.test", [empty.upstream.url, lab.upstream.url]],
      ["images.test", [empty.registry.url, lab.registry.url]],
    ]);
    expect((await lab.fetch(plan, { mirrors })).failures).toEqual([]);
    expect(empty.upstream.requests.some(({ method, path }) => method === "GET" && path === "/one")).toBeTrue();
    expect(empty.registry.log).toContain("HEAD /v2/team/app/manifests/1 404");
  });

  test("what outlasted the patience gets a second turn after all the others, and goes on where it was", async () => {
    await using lab = await bench({ one, two });
    const away = Array.from({ length: 4 }, () => ({ fault: "status", status: 503 }) as const);
    const held = { fault: "cut", after: 40_000, when: lab.landed(30_000) } as const;
    lab.upstream.script("/one", "none", held, ...away, { fault: "drop" });
    const { failures, fetched } = await lab.fetch(planOf(file("one", digestOf(one)), file("two", digestOf(two))), {
      jobs: 1,
    });
    expect([failures, fetched]).toEqual([[], { items: 2, bytes: 120_000 }]);
    const gets = lab.upstream.requests.filter(({ method }) => method === "GET");
    expect(gets.map(({ path, status }) => `${path} ${status}`).at(-1)).toBe("/one 206");
    expect(gets.findIndex(({ path }) => path === "/two")).toBeLessThan(gets.length - 1);
  });

  test("a mirror that is down is waited for once, and then asked last", async () => {
    await using lab = await bench({ one, two, three: sample(9000, 3) });
    await using away = await bench({ one, two, three: sample(9000, 3) });
    const none = Array.from({ length: 30 }, () => ({ fault: "drop" }) as const);
    for (const path of ["/one", "/two", "/three"]) away.upstream.script(path, ...none);
    const plan = planOf(file("one", digestOf(one)), file("two", digestOf(two)), file("three", undefined));
    const mirrors = new Map([["files.test", [away.upstream.url, lab.upstream.url]]]);
    expect((await lab.fetch(plan, { mirrors, jobs: 1 })).failures).toEqual([]);
    const gets = away.upstream.requests.filter(({ method }) => method === "GET");
    // The first one's five tries; perhaps those of another that began at the same time.
    expect(gets.length).toBeLessThanOrEqual(10);
    expect(new Set(gets.map(({ path }) => path)).size).toBeLessThan(3);
  });

  test("a lost layer fails every image that has it, by name", async () => {
    await using lab = await bench();
    lab.registry.add("team/app", multi, "1");
    lab.registry.add("team/same", multi, "2");
    const layer = multi.platforms["linux/amd64"]?.layers[1]?.digest ?? "";
    for (const repository of ["team/app", "team/same"]) lab.registry.remove(repository, layer);
    const { failures } = await lab.fetch(planOf(pulled("team/app:1"), pulled("team/same:2")));
    expect(failures.map(({ artifact: name }) => name)).toEqual(["images.test/team/app:1", "images.test/team/same:2"]);
  });

  test("a registry that is down is not asked anew under the name of each image that shares a layer", async () => {
    await using lab = await bench();
    lab.registry.add("team/app", multi, "1");
    lab.registry.add("team/same", multi, "2");
    const layer = multi.platforms["linux/amd64"]?.layers[1]?.digest ?? "";
    const down = Array.from({ length: 20 }, () => ({ status: 503 }));
    lab.registry.fault(new RegExp(`^GET .*/blobs/${layer}`), ...down);
    const { failures } = await lab.fetch(planOf(pulled("team/app:1"), pulled("team/same:2")));
    // Five tries, and eight more when all else is done.
    expect(failures.map(({ attempts }) => attempts)).toEqual([13, 13]);
    expect(lab.registry.log.filter((line) => line.includes(layer))).toHaveLength(13);
    // One that lacks it in one place may have it in the other.
    await using other = await bench();
    other.registry.add("team/app", multi, "1");
    other.registry.add("team/same", multi, "2");
    other.registry.remove("team/app", layer);
    expect((await other.fetch(planOf(pulled("team/app:1"), pulled("team/same:2")))).failures).toEqual([]);
  });

  test("Docker Hub's budget is told before it is spent", async () => {
    await using lab = await bench({}, { rateLimit: { limit: 100, remaining: 2 } });
    lab.registry.add("library/nginx", multi, "1");
    const nginx = pulled("library/nginx:1", { image: "docker.io/library/nginx:1" });
    const { failures } = await lab.fetch(planOf(nginx), { mirrors: new Map([["docker.io", [lab.registry.url]]]) });
    expect(failures).toEqual([]);
    expect(lab.notes[0]).toStartWith("Docker Hub: 2 of 100 pulls left");
    expect(lab.notes[0]).toContain("this needs up to 3; that may not be enough");
    // With a lock, too, when the store has nothing.
    const hub = new Map([["docker.io", [lab.registry.url]]]);
    const lock = lockOf(await lab.fetch(planOf(nginx), { mirrors: hub }));
    await using cold = await bench({}, { rateLimit: { limit: 100, remaining: 50 } });
    cold.registry.add("library/nginx", multi, "1");
    const again = await cold.fetch(planOf(nginx), { lock, mirrors: new Map([["docker.io", [cold.registry.url]]]) });
    expect([again.failures, cold.notes]).toEqual([
      [],
      ["Docker Hub: 50 of 100 pulls left within 6 h; this needs up to 3"],
    ]);
  });
});

describe("the bytes are not what was published", () => {
  const wrong = (advice: string) => [`it serves ${digestOf(two)}`, advice];

  test("damaged on the way once: the second try decides", async () => {
    await using lab = await bench({ one });
    lab.upstream.script("/one", "none", { fault: "flip", at: 5 });
    expect((await lab.fetch(planOf(file("one", digestOf(one))))).failures).toEqual([]);
  });

  test("another wrong one each time: it is the way here", async () => {
    await using lab = await bench({ one });
    lab.upstream.script("/one", "none", { fault: "flip", at: 5 }, { fault: "flip", at: 6 });
    const { failures } = await lab.fetch(planOf(file("one", digestOf(one))));
    expect(failures[0]?.cause).toContain("something on the way damages it");
    expect(failures[0]?.attempts).toBe(2);
  });

  test("upstream moved, and says so itself", async () => {
    await using lab = await bench({ one: two, "one.sha256": text(`${digestOf(two).slice(7)}  one\n`) });
    const { failures } = await lab.fetch(planOf(file("one", digestOf(one))));
    for (const part of [
      ...wrong("its own checksum file agrees"),
      `not ${digestOf(one)} (published by kubespray 2.31.0)`,
      `--accept-digest one=${digestOf(two)}`,
    ])
      expect(failures[0]?.cause).toContain(part);
    expect(lab.store.sizeOf(digestOf(two))).toBeUndefined();
    expect(lab.upstream.requests.filter(({ method, path }) => method === "GET" && path === "/one")).toHaveLength(2);
  });

  test("upstream's own checksum still is the published one: the copy is wrong", async () => {
    await using lab = await bench({ one: two, "one.sha256": text(`${digestOf(one).slice(7)}\n`) });
    const { failures } = await lab.fetch(planOf(file("one", digestOf(one))));
    expect(failures[0]?.cause).toContain("the copy is wrong, use another mirror");
  });

  test("nobody published a digest, and it is not what it was", async () => {
    await using lab = await bench({ one });
    const plan = planOf(file("one", undefined));
    const lock = lockOf(await lab.fetch(plan));
    await using later = await bench({ one: two });
    const { failures } = await later.fetch(plan, { lock, today: "2027-01-01" });
    expect(failures[0]?.cause).toContain(`upstream moved: it serves ${digestOf(two)}, and on 2026-11-24 it served`);
    expect(lockOf(await later.fetch(plan)).files[0]?.digest).toBe(digestOf(two));
  });

  test("file and published digest both moved after the lock", async () => {
    await using lab = await bench({ one });
    const lock = lockOf(await lab.fetch(planOf(file("one", digestOf(one)))));
    await using later = await bench({ one: two });
    const moved = planOf(file("one", digestOf(two)));
    const { failures } = await later.fetch(moved, { lock });
    expect(failures[0]?.cause).toContain("the file moved after the lock of 2026-11-24");
    expect(later.notes[0]).toContain("the lock of 2026-11-24 is kept, although the published digest is now");
  });

  test("it is accepted by name, and that is on record from then on", async () => {
    await using lab = await bench({ one: two, other: one });
    const plan = planOf(file("one", digestOf(one)), file("other", digestOf(one)));
    const accept = new Map([["one", [digestOf(two)]]]);
    const lock = lockOf(await lab.fetch(plan, { accept }));
    expect(lock.files.map(({ digest, accepted }) => [digest, accepted])).toEqual([
      [digestOf(two), true],
      [digestOf(one), undefined],
    ]);
    expect(lock.files[0]?.published?.digest).toBe(digestOf(one));
    expect(lockOf(await lab.fetch(plan, { lock }))).toEqual(lock);
  });
});

describe("the architecture is not what it should be", () => {
  const youki = (machine: number) => ({
    bytes: elf(machine),
    plan: planOf(file("youki", digestOf(elf(machine)), { platforms: ["linux/arm64"] })),
  });

  test("a file: both are named; on record it is let through", async () => {
    const { bytes, plan } = youki(62);
    await using lab = await bench({ youki: bytes });
    const { failures } = await lab.fetch(plan);
    expect(failures[0]?.cause).toContain("arm64/youki holds x86-64 code");
    expect(failures[0]?.cause).toContain("--allow-arch-mismatch youki");
    // From the store as well: it was not forgotten what it holds.
    expect((await lab.fetch(plan)).failures).toHaveLength(1);
    const lock = lockOf(await lab.fetch(plan, { allowMismatch: ["youki"] }));
    expect(lock.files[0]?.mismatch).toContain("holds x86-64 code");
    expect(lockOf(await lab.fetch(plan, { lock }))).toEqual(lock);
    const right = youki(183);
    await using good = await bench({ youki: right.bytes });
    expect(lockOf(await good.fetch(right.plan)).files[0]?.mismatch).toBeUndefined();
  });

  test("an image whose index calls arm64 what its configuration calls amd64", async () => {
    await using lab = await bench();
    const lying = image({
      platforms: {
        "linux/amd64": { layers: [sample(10)] },
        "linux/arm64": { layers: [sample(11)], architecture: "amd64" },
      },
    });
    lab.registry.add("team/app", lying, "1");
    const plan = planOf(pulled("team/app:1"));
    const { failures } = await lab.fetch(plan);
    expect(failures[0]?.cause).toContain("what its index calls linux/arm64 is an image for amd64");
    const lock = lockOf(await lab.fetch(plan, { allowMismatch: ["images.test/team/app:1"] }));
    expect(lock.images[0]?.mismatch).toContain("an image for amd64");
  });

  test("an image that lacks a platform is a failure, or unavailable on record", async () => {
    await using lab = await bench();
    const half = image({ platforms: { "linux/amd64": { layers: [sample(10)] } } });
    lab.registry.add("team/app", half, "1");
    const plan = planOf(pulled("team/app:1"));
    const { failures } = await lab.fetch(plan);
    expect(failures[0]?.cause).toContain("upstream has nothing for linux/arm64 (it has linux/amd64)");
    const lock = lockOf(await lab.fetch(plan, { allowMissing: true }));
    expect(lock.images[0]?.missing).toEqual(["linux/arm64"]);
    // What is on record is known; without the record it is not.
    expect(lockOf(await lab.fetch(plan, { lock }))).toEqual(lock);
    expect((await lab.fetch(plan)).failures).toHaveLength(1);
    const amd64 = planOf(pulled("team/app:1", { platforms: ["linux/amd64"] }));
    expect(lockOf(await lab.fetch(amd64)).images[0]?.missing).toBeUndefined();
  });
});

describe("the lock is kept to", () => {
  test("a tag that moved is told, and the locked image stays", async () => {
    await using lab = await bench();
    lab.registry.add("team/app", multi, "1");
    const plan = planOf(pulled("team/app:1"));
    const lock = lockOf(await lab.fetch(plan));
    const newer = image({
      platforms: { "linux/amd64": { layers: [sample(99)] }, "linux/arm64": { layers: [sample(98)] } },
    });
    lab.registry.add("team/app", newer, "1");
    expect(lockOf(await lab.fetch(plan, { lock, today: "2027-01-01" }))).toEqual(lock);
    expect(lab.notes).toEqual([
      `images.test/team/app:1 now is ${newer.root.digest}; the lock of 2026-11-24 keeps ${multi.root.digest} (--update takes the new one)`,
    ]);
    expect(lockOf(await lab.fetch(plan)).images[0]?.root.digest).toBe(newer.root.digest);
    // The locked one again, into a store that has nothing: by digest.
    await using cold = await bench();
    cold.registry.add("team/app", newer, "1");
    cold.registry.add("team/app", multi);
    expect(lockOf(await cold.fetch(plan, { lock }))).toEqual(lock);
  });

  test("other platforms than the lock's are read from the locked image", async () => {
    await using lab = await bench();
    lab.registry.add("team/app", multi, "1");
    const amd64 = planOf(pulled("team/app:1", { platforms: ["linux/amd64"] }));
    const lock = lockOf(await lab.fetch(amd64));
    expect(lock.images[0]?.blobs).toHaveLength(5);
    const all = lockOf(await lab.fetch(planOf(pulled("team/app:1")), { lock }));
    expect(all.images[0]?.blobs).toHaveLength(8);
    expect(all.images[0]?.platforms).toEqual(both);
  });

  test("a registry that is away does not stop a run that has everything", async () => {
    await using lab = await bench({ one });
    lab.registry.add("team/app", multi, "1");
    const plan = planOf(pulled("team/app:1"), file("one", digestOf(one)));
    const lock = lockOf(await lab.fetch(plan));
    await lab.registry.close();
    expect(lockOf(await lab.fetch(plan, { lock }))).toEqual(lock);
  });

  test("two files that want one name with different bytes are refused", async () => {
    await using lab = await bench({ one });
    await expect(lab.fetch(planOf(file("one", digestOf(one)), file("one", digestOf(two))))).rejects.toThrow(
      "files.test/one is wanted twice",
    );
  });

  test("an abort ends it at once, and what has arrived is gone on with", async () => {
    await using lab = await bench({ one });
    const controller = new AbortController();
    const progress: Progress = {
      ...silentProgress,
      begin: () => ({
        ...silentProgress.begin(""),
        advance: (bytes) => void (bytes > 0 && controller.abort(new Error("Ctrl-C"))),
      }),
    };
    const forever = new Promise<void>(() => undefined);
    const stuck = async (sent: number): Promise<void> => (sent < 30_000 ? undefined : await forever);
    lab.upstream.script("/one", "none", { fault: "drip", size: 10_000, pace: stuck });
    const plan = planOf(file("one", digestOf(one)));
    await expect(lab.fetch(plan, { signal: controller.signal, progress })).rejects.toThrow("Ctrl-C");
    expect((await lab.fetch(plan)).failures).toEqual([]);
    expect(lab.upstream.requests.at(-1)?.headers["range"]).toMatch(/^bytes=\d+-$/);
  });
});
