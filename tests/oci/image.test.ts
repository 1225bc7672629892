// Reading an image of a registry: what is asked for, what is kept, and never twice.
import { afterEach, expect, test } from "bun:test";
import type { Descriptor } from "../../src/core/descriptor.ts";
import { type ReadImageOptions, type RemoteImage, readImage } from "../../src/oci/image.ts";
import { openRegistry } from "../../src/oci/registry.ts";
import { rejection, sample, testHttp } from "../support/http.ts";
import { artifact, image, indexOf, type Seeded } from "../support/images.ts";
import { type RegistryOptions, startRegistry, type TestRegistry } from "../support/registry.ts";
import { sha } from "../support/seed.ts";

const open: TestRegistry[] = [];
afterEach(async () => {
  for (const registry of open.splice(0)) {
    expect(registry.surprises).toEqual([]);
    await registry.close();
  }
});

async function start(options: RegistryOptions, ...seeded: Seeded[]): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  for (const each of seeded) registry.add("team/app", each, "1");
  open.push(registry);
  return registry;
}

const kept = new Map<string, Uint8Array>();
afterEach(() => kept.clear());
async function read(
  registry: TestRegistry,
  root: Descriptor,
  more: Partial<ReadImageOptions> = {},
): Promise<RemoteImage> {
  const opened = openRegistry({
    http: testHttp().http,
    credentials: { find: async () => undefined },
    base: registry.url,
    host: registry.host,
  });
  return await readImage({
    repository: opened.reader("team/app"),
    root,
    platforms: ["linux/amd64", "linux/arm64"],
    load: ({ digest }) => kept.get(digest),
    save: (blob, bytes) => {
      expect([sha(bytes), bytes.length]).toEqual([blob.digest, blob.size]);
      kept.set(blob.digest, bytes);
    },
    referrers: false,
    ...more,
  });
}

const seeded = image({
  attestations: true,
  platforms: {
    "linux/amd64": { layers: [sample(100, 1), sample(200, 2)] },
    "linux/arm64": { layers: [sample(100, 1), sample(300, 3)] },
    "linux/ppc64le": { layers: [sample(400, 4)] },
  },
});

test("documents are saved, layers are named and not requested, and the second time nothing is requested", async () => {
  const registry = await start({ auth: { kind: "token" } }, seeded);
  const content = await read(registry, seeded.root);
  expect(content).toMatchObject({ unavailable: [], mislabelled: {}, referrers: [] });
  // Index, two manifests with a configuration each, three layers, two attestations that share their configuration.
  expect(content.blobs).toHaveLength(1 + 4 + 3 + 2 + 1 + 2);
  const [amd64, arm64] = ["linux/amd64", "linux/arm64"].map((name) => seeded.platforms[name]);
  const documents = [
    seeded.root,
    amd64?.manifest,
    amd64?.config,
    arm64?.manifest,
    arm64?.config,
    ...seeded.attestations.slice(0, 2),
  ];
  expect(new Set(kept.keys())).toEqual(new Set(documents.map((blob) => blob?.digest as string)));
  expect(sha(kept.get(seeded.root.digest) as Uint8Array)).toBe(seeded.root.digest);
  const before = registry.log.length;
  expect(await read(registry, seeded.root)).toEqual(content);
  expect(registry.log).toHaveLength(before);
});

test("an index that names what the registry has not", async () => {
  const registry = await start({}, seeded);
  const gone = seeded.platforms["linux/arm64"]?.manifest as Descriptor;
  registry.remove("team/app", gone.digest);
  const cause = await rejection(read(registry, seeded.root));
  expect(cause).toMatchObject({ code: "fetch", status: 404 });
  expect(cause.message).toContain(gone.digest);
});

test("a manifest or configuration with other bytes is never kept", async () => {
  for (const pattern of [/manifests\/sha256:/, /blobs/]) {
    const registry = await start({}, seeded);
    registry.always(pattern, { bytes: sample(77, 7) });
    expect(await rejection(read(registry, seeded.root))).toMatchObject({ code: "fetch" });
    expect([...kept.values()].some((bytes) => bytes.length === 77)).toBeFalse();
  }
});

const signed = seeded.platforms["linux/amd64"]?.manifest as Descriptor;
const sbom = artifact({ sbom: 1 }, signed);
const signature = artifact({ signature: 1 }, sbom.root);
const stray = artifact({ stray: 1 }, seeded.platforms["linux/ppc64le"]?.manifest);
const byDigest = (a: Descriptor, b: Descriptor): number => (a.digest < b.digest ? -1 : 1);

test.each([true, false])("referrers of what is kept, and theirs (the API is there: %p)", async (api) => {
  const registry = await start({ referrers: api }, sbom, signature, stray, seeded);
  if (!api) {
    registry.add("team/app", indexOf(sbom.root, stray.root), signed.digest.replace(":", "-"));
    registry.add("team/app", indexOf(signature.root), sbom.root.digest.replace(":", "-"));
  }
  const { referrers, blobs } = await read(registry, seeded.root, { referrers: true });
  expect(referrers).toEqual([sbom.root, signature.root].sort(byDigest));
  const digests = blobs.map(({ digest }) => digest);
  for (const each of [sbom, signature])
    for (const blob of [...each.manifests.map(({ bytes }) => bytes), ...each.blobs])
      expect(digests).toContain(sha(blob));
  expect(digests).not.toContain(stray.root.digest);
  expect(new Set(digests).size).toBe(digests.length);
});

test("a fallback tag that names what is gone", async () => {
  const registry = await start({ referrers: false }, seeded);
  registry.add("team/app", indexOf(sbom.root), signed.digest.replace(":", "-"));
  expect(await read(registry, seeded.root, { referrers: true })).toMatchObject({ referrers: [] });
});

test("a registry that breaks while it lists referrers is a failure, not an image without signatures", async () => {
  const registry = await start({}, seeded);
  registry.always(/referrers/, { status: 500 });
  expect(await rejection(read(registry, seeded.root, { referrers: true }))).toMatchObject({
    code: "fetch",
    status: 500,
  });
});

test("a referrer that cannot be read now is a failure too", async () => {
  const registry = await start({}, sbom, seeded);
  registry.always(new RegExp(`manifests/${sbom.root.digest}`), { status: 500 });
  expect(await rejection(read(registry, seeded.root, { referrers: true }))).toMatchObject({ status: 500 });
});

test("a manifest under a descriptor that lies about its size is not kept", async () => {
  const lying = indexOf({ ...signed, size: 5, platform: { os: "linux", architecture: "amd64" } } as Descriptor);
  const registry = await start({}, seeded, lying);
  const cause = await rejection(read(registry, lying.root));
  expect(cause.message).toContain(`has ${signed.size} bytes and is said to have 5`);
  expect(kept.has(signed.digest)).toBeFalse();
});

test("an image without an index lacks the other platform", async () => {
  const single = image({ index: false, docker: true, platforms: { "linux/amd64": { layers: [sample(9, 9)] } } });
  const registry = await start({}, single);
  expect(await read(registry, single.root)).toMatchObject({ unavailable: ["linux/arm64"] });
});
