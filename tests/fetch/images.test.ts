// Registries that lie, hang or refuse: the image concerned fails by name, and all others are identified and fetched.
import { describe, expect, test } from "bun:test";
import { Meter } from "../../src/core/meter.ts";
import { type Bench, bench, digestOf, file, lockOf, multi, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";
import { image } from "../support/images.ts";
import type { Fault } from "../support/registry.ts";

const other = image({
  platforms: {
    "linux/amd64": { layers: [sample(4000, 1)] },
    "linux/arm64": { layers: [sample(4100, 2)] },
  },
});
const one = sample(700);
const plan = planOf(pulled("team/liar:1"), pulled("team/app:1"), file("one", digestOf(one)));

async function openLab(...[files, registry]: Partial<Parameters<typeof bench>>): Promise<Bench> {
  const lab = await bench({ one, ...files }, registry);
  lab.registry.add("team/liar", other, "1");
  lab.registry.add("team/app", multi, "1");
  return lab;
}

/** The liar alone failed, and all else is in the store. */
async function assertOthersFinished(lab: Bench, cause: RegExp): Promise<void> {
  const { lock, failures } = await lab.fetch(plan);
  expect(lock).toBeUndefined();
  expect(failures.map(({ artifact }) => artifact)).toEqual(["images.test/team/liar:1"]);
  expect(failures[0]?.cause).toMatch(cause);
  expect(failures[0]?.cause).not.toMatch(/\n|verbose|no response/);
  for (const blob of multi.blobs) expect(lab.store.sizeOf(digestOf(blob))).toBe(blob.length);
  expect(lab.store.sizeOf(digestOf(one))).toBe(700);
}

const type = "application/vnd.oci.image.index.v1+json";
const lies: readonly (readonly [string, RegExp, Fault, RegExp])[] = [
  [
    "says another size by HEAD than the manifest has",
    /^HEAD .*liar\/manifests\/1/,
    { answer: { "content-length": "5000" } },
    /has \d+ bytes and is said to have 5000/,
  ],
  [
    "calls a digest that is not the manifest's",
    /^HEAD .*liar\/manifests\/1/,
    { answer: { "docker-content-digest": digestOf(one) } },
    /404 Not Found|is expected/,
  ],
  [
    "sends another manifest than the digest's",
    /^GET .*liar\/manifests\/sha256/,
    { bytes: new TextEncoder().encode("{}") },
    /where sha256:\w+ is expected/,
  ],
  [
    "sends a web page for a manifest",
    /^(?:HEAD|GET) .*liar\/manifests/,
    { status: 200, headers: { "content-type": "text/html" }, body: "<html>Log in</html>" },
    /web page/,
  ],
  [
    "sends JSON that is no manifest",
    /^(?:HEAD|GET) .*liar\/manifests/,
    { status: 200, headers: { "content-type": "application/json" }, body: "[1]" },
    /it is not a JSON object/,
  ],
  [
    "calls the media type of a chart",
    /^(?:HEAD|GET) .*liar\/manifests/,
    { status: 200, headers: { "content-type": type }, body: "{}" },
    /schemaVersion|is not there/,
  ],
  [
    "redirects in a circle",
    /^(?:HEAD|GET) .*liar/,
    { status: 307, headers: { location: "/v2/team/liar/manifests/1" } },
    /redirects in a circle/,
  ],
  [
    "redirects to another scheme",
    /^(?:HEAD|GET) .*liar/,
    { status: 307, headers: { location: "ftp://h/" } },
    /another scheme/,
  ],
  [
    "limits requests for ever",
    /^(?:HEAD|GET) .*liar/,
    { status: 429, headers: { "retry-after": "200" } },
    /429 Too Many Requests; the server asks to come back/,
  ],
  [
    "wants a login that nobody has",
    /^(?:HEAD|GET) .*liar/,
    { status: 401, headers: { "www-authenticate": "Basic" } },
    /401 Unauthorized, without credentials/,
  ],
  [
    "sends a token address that is none",
    /^(?:HEAD|GET) .*liar/,
    { status: 401, headers: { "www-authenticate": 'Bearer realm="nonsense"' } },
    /log in/,
  ],
  ["sends a manifest without an end", /^GET .*liar\/manifests/, { endless: true }, /longer than \d+ bytes/],
  ["sends a layer without an end", /^GET .*liar\/blobs/, { endless: true }, /longer than|more and not the/],
  ["sends other layers", /^GET .*liar\/blobs/, { bytes: sample(4000, 77) }, /where \d+ are expected/],
];

describe("one registry", () => {
  test.each(lies)("%s: its image fails, all else is finished", async (_, pattern, fault, cause) => {
    await using lab = await openLab();
    lab.registry.always(pattern, fault);
    await assertOthersFinished(lab, cause);
  });

  test("says by HEAD that a manifest has 9 PB: what GET has counts", async () => {
    await using lab = await openLab();
    lab.registry.always(/^HEAD .*liar/, { answer: { "content-length": "9007199254740000" } });
    expect(lockOf(await lab.fetch(plan)).images.map(({ root }) => root)).toEqual([multi.root, other.root]);
  });

  test("whose token endpoint lies", async () => {
    for (const [body, cause] of [
      ["<html>", /answers with something that is not JSON/],
      ["{}", /answers without a token/],
      ['{"token":"a\\nb"}', /with a token that cannot be in a header/],
      ["x".repeat(3 << 20), /the answer is longer than 1048576 bytes/],
    ] as const) {
      await using lab = await openLab();
      lab.upstream.set("/token", new TextEncoder().encode(body));
      const challenge = `Bearer realm="${lab.upstream.url}/token",service="x"`;
      lab.registry.always(/liar/, { status: 401, headers: { "www-authenticate": challenge } });
      await assertOthersFinished(lab, cause);
    }
  });

  test("that is away longer than one request's tries is tried again when all else is done", async () => {
    await using lab = await openLab();
    lab.registry.fault(/^HEAD .*liar/, ...Array.from({ length: 5 }, () => ({ status: 503 })));
    expect(lockOf(await lab.fetch(plan)).images).toHaveLength(2);
  });

  test("that never answers gets all tries for one image only", async () => {
    await using lab = await openLab();
    lab.registry.always(/^(?:HEAD|GET) .*\/away/, { status: 503 });
    const away = Array.from({ length: 20 }, (_, at) => pulled(`team/away${at}:1`));
    const { failures } = await lab.fetch(planOf(...away, ...plan.artifacts), { jobs: 1 });
    expect(failures).toHaveLength(20);
    const requests = lab.registry.log.filter((line) => line.includes("/away"));
    // Five for the first and one for each other; the same at the end, because the host has answered for other images since.
    expect(requests.length).toBeLessThanOrEqual(2 * (5 + 19));
    expect(lab.store.sizeOf(digestOf(one))).toBe(700);
  });
});

test("what is asked before the first byte is told, with counts", async () => {
  await using lab = await openLab();
  const steps: string[] = [];
  const meter = new Meter((event) => void (event.event === "step" && steps.push(event.step)));
  await lab.fetch(plan, { progress: meter });
  expect(steps).toEqual([
    "asking 1 registry for 2 images",
    "reading the manifests of 2 images",
    "asking for the sizes of 1 file",
  ]);
});
