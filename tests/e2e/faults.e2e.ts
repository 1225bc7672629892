// The compiled binary against a network that cuts and servers that lie: what can pass passes, what cannot is exit code 4 with
// every item named, everything else is kept, and the next run fetches only what was missing.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FetchFailure } from "../../src/fetch/options.ts";
import { image } from "../support/images.ts";
import { sha } from "../support/seed.ts";
import { auditStore, bulk, type Contents, openSite, type Site, seeded } from "../support/site.ts";
import type { Fault } from "../support/upstream.ts";

const one = bulk("one", 300_000);
const two = bulk("two", 200_000);
const layer = bulk("layer amd64", 150_000);
const app = image({
  platforms: {
    "linux/amd64": { layers: [layer, bulk("common", 90_000)] },
    "linux/arm64": { layers: [bulk("l", 9000)] },
  },
});
const contents: Contents = { files: { "amd64/one": one, "arm64/two": two }, images: { "team/app:1": app } };

function failuresOf(site: Site): FetchFailure[] {
  return JSON.parse(readFileSync(join(site.folder, "failures.json"), "utf8"));
}
const lockOf = (site: Site): string => readFileSync(join(site.folder, "kso.lock.json"), "utf8");
const has = (site: Site, bytes: Uint8Array): boolean =>
  existsSync(join(site.store, "blobs/sha256", sha(bytes).slice("sha256:".length)));

describe("the network fails, and it arrives all the same", () => {
  test("connections cut at random bytes of files, layers and manifests", async () => {
    await using site = await openSite(contents);
    expect((await site.kso("fetch")).code).toBe(0);
    const [lock, traffic] = [lockOf(site), site.gate.passed];
    const random = seeded(7);
    for (let round = 0; round < 12; round++) {
      rmSync(site.store, { recursive: true });
      rmSync(join(site.folder, "kso.lock.json"));
      site.gate.reset();
      const places = Array.from({ length: 1 + Math.floor(random() * 4) }, () => Math.floor(random() * traffic));
      for (const place of places) site.gate.at(place, "cut");
      const { code, err } = await site.kso("fetch");
      expect({ round, places, code, err }).toMatchObject({ round, places, code: 0 });
      expect(lockOf(site)).toBe(lock);
      expect(auditStore(site.store).wrong).toEqual([]);
    }
  }, 60_000);

  test.each([
    ["429 with Retry-After: 0", 429, { "retry-after": "0" }, 0],
    ["429 with Retry-After: 1", 429, { "retry-after": "1" }, 1000],
    ["429 without Retry-After", 429, {}, 0],
    ["503", 503, {}, 0],
  ])("%s", async (_, status, headers, least) => {
    await using site = await openSite(contents);
    site.upstream.script("/files.test/amd64/one", "none", { fault: "status", status, headers });
    site.registry.fault(/^GET .*\/blobs\//, { status, headers });
    site.registry.fault(/^(GET|HEAD) .*\/manifests\//, { status, headers });
    const since = performance.now();
    const { code, err } = await site.kso("fetch");
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(err).toContain(`again: files.test/amd64/one: ${status} `);
    expect(performance.now() - since).toBeGreaterThanOrEqual(least);
  });

  /** Cut in the middle, once some of it is in the store: the next try has something to go on from. */
  const cut = { fault: "cut", after: 100_000 } as const;
  const cutAfterLanding = (site: Site, fault: Fault): Fault =>
    fault !== "none" && fault.fault === "cut" && !fault.chunked ? { ...fault, when: site.landed(10_000) } : fault;
  test.each<[string, Fault[]]>([
    ["a Content-Length that is too small", [{ fault: "length", says: 1000 }]],
    ["a body without its second half", [{ ...cut, chunked: true }]],
    [
      "the rest from another place than was asked for",
      [cut, { fault: "content-range", says: "bytes 7-299999/300000" }],
    ],
    ["the rest of a file of another size", [cut, { fault: "content-range", says: "bytes 100000-299999/400000" }]],
    ["the rest without saying from where", [cut, { fault: "content-range", says: "" }]],
    ["the whole, where the rest was asked for", [cut, { fault: "ignore-range" }]],
    ["no such range, where there is one", [cut, { fault: "status", status: 416 }]],
    ["a flipped bit", [{ fault: "flip", at: 77 }]],
    ["a redirect to another host", [{ fault: "redirect", to: "/files.test/amd64/one" }]],
  ])("a server that answers once with %s", async (_, faults) => {
    await using site = await openSite(contents);
    const there = faults.map((fault) =>
      fault !== "none" && fault.fault === "redirect"
        ? { ...fault, to: site.upstream.url + fault.to }
        : cutAfterLanding(site, fault),
    );
    site.upstream.script("/files.test/amd64/one", "none", ...there);
    const { code, err } = await site.kso("fetch", "--jobs", "1");
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(has(site, one)).toBeTrue();
    expect(auditStore(site.store).wrong).toEqual([]);
  });

  test("a file that is replaced between two tries: no byte of the old one is in the new one", async () => {
    const old = bulk("old", one.length);
    await using site = await openSite({ files: { "amd64/one": { planned: one, served: old } } });
    site.upstream.script("/files.test/amd64/one", "none", cutAfterLanding(site, cut), { fault: "change", file: one });
    const { code, err } = await site.kso("fetch", "--jobs", "1");
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(has(site, one)).toBeTrue();
  });
});

describe("a server that lies for good is refused by name, and everything else is kept", () => {
  interface Lie {
    /** What to say, and how to stop it. */
    readonly tell: (site: Site) => (() => void) | undefined;
    readonly contents?: Contents;
    readonly artifact: string;
    readonly attempts: number;
    readonly words: readonly string[];
    /** What is missing then. */
    readonly missing: readonly Uint8Array[];
  }
  const gets = (...faults: Fault[]): Lie["tell"] => {
    return (site) => void site.upstream.script("/files.test/amd64/one", "none", ...faults);
  };
  const file = { artifact: "files.test/amd64/one", attempts: 1, missing: [one] };
  const pulled = { artifact: "images.test/team/app:1", attempts: 1 };
  const lies: Record<string, Lie> = {
    "a Content-Length that is too large": {
      ...file,
      tell: gets({ fault: "length", says: 300_001 }),
      words: ["sends 300001 and not the 300000 bytes"],
    },
    "an endless body": { ...file, tell: gets({ fault: "endless" }), words: ["sends more and not the 300000 bytes"] },
    "an endless body with a length": {
      ...file,
      tell: gets({ fault: "endless", says: 1e12 }),
      words: ["sends 1000000000000 and not the 300000 bytes"],
    },
    "a file that is not there": { ...file, tell: gets({ fault: "status", status: 404 }), words: ["404 Not Found"] },
    "a redirect in a circle": {
      ...file,
      tell: gets({ fault: "redirect", to: "/files.test/amd64/one" }),
      words: ["redirects in a circle"],
    },
    "a redirect to another scheme": {
      ...file,
      tell: gets({ fault: "redirect", to: "file:///etc/passwd" }),
      words: ['another scheme, "file"'],
    },
    "other bytes than were published": {
      ...file,
      attempts: 2,
      contents: { ...contents, files: { ...contents.files, "amd64/one": { planned: one, served: two } } },
      tell: (site) => () => site.upstream.set("/files.test/amd64/one", one),
      // What is served, what was published and by whom, and how to let it in.
      words: [`it is ${sha(two)} and not ${sha(one)}`, "published by", `--accept-digest lab-one=${sha(two)}`],
    },
    "a layer with other bytes": {
      ...pulled,
      attempts: 2,
      tell: (site) => {
        const other = { bytes: bulk("other", layer.length) };
        site.registry.fault(new RegExp(`^GET .*/blobs/${sha(layer)}`), other, other);
        return undefined;
      },
      words: [`not ${sha(layer)}`],
      missing: [layer],
    },
    "a manifest without an end": {
      ...pulled,
      tell: (site) => void site.registry.fault(/^GET .*\/manifests\//, { endless: true }),
      words: ["bytes"],
      missing: [layer],
    },
  };

  test.each(Object.entries(lies))("%s", async (_, lie) => {
    await using site = await openSite(lie.contents ?? contents);
    const stop = lie.tell(site);
    const { code, err, out } = await site.kso("fetch");
    expect({ code, out, err }).toMatchObject({ code: 4, out: "" });
    const failures = failuresOf(site);
    expect(failures).toHaveLength(1);
    const [failure] = failures as [FetchFailure];
    expect(failure).toMatchObject({ artifact: lie.artifact, component: "lab", attempts: lie.attempts });
    expect(failure.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    for (const word of lie.words) expect(failure.cause).toContain(word);
    expect(err).toContain(`failed: ${lie.artifact}: ${failure.cause}`);
    const share = failure.kind === "file" ? "1 of 2 files" : "1 of 1 images";
    expect(err).toContain(`${share} could not be fetched (see failures.json)`);
    expect(err).not.toMatch(/\n\s+at /);
    expect(existsSync(join(site.folder, "kso.lock.json"))).toBeFalse();
    expect(auditStore(site.store).wrong).toEqual([]);
    for (const bytes of [one, two, layer]) expect(has(site, bytes)).toBe(!lie.missing.includes(bytes));

    // Nothing is sealed either, and what was there before stays.
    if (stop) expect((await site.kso("export", "--format", "tarball", "-o", "b.tar")).code).toBe(4);
    expect(existsSync(join(site.folder, "b.tar"))).toBeFalse();

    stop?.();
    const bodies = await site.bodies();
    const again = await site.kso("fetch");
    expect({ code: again.code, err: again.err }).toMatchObject({ code: 0 });
    const wanted = lie.artifact === pulled.artifact ? /\/blobs\// : /^\/files\.test\/amd64\/one$/;
    expect(bodies().filter((path) => !wanted.test(path))).toEqual([]);
    expect(bodies().length).toBeGreaterThanOrEqual(1);
    if (lie.words.includes(`not ${sha(layer)}`)) expect(bodies()).toHaveLength(1);
    expect(existsSync(join(site.folder, "failures.json"))).toBeFalse();
    expect(auditStore(site.store).wrong).toEqual([]);
  });
});
