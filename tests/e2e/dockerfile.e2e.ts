// The dockerfile format against the real thing: buildah builds both images for both platforms from a local upstream,
// nginx and docker-registry serve what is in them, and every byte is read back. Run it by its path.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appendFile, chmod, mkdtemp, outputFile, outputJson, readFile, remove } from "fs-extra";
import type { Artifact, Plan } from "../../src/core/plan.ts";
import { dockerfileExporter } from "../../src/export/dockerfile.ts";
import { type Bases, pushBases } from "../support/bases.ts";
import * as tools from "../support/containers.ts";
import { addedLayers, entries, pull, topDigest, unpack } from "../support/layers.ts";
import * as seed from "../support/seed.ts";

const both = ["linux/amd64", "linux/arm64"];
setDefaultTimeout(120_000);
const servers: tools.Server[] = [];
let dir: string;
let buildah: tools.Buildah;
let files: tools.Server;
let registry: tools.Server;
let bases: Bases;
let seededFiles: seed.SeededFile[];
let seededImages: seed.SeededImage[];

const chartPath = "charts.example/a%2Bb/web-1.2.3.tgz";
const host = (): string => `127.0.0.1:${registry.port}`;
const upstream = (): string => `http://127.0.0.1:${files.port}`;

beforeAll(async () => {
  await tools.requireTools({
    buildah: "buildah",
    skopeo: "skopeo",
    nginx: "nginx-light",
    "docker-registry": "docker-registry",
    busybox: "busybox-static",
    curl: "curl",
    tar: "tar",
    ldd: "libc-bin",
  });
  if (process.arch !== "x64") throw new Error("This test needs an amd64 machine: its arm64 base images hold a stub");
  dir = await mkdtemp(join(tmpdir(), "kso-dockerfile-"));
  await chmod(dir, 0o755); // nginx's workers are another user
  buildah = await tools.createBuildah(join(dir, "buildah"));
  files = await tools.serveDirectory(join(dir, "files"), join(dir, "upstream"));
  servers.push(files);
  registry = await tools.serveRegistry(join(dir, "registry"));
  servers.push(registry);
  bases = await pushBases(buildah, join(dir, "bases"), host());
  const chart = await seed.seedFile(join(dir, "upstream"), upstream(), chartPath, both, "sha256");
  seededFiles = [
    { ...chart, artifact: { ...chart.artifact, name: "web_chart", version: "1.2.3" } },
    ...(await seed.seedFiles(join(dir, "upstream"), upstream(), both)),
  ];
  seededImages = await seed.seedImages(host(), both);
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await buildah?.close();
  if (dir) await remove(dir);
});

const artifactsOf = (seeded: readonly { readonly artifact: Artifact }[]): Artifact[] =>
  seeded.map(({ artifact }) => artifact);

async function writeContext(name: string, artifacts: readonly Artifact[]): Promise<string> {
  const plan: Plan = {
    schema: "kso.plan/1",
    release: { name: "kubespray-2.31.0", version: "2.31.0", commit: "0" },
    kubernetes: "1.35.4",
    platforms: both,
    artifacts,
    unavailable: [],
    unresolved: [],
    components: [],
    notes: [],
  };
  const context = join(dir, name);
  for (const { path, content, executable } of dockerfileExporter.render(plan)) {
    await outputFile(join(context, path), content);
    if (executable) await chmod(join(context, path), 0o755);
  }
  return context;
}

type Arguments = Readonly<Record<string, string>>;

function build(
  kind: string,
  context: string,
  platforms: readonly string[],
  args: Arguments,
  ...more: string[]
): Promise<tools.Outcome> {
  return buildah.run(
    ...["bud", "--isolation", "chroot", "--tls-verify=false", "--platform", platforms.join(",")],
    ...["--manifest", `kubespray-${kind}:2.31.0`, "-f", join(context, `Dockerfile.${kind}`)],
    ...Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ...[...more, context],
  );
}

const forImages = (): Arguments => ({
  REGISTRY_IMAGE: bases.server,
  FETCH_IMAGE: bases.fetch,
  SKOPEO_FLAGS: "--tls-verify=false",
});

/** Unpacks the layer that both platforms share, after a look at what it writes down. */
async function content(kind: string): Promise<string> {
  const layers = await addedLayers(buildah, `kubespray-${kind}:2.31.0`, join(dir, `layout-${kind}`));
  const { amd64, arm64 } = layers;
  if (!amd64 || !arm64) throw new Error(`not both platforms: ${Object.keys(layers)}`);
  expect([arm64.digest, arm64.diffId]).toEqual([amd64.digest, amd64.diffId]);
  for (const entry of await entries(amd64.blob)) {
    expect(entry).toMatch(/^(drwxr-xr-x|-rw-r--r--) 0\/0 +\d+ 1970-01-01 00:00 kso\//);
  }
  return unpack(amd64.blob, join(dir, `unpacked-${kind}`));
}

describe("the files image", () => {
  let served: tools.Server;

  test("is built for both platforms, with every file downloaded once", async () => {
    const context = await writeContext("context", artifactsOf([...seededFiles, ...seededImages]));
    const built = await build("files", context, both, { NGINX_IMAGE: bases.server, JOBS: "3" });
    expect(built).toMatchObject({ code: 0 });
    expect(built.stderr).toContain(`warning: ${seededFiles.at(-1)?.artifact.url} has no published digest`);
    const asked = await files.requests();
    for (const { artifact } of seededFiles) {
      const times = asked.filter((line) => line === `GET ${new URL(artifact.url).pathname} 200`).length;
      // What cannot be checked is not taken from the cache: it comes once for each platform.
      expect({ url: artifact.url, times }).toEqual({ url: artifact.url, times: artifact.digest ? 1 : 2 });
    }
  });

  test("holds one and the same layer on both platforms, which nginx serves", async () => {
    const root = await content("files");
    const ipv6 = (await readFile("/proc/net/if_inet6", "utf8").catch(() => "")).startsWith(
      "00000000000000000000000000000001",
    );
    const config = await readFile(join(root, `kso/nginx${ipv6 ? "" : "-ipv4"}.conf`), "utf8");
    expect(config.includes("[::]:8080")).toBe(ipv6);
    served = await tools.startNginx(join(dir, "served"), (port) =>
      config
        .replace("[::]:8080", `[::1]:${port}`)
        .replace(" 8080", ` 127.0.0.1:${port}`)
        .replaceAll("/kso/", `${root}/kso/`)
        .replaceAll("/tmp/nginx", `${dir}/served/nginx`),
    );
    servers.push(served);
    for (const { artifact, bytes } of seededFiles) {
      for (const prefix of ["", "/k8s"]) {
        const response = await fetch(`http://127.0.0.1:${served.port}${prefix}/${artifact.path}`);
        expect(response.status).toBe(200);
        expect(seed.sha(await response.bytes())).toBe(seed.sha(bytes));
      }
    }
    const index = await fetch(`http://127.0.0.1:${served.port}/k8s/${chartPath.replace(/[^/]*$/, "index.yaml")}`);
    expect(await index.text()).toContain('- "web-1.2.3.tgz"');
  });

  test("answers to health checks, ranges and browsers", async () => {
    const base = `http://127.0.0.1:${served.port}`;
    const { artifact, bytes } = seededFiles[0] as seed.SeededFile;
    expect(await (await fetch(`${base}/health`)).text()).toBe("ok\n");
    const range = await fetch(`${base}/k8s/${artifact.path}`, { headers: { range: "bytes=100-299" } });
    expect(range.status).toBe(206);
    expect(range.headers.get("content-range")).toBe(`bytes 100-299/${bytes.length}`);
    expect(Buffer.from(await range.bytes()).equals(bytes.subarray(100, 300))).toBe(true);
    expect((await fetch(`${base}/${artifact.path}`, { headers: { range: "bytes=999999-" } })).status).toBe(416);
    expect(await (await fetch(`${base}/k8s`)).text()).toContain('href="dl.k8s.io/"');
    expect((await fetch(`${base}/k8s/dl.k8s.io/absent`)).status).toBe(404);
  });
});

describe("the images image", () => {
  test("is built for both platforms, with every layer downloaded once", async () => {
    const before = (await registry.requests()).length;
    expect(await build("images", join(dir, "context"), both, forImages())).toMatchObject({ code: 0 });
    const asked = (await registry.requests()).slice(before).filter((line) => line.startsWith("GET"));
    const times = (blob: string): number => asked.filter((line) => line.includes(`/blobs/${blob}`)).length;
    const chosen = seededImages.flatMap((image) => both.map((name) => image.platforms[name.slice(6)]?.blobs ?? []));
    for (const [config, ...layers] of chosen.filter((blobs) => blobs.length > 0)) {
      for (const layer of layers) expect({ layer, times: times(layer) }).toEqual({ layer, times: 1 });
      expect(times(config as string)).toBeLessThanOrEqual(2); // skopeo reads that of Docker's format again
    }
    for (const blob of seededImages[0]?.platforms.s390x?.blobs ?? []) expect(times(blob)).toBe(0);
  });

  test("holds one and the same layer on both platforms, which docker-registry serves", async () => {
    const root = await content("images");
    const config = await readFile(join(root, "kso/registry.yml"), "utf8");
    const served = await tools.startRegistry(join(dir, "served-images"), (port) =>
      config.replace(":5000", `127.0.0.1:${port}`).replaceAll("/kso/", `${root}/kso/`),
    );
    servers.push(served);
    for (const image of seededImages) await readBack(`127.0.0.1:${served.port}`, image);
  });

  test("is built with credentials that stay outside", async () => {
    const auth = Buffer.from("robot:s3cr3t-passphrase").toString("base64");
    await outputFile(
      join(dir, "htpasswd"),
      `robot:${await Bun.password.hash("s3cr3t-passphrase", { algorithm: "bcrypt", cost: 4 })}\n`,
    );
    const closed = await tools.startRegistry(join(dir, "closed"), (port) =>
      [
        ...["version: 0.1", `storage: { filesystem: { rootdirectory: ${dir}/registry/storage } }`],
        ...[`http: { addr: "127.0.0.1:${port}" }`, `auth: { htpasswd: { realm: test, path: ${dir}/htpasswd } }`, ""],
      ].join("\n"),
    );
    servers.push(closed);
    const image = seed.imageArtifact(`127.0.0.1:${closed.port}`, "registry.k8s.io/pause:3.10", both);
    const context = await writeContext("closed-context", [image]);
    const refused = await build("images", context, ["linux/amd64"], forImages());
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(
      /error: +registry\.k8s\.io\/pause:3\.10: cannot be pulled .*(unauthorized|authentication)/,
    );
    await outputJson(join(dir, "auth.json"), { auths: { [`127.0.0.1:${closed.port}`]: { auth } } });
    const secret = ["--secret", `id=registry-auth,src=${dir}/auth.json`];
    const built = await build("images", context, ["linux/amd64"], forImages(), ...secret, "-t", "closed");
    expect(built).toMatchObject({ code: 0 });
    await buildah.must("push", "closed", `dir:${dir}/closed-image`);
    for (const blob of readdirSync(join(dir, "closed-image"))) {
      const text = await tools.must("sh", ["-c", 'zcat -f "$0" | cat', join(dir, "closed-image", blob)]);
      expect(text.includes(auth)).toBe(false);
    }
  });
});

/** Every name gives the index as it was pushed; every platform gives all bytes of the image below it. */
async function readBack(server: string, { artifact, digest, platforms }: seed.SeededImage): Promise<void> {
  const stripped = artifact.image.replace(/^[^/]+\//, "");
  for (const name of [artifact.image, stripped, `k8s/${artifact.image}`, `k8s/${stripped}`]) {
    expect([name, await topDigest(`${server}/${name}`)]).toEqual([name, digest]);
  }
  for (const name of [artifact.image, stripped]) {
    for (const arch of artifact.platforms.map((platform) => platform.slice(6))) {
      const pulled = await pull(`${server}/${name}`, arch, join(dir, "pulled", `${name}-${arch}`));
      const pushed = platforms[arch];
      expect<unknown>(pulled).toEqual({ manifest: pushed?.manifest, blobs: [...(pushed?.blobs ?? [])].sort() });
    }
  }
}

describe("a build fails and names", () => {
  test("every file that is missing or wrong, and a damaged cache does not hide in it", async () => {
    const [first, second, third] = seededFiles.map(({ artifact }) => artifact);
    if (!first?.digest || !second || !third) throw new Error("no files");
    const missing = seed.fileArtifact(upstream(), "dl.k8s.io/not/there", both, seed.sha(Buffer.from("not there")));
    const wrong = { ...second, digest: seed.sha(Buffer.from("something else")) };
    const context = await writeContext("broken-files", [missing, wrong, third]);
    for (const fetcher of [bases.server, bases.fetch]) {
      // wget, then curl
      const built = await build("files", context, ["linux/amd64"], {
        NGINX_IMAGE: bases.server,
        FETCH_IMAGE: fetcher,
      });
      expect(built.code).not.toBe(0);
      expect(built.stderr).toContain("error: 2 of 3 files could not be fetched");
      expect(built.stderr).toMatch(new RegExp(`error: +${missing.url}: .*404`));
      expect(built.stderr).toMatch(
        new RegExp(`error: +${wrong.url}: has sha256 \\w{64} where ${wrong.digest.slice(7)} is`),
      );
    }
    const cached = join(buildah.cache, "kso-files", first.digest.replace(":", "/"));
    await appendFile(cached, "damage");
    const again = await build("files", join(dir, "context"), ["linux/amd64"], { NGINX_IMAGE: bases.server });
    expect(again).toMatchObject({ code: 0 });
    expect(seed.sha(await readFile(cached))).toBe(first.digest);
  });

  test("every image that is missing or lacks a platform, unless that is allowed", async () => {
    const solo = { ...(seededImages[3] as seed.SeededImage).artifact, platforms: both };
    const recipe = {
      image: "quay.io/half/image:2",
      platforms: both,
      format: "oci",
      layers: { amd64: [seed.layer("half")] },
    } as const;
    const half = await seed.seedImage(host(), recipe);
    const missing = seed.imageArtifact(host(), "quay.io/not/there:1", both);
    const context = await writeContext("broken-images", [missing, solo, half.artifact]);
    const args = { ...forImages(), ALLOW_MISSING: "docker.io/library/solo" };
    const built = await build("images", context, ["linux/amd64"], args);
    expect(built.code).not.toBe(0);
    expect(built.stderr).toMatch(/error: +quay\.io\/not\/there:1: cannot be pulled from .*manifest unknown/);
    expect(built.stderr).toMatch(/error: +quay\.io\/half\/image:2: .* has no linux\/arm64/);
    expect(built.stderr).toContain("unavailable: docker.io/library/solo:1 has no linux/arm64");
    const allowed = await writeContext("allowed-images", [solo, half.artifact]);
    const second = await build("images", allowed, ["linux/amd64"], { ...forImages(), ALLOW_MISSING: "all" });
    expect(second).toMatchObject({ code: 0 });
  });

  test("a step on the target platform, so that the other builds prove to have none", async () => {
    await outputFile(join(dir, "proof/Dockerfile.files"), `FROM ${bases.server}\nRUN true\n`);
    expect((await build("files", join(dir, "proof"), ["linux/arm64"], {})).code).not.toBe(0);
  });
});
