// Files whose bytes are not what was published: who moved, and what to do about it.
import { describe, expect, test } from "bun:test";
import { bench, digestOf, file, lockOf, planOf } from "../support/fetching.ts";
import { sample } from "../support/http.ts";

const one = sample(70_000, 1);
const two = sample(50_000, 2);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

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
