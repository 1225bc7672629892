// Pushed with the compiled binary into each registry that a site may run, read back by crane, regctl, oras and cosign, and fetched
// from there again by kso. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lock } from "../../src/core/lock.ts";
import { must } from "../support/containers.ts";
import { counterpart } from "../support/counterparts.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { type Kso, ksoIn, works } from "../support/program.ts";
import {
  noWayOut,
  oneArtifact,
  type SignedBundle,
  signedBundle,
  signedImage,
  sparseImage,
} from "../support/signed-bundle.ts";
import { type SiteRegistry, startSiteRegistry } from "../support/site-registry.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
let origin: Origin;
let bundle: SignedBundle;

beforeAll(async () => {
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  bundle = await signedBundle(folder.path, ksoIn(at("home")), origin);
}, 300_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

const lines = (text: string): string[] => text.trim().split("\n");
const imagesOf = (lock: string): Lock["images"] => (JSON.parse(readFileSync(lock, "utf8")) as Lock).images;

interface Clients {
  crane(...args: string[]): Promise<string>;
  regctl(...args: string[]): Promise<string>;
  oras(...args: string[]): Promise<string>;
}

function clientsOf({ env, host, url }: SiteRegistry): Clients {
  const [own, tls] = [{ HOME: at("client"), ...noWayOut, ...env }, url.startsWith("https:")];
  const regctl = ["--host", `reg=${host},tls=${tls ? "enabled" : "disabled"}`];
  return {
    crane: (...args) => must(counterpart("crane"), args, own),
    regctl: (...args) => must(counterpart("regctl"), [...regctl, ...args], own),
    oras: (...args) => must(counterpart("oras"), [...args, ...(tls ? [] : ["--plain-http"])], own),
  };
}

/** What was pushed below `prefix`, in the hands of each client; `lines` of HOST/NAME@DIGEST. */
async function assertRead(registry: SiteRegistry, pushed: readonly string[], whole: boolean): Promise<void> {
  const { crane, regctl, oras } = clientsOf(registry);
  for (const line of pushed) {
    const [name = "", digest = ""] = line.split("@");
    expect([name, lines(await crane("digest", name))]).toEqual([name, [digest]]);
    expect([name, lines(await regctl("image", "digest", name))]).toEqual([name, [digest]]);
    const sparse = whole && name.endsWith(sparseImage);
    if (/tool:|node:|pause:/.test(name))
      for (const platform of sparse ? ["linux/amd64", "linux/arm64/v8"] : [undefined])
        await crane("validate", ...(platform ? ["--platform", platform] : []), "--remote", name);
  }
  const of = (image: string): string => pushed.find((line) => line.includes(`/${image}@`))?.split("@")[0] ?? image;
  const found = JSON.parse(await oras("discover", "--format", "json", of(signedImage)));
  expect(found.referrers.map(({ digest }: { digest: string }) => digest).sort()).toEqual(referrers());
  expect(await bundle.cosign.verify(of(signedImage), registry.env)).toContain("critical");
  expect(await regctl("artifact", "get", of(oneArtifact))).toBe("a thing\n");
}

const referrers = (): string[] => {
  const image = imagesOf(at("lock.json")).find((one) => one.image.endsWith(signedImage));
  return (image?.referrers ?? []).map(({ digest }) => digest).sort();
};

/** Fetched again, from `url` this time, it is what it was. */
async function assertFetched(kso: Kso, name: string, url: string, more: readonly string[] = []): Promise<void> {
  const mirrors = ["docker.io", "quay.io", "registry.k8s.io"].flatMap((host) => ["--mirror", `${host}=${url}/${host}`]);
  const images = bundle.flags.filter((flag, index) => {
    const value = flag === "--mirror" ? bundle.flags[index + 1] : flag;
    return !/^(docker\.io|quay\.io|registry\.k8s\.io)=/.test(value ?? "");
  });
  const to = ["--store", at(name, "store"), "--lock", at(name, "lock.json")];
  await works(kso("fetch", ...to, ...images, ...mirrors, ...more));
  const known = ({ image, root, blobs, referrers }: Lock["images"][number]): object => ({
    image,
    root,
    blobs,
    referrers,
  });
  expect(imagesOf(at(name, "lock.json")).map(known)).toEqual(imagesOf(at("lock.json")).map(known));
}

test.each([
  { name: "docker-registry", program: "docker-registry" },
  { name: "distribution", program: "distribution" },
  { name: "distribution-sparse", program: "distribution", sparse: true },
  { name: "docker-registry-secure", program: "docker-registry", secure: true },
  { name: "distribution-secure", program: "distribution", secure: true, sparse: true },
  { name: "crane", program: "crane" },
] as const)(
  "$name",
  async ({ name, ...options }) => {
    const registry = await startSiteRegistry(at(name), options);
    const kso = ksoIn(at("home"), { ...registry.env });
    const push = (...more: string[]) => kso("push", bundle.path, ...more, ...registry.flags);
    try {
      const site = ["--registry", `${registry.url}/site`, "--map", "keep-host"];
      const kept = await push(...site, "--index", "keep");
      if ("sparse" in options) {
        expect(kept.code).toBe(0);
        await assertRead(registry, lines(kept.stdout), true);
        await assertFetched(kso, name, `${registry.url}/site`, registry.flags);
      } else expect([kept.code, kept.stderr]).toEqual([6, expect.stringContaining("push with --index trim")]);
      const auto = await works(push("--registry", `${registry.url}/auto`));
      await assertRead(registry, lines(auto), "sparse" in options);
      const trimmed = ["--registry", `${registry.url}/trim`, "--index", "trim"];
      await assertRead(registry, lines(await works(push(...trimmed))), false);
      const again = await push(...trimmed);
      expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("images are there: nothing sent")]);
    } finally {
      await registry.server.stop();
    }
  },
  300_000,
);

test("fetched through distribution 3 that is a cache of upstream's registry", async () => {
  const upstream = `http://127.0.0.1:${origin.registry.port}`;
  const cache = await startSiteRegistry(at("cache"), { program: "distribution", cacheOf: upstream });
  try {
    await assertFetched(ksoIn(at("home")), "cache", cache.url);
  } finally {
    await cache.server.stop();
  }
}, 300_000);
