// Downloads over a network that fails: the servers are real, only their faults are scripted.
import { describe, expect, test } from "bun:test";
import type { Progress } from "../../src/core/progress.ts";
import { transferAll } from "../../src/fetch/transfer.ts";
import { bench, digestOf, file, multi, planOf, pulled } from "../support/fetching.ts";
import { sample, testHttp } from "../support/http.ts";

const one = sample(70_000, 1);
const two = sample(50_000, 2);

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

  test("what failed in all its tries gets a second pass after all the others, and is resumed", async () => {
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

  test("the largest is fetched first, and a file of unknown size before it", async () => {
    const sizes = { small: 1000, large: 90_000, middle: 20_000 };
    const files = Object.fromEntries(Object.entries(sizes).map(([path, size], at) => [path, sample(size, at + 10)]));
    await using lab = await bench({ ...files, unknown: sample(50, 20) });
    const unsized = { expected: [], size: undefined, label: "unknown", key: "unknown" };
    const begun: string[] = [];
    const done: string[] = [];
    const { http } = testHttp();
    const nothing = { advance() {}, found() {}, retry() {}, postpone() {}, done() {}, fail() {} };
    const progress: Progress = {
      step: () => () => undefined,
      expect() {},
      complete() {},
      begin(label) {
        begun.push(label);
        return nothing;
      },
      note() {},
    };
    const transfers = Object.entries(sizes).map(([path, size]) => ({
      label: path,
      key: path,
      size,
      expected: [digestOf(files[path] as Uint8Array)],
      sources: [{ url: `${lab.upstream.url}/${path}` }],
    }));
    const unknown = { ...unsized, sources: [{ url: `${lab.upstream.url}/unknown` }] };
    await transferAll(
      [...transfers, unknown],
      { store: lab.store, http, progress, jobs: 1, limits: { told: 1e6, untold: 1e6 } },
      async ({ label }, { arrived }) => void done.push(`${label} ${arrived}`),
    );
    expect(begun).toEqual(["unknown", "large", "middle", "small"]);
    expect(done.toSorted()).toEqual(["large true", "middle true", "small true", "unknown true"]);
  });

  test("a mirror that is down is waited for once, and then tried last", async () => {
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

  test("a registry that is down is not tried again under the name of each image that shares a layer", async () => {
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
});
