// Plan → store and lock. The servers are real; only their faults are scripted.
import { describe, expect, test } from "bun:test";
import { type Progress, silentProgress } from "../../src/core/progress.ts";
import { bench, both, digestOf, file, lockOf, multi, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";
import { artifact, image } from "../support/images.ts";

const one = sample(70_000, 1);
const two = sample(50_000, 2);

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
      beforeDownloads: ({ fetch, total }) => {
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

  test("an image that is pinned is fetched by its digest, whatever the tag and the lock say", async () => {
    await using lab = await bench();
    const newer = image({
      platforms: { "linux/amd64": { layers: [sample(99)] }, "linux/arm64": { layers: [sample(98)] } },
    });
    lab.registry.add("team/app", multi);
    lab.registry.add("team/app", newer, "1");
    const byTag = lockOf(await lab.fetch(planOf(pulled("team/app:1"))));
    expect(byTag.images).toMatchObject([{ root: newer.root }]);
    const pinned = planOf(pulled("team/app:1", { digest: multi.root.digest }), pulled("team/app:1"));
    const lock = lockOf(await lab.fetch(pinned, { lock: byTag }));
    expect(lock.images).toMatchObject([{ image: "images.test/team/app:1", root: multi.root, byDigest: true }]);
    // Again with the lock: nothing is told of a tag that leads elsewhere.
    expect(lockOf(await lab.fetch(pinned, { lock }))).toEqual(lock);
    expect(lab.notes).toEqual([]);
    // The same digest without the pin: no longer on record.
    lab.registry.add("team/app", multi, "1");
    expect(lockOf(await lab.fetch(planOf(pulled("team/app:1")), { lock })).images[0]?.byDigest).toBeUndefined();
    const nowhere = await lab.fetch(planOf(pulled("team/app:1", { digest: digestOf(one) })));
    expect(nowhere.failures).toMatchObject([{ cause: `there is no ${digestOf(one)}, which it is pinned to` }]);
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
