// A bundle of an earlier kso that holds the index of an image and nothing of what it names: the compiled binary says so wherever the
// image would be taken for one. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { sampleLock } from "../support/bundle.ts";
import { requireTools, type Server, serveRegistry } from "../support/containers.ts";
import { ksoIn } from "../support/program.ts";
import { sealed } from "../support/sealed.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const kso = ksoIn(join(folder.path, "home"));
const half = "registry.k8s.io/pause:3.10";
const whole = "docker.io/library/nginx:1.28.2-alpine";
let bundle: string;
let registry: Server;

beforeAll(async () => {
  await requireTools({ "docker-registry": "docker-registry" });
  registry = await serveRegistry(join(folder.path, "registry"));
  const sample = sampleLock(join(folder.path, "blobs"), { files: [] });
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const platform = { os: "linux", architecture: "s390x" };
  const absent = {
    mediaType: mediaType.replace("index", "manifest"),
    digest: sha(noise("s390x", 500)),
    size: 500,
    platform,
  };
  const root = sample.put(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [absent] })), mediaType);
  const images = sample.lock.images.flatMap(({ referrers: _, ...image }) => {
    if (image.image === half) return [{ ...image, root, blobs: [root], unavailable: image.platforms }];
    const blobs = image.blobs.filter(({ mediaType: type }) => !type.includes("cosign") && !type.includes("empty"));
    const referrer = blobs.at(-1)?.digest;
    return image.image === whole ? [{ ...image, blobs: blobs.filter(({ digest }) => digest !== referrer) }] : [];
  });
  ({ path: bundle } = await sealed(folder.path, "half.tar", {
    sample: { ...sample, lock: { ...sample.lock, images } },
  }));
}, 60_000);
afterAll(async () => {
  await registry?.stop();
  folder[Symbol.dispose]();
});

test("kso verify calls it incomplete", async () => {
  const { code, stdout } = await kso("verify", bundle, "--json");
  expect(code).toBe(5);
  const incomplete = {
    what: "incomplete",
    item: half,
    message: expect.stringContaining("no image for any of its platforms"),
  };
  expect(JSON.parse(stdout).problems).toEqual([incomplete]);
});

test.each(["auto", "keep", "trim"])("kso push --index %s sends all others, and fails it by name", async (mode) => {
  const { code, stdout, stderr } = await kso(
    "push",
    bundle,
    "--registry",
    `127.0.0.1:${registry.port}/${mode}`,
    "--index",
    mode,
  );
  expect(code).toBe(6);
  expect(stdout).toContain(`/${mode}/library/nginx:1.28.2-alpine@sha256:`);
  expect(stderr).toContain(`failed: ${half}`);
  const tag = await fetch(`http://127.0.0.1:${registry.port}/v2/${mode}/pause/manifests/3.10`);
  expect(tag.status).toBe(404);
});

test("kso config --check misses it on each platform, and nothing else", async () => {
  const site = ["--registry-host", `http://127.0.0.1:${registry.port}/auto`];
  const { code, stdout } = await kso(
    "config",
    "containerd",
    bundle,
    ...site,
    "--check",
    "-o",
    join(folder.path, "hosts"),
    "--json",
  );
  expect(code).toBe(5);
  const missing: { item: string; platform: string }[] = JSON.parse(stdout).check.missing;
  expect([...new Set(missing.map(({ item, platform }) => `${item} ${platform}`))]).toEqual([
    `${half} linux/amd64`,
    `${half} linux/arm64`,
  ]);
});
