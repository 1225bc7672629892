// With a lock: it is kept to, and whoever runs it hears what upstream has by now.
import { describe, expect, test } from "bun:test";
import type { Lock } from "../../src/core/lock.ts";
import { type Bench, bench, digestOf, file, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";
import { image } from "../support/images.ts";

const one = sample(70_000, 1);
const app = image({
  platforms: { "linux/amd64": { layers: [sample(3000)] }, "linux/arm64": { layers: [sample(2000)] } },
});
const plan = planOf(file("one", digestOf(one)), file("pinned", undefined), pulled("team/app:1"));

async function locked(lab: Bench): Promise<Lock> {
  lab.registry.add("team/app", app, "1");
  const { lock } = await lab.fetch(plan);
  if (!lock) throw new Error("there is no lock");
  return lock;
}

describe("upstream is not what it was when it was locked", () => {
  test("a file has another length: that is noted, the locked one stays, and nothing is fetched", async () => {
    await using lab = await bench({ one, pinned: one });
    const lock = await locked(lab);
    lab.upstream.set("/one", sample(60_000));
    lab.upstream.set("/pinned", sample(80_000));
    const again = await lab.fetch(plan, { lock, today: "2027-01-01" });
    expect([again.lock, again.fetched]).toEqual([lock, { items: 0, bytes: 0 }]);
    const said = (path: string, bytes: number, advice: string): string =>
      `files.test/${path} now has ${bytes} bytes at upstream; the lock of 2026-11-24 keeps ${digestOf(one)}, 70000 bytes (${advice})`;
    expect([...lab.notes].sort()).toEqual([
      said("one", 60_000, "what kubespray 2.31.0 publishes is the locked one"),
      said("pinned", 80_000, "--update takes the new one"),
    ]);
  });

  test("a file or a tag is gone: that is noted, and what is in the store is enough", async () => {
    await using lab = await bench({ one, pinned: one });
    const lock = await locked(lab);
    await using empty = await bench();
    const mirrors = new Map([
      ["files.test", [empty.upstream.url]],
      ["images.test", [empty.registry.url]],
    ]);
    expect((await lab.fetch(plan, { lock, mirrors })).lock).toEqual(lock);
    expect(lab.notes.filter((note) => note.includes("is no longer there; the lock of 2026-11-24 keeps"))).toHaveLength(
      3,
    );
    // One mirror that never had it says nothing about upstream.
    const more = new Map([
      ["files.test", [empty.upstream.url, lab.upstream.url]],
      ["images.test", [empty.registry.url, lab.registry.url]],
    ]);
    expect((await lab.fetch(plan, { lock, mirrors: more })).lock).toEqual(lock);
    expect(lab.notes).toEqual([]);
  });

  test("no response is no drift, and a host that does not respond gets one request, not one for each item", async () => {
    await using lab = await bench({ one, pinned: one });
    const lock = await locked(lab);
    for (const path of ["/one", "/pinned"])
      lab.upstream.script(path, ...Array.from({ length: 9 }, () => ({ fault: "drop" }) as const));
    const before = lab.upstream.requests.length;
    const again = await lab.fetch(plan, { lock, jobs: 1 });
    expect([again.lock, lab.notes]).toEqual([lock, []]);
    expect(new Set(lab.upstream.requests.slice(before).map(({ path }) => path)).size).toBe(1);
  });
});
