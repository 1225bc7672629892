// The compiled binary against servers that lie: what they lie about fails by name and within the memory and the room that it
// may take, all else is finished and kept, and with honest servers the same command ends well.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { disk } from "../support/disk.ts";
import { image } from "../support/images.ts";
import { auditStore, bulk, openSite } from "../support/site.ts";

interface Failure {
  readonly artifact: string;
  readonly url: string;
  readonly cause: string;
  readonly attempts: number;
  readonly allow?: string;
}

const both = (name: string) =>
  image({
    platforms: {
      "linux/amd64": { layers: [bulk(`${name} amd64`, 300_000)] },
      "linux/arm64": { layers: [bulk(`${name} arm64`, 200_000)] },
    },
  });
const half = image({ platforms: { "linux/amd64": { layers: [bulk("half", 100_000)] } } });
const foreign = image({ platforms: { "linux/s390x": { layers: [bulk("foreign", 100_000)] } } });

const failuresIn = (folder: string): Failure[] => JSON.parse(readFileSync(join(folder, "failures.json"), "utf8"));

test("every liar fails by name, everything else is kept, and afterwards all of it is there", async () => {
  await using site = await openSite({
    files: {
      "amd64/huge": bulk("huge", 50_000),
      "amd64/endless": bulk("endless", 60_000),
      "arm64/chunked": bulk("chunked", 70_000),
      "arm64/portal": bulk("portal", 80_000),
      "amd64/good": bulk("good", 900_000),
    },
    images: { "team/good:1": both("good"), "team/liar:1": both("liar"), "team/circle:1": both("circle") },
  });
  using small = disk(site.folder, "small", 200);
  const store = join(small.path, "store");
  const path = (name: string): string => `/files.test/${name}`;
  site.upstream.script(path("amd64/huge"), { fault: "length", says: 9_007_199_254_740_000 });
  // Neither tells a length: the body would fill the disk.
  const refused = { fault: "status", status: 405 } as const;
  site.upstream.script(path("amd64/endless"), refused, { fault: "endless" });
  site.upstream.script(path("arm64/chunked"), refused, { fault: "endless", chunked: true });
  const page = { "content-type": "text/html" };
  const login = { fault: "status", status: 200, headers: page, body: "<html>Log in</html>" } as const;
  site.upstream.script(path("arm64/portal"), login, login, login);
  site.registry.fault(/^GET .*liar\/manifests/, { endless: true });
  const circle = { status: 307, headers: { location: "/v2/images.test/team/circle/manifests/1" } };
  site.registry.fault(/circle\/manifests/, circle);

  const { code, out, err, memory } = await site.kso("fetch", "--store", store);
  expect({ code, out }).toEqual({ code: 4, out: "" });
  const causes = Object.fromEntries(failuresIn(site.folder).map(({ artifact, cause }) => [artifact, cause]));
  expect(causes).toEqual({
    "files.test/amd64/endless": expect.stringMatching(/the server tells no length and sends more than \d+ bytes/),
    "files.test/amd64/huge": expect.stringContaining("the server says that it has 9007 TB, which cannot be"),
    "files.test/arm64/chunked": expect.stringMatching(/the server tells no length and sends more than \d+ bytes/),
    "files.test/arm64/portal": expect.stringContaining("the server answers with a web page"),
    "images.test/team/circle:1": expect.stringContaining("it redirects in a circle"),
    "images.test/team/liar:1": expect.stringMatching(/the answer is longer than \d+ bytes/),
  });
  for (const name of Object.keys(causes)) expect(err).toContain(`failed: ${name}: `);
  expect(err).not.toMatch(/\n\s+at |no response|verbose/);
  expect(memory).toBeLessThan(500_000_000);
  // The good file, and the five blobs and the index of the good image.
  expect(auditStore(store)).toEqual({ count: expect.any(Number), wrong: [] });
  expect(auditStore(store).count).toBeGreaterThanOrEqual(7);

  const bodies = await site.bodies();
  expect(await site.kso("fetch", "--store", store)).toMatchObject({ code: 0 });
  expect(bodies().filter((each) => each.includes("good"))).toEqual([]);
}, 120_000);

test("images without some or all architectures: a failure with the flag that helps; by name they are on record", async () => {
  await using site = await openSite({
    files: { "amd64/good": bulk("good", 900_000) },
    images: { "team/good:1": both("good"), "team/half:1": half, "team/none:1": foreign },
  });
  const { code, err } = await site.kso("fetch");
  expect(code).toBe(4);
  const [first, second] = ["images.test/team/half:1", "images.test/team/none:1"] as const;
  expect(failuresIn(site.folder).map(({ artifact, allow }) => [artifact, allow])).toEqual([
    [first, `--allow-missing ${first}`],
    [second, `--allow-missing ${second}`],
  ]);
  expect(err).toEndWith(
    `all others are in the store; to let through what no further try changes, on record, run the same command again with --allow-missing ${first} --allow-missing ${second}\n`,
  );
  // The old switch, and a name that nothing has.
  for (const [flags, words] of [
    [["--allow-missing", "--jobs", "2"], "--allow-missing wants a value: --allow-missing NAME"],
    [["--allow-missing", "images.test/team/hlaf:1"], `did you mean "${first}"?`],
  ] as const) {
    const ran = await site.kso("fetch", ...flags);
    expect([ran.code, ran.err.includes(words)]).toEqual([2, true]);
  }
  // Both as a list, and by the name of the item.
  const allowed = await site.kso(
    ...(["export", "--format", "tarball", "-o", "site.tar"] as const),
    ...["--allow-missing", `${first},lab-images.test-team-none`],
  );
  expect({ code: allowed.code, err: allowed.err }).toMatchObject({ code: 0 });
  expect(allowed.err).toContain(
    `note: ${second}: upstream has nothing for linux/amd64, linux/arm64; it goes without, on record\n`,
  );
  const lock = JSON.parse(readFileSync(join(site.folder, "kso.lock.json"), "utf8"));
  expect(lock.images.map(({ image: name }: { image: string }) => name)).toEqual(["images.test/team/good:1", first]);
  expect(lock.unavailable).toHaveLength(2);
  // On record: no flag is needed for what the lock names.
  expect(await site.kso("fetch")).toMatchObject({ code: 0 });
}, 120_000);
