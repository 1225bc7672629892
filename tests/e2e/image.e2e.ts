// `--format image` in other people's hands: both images are taken apart and run as they are, and every file and every image
// of both architectures is read back. Run by .ci/run after build.ts.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startContainerd } from "../support/containerd.ts";
import { must, requireTools, serveRegistry } from "../support/containers.ts";
import { topDigest } from "../support/layers.ts";
import { firstRelease, type Origin, pushImages, startOrigin } from "../support/origin.ts";
import { type Kso, ksoIn, works } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { type Container, runImage, serverBases, type Unpacked, unpackImage } from "../support/servers.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const release = firstRelease();
const paths = [...new Map(release.files.map((one) => [one.path, one.bytes]))];
const images = Object.keys(release.images);
const containers: Container[] = [];
let origin: Origin;
let flags: string[];

beforeAll(async () => {
  await requireTools({
    skopeo: "skopeo",
    nginx: "nginx-light",
    "docker-registry": "docker-registry",
    busybox: "busybox-static",
    unshare: "util-linux",
    nsenter: "util-linux",
    tar: "tar",
    curl: "curl",
    containerd: "containerd",
  });
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  flags = await origin.publish("first", release);
  const bases = await serverBases(at("bases"));
  const named = {
    "docker.io/library/nginx:1.28.2-alpine": bases.nginx,
    "docker.io/library/registry:2.8.3": bases.registry,
  };
  // One in OCI's types, one in Docker's.
  const docker = ["docker.io/library/registry:2.8.3"];
  await pushImages(`127.0.0.1:${origin.registry.port}`, at("layouts"), { files: [], images: named, docker });
}, 60_000);
afterAll(async () => {
  for (const container of containers) await container.stop();
  await origin?.stop();
  folder[Symbol.dispose]();
});

const exportImage = (program: Kso, name: string, ...more: string[]): ReturnType<Kso> =>
  program("export", "--format", "image", "-o", at(name), "--lock", at(`${name}.json`), ...flags, ...more);

test("writes two archives and nothing else, and pins the bases in the lock", async () => {
  expect(await works(exportImage(kso, "out"))).toBe(
    `${at("out/kubespray-files.tar")}\n${at("out/kubespray-images.tar")}\n`,
  );
  expect(readdirSync(at("out")).sort()).toEqual(["kubespray-files.tar", "kubespray-images.tar"]);
}, 60_000);

describe("each archive", () => {
  const archive = (name: string): string => at(`out/kubespray-${name}.tar`);
  const raw = async (name: string, tag: string): Promise<Record<string, unknown> & { text: string }> => {
    const text = await must("skopeo", ["inspect", "--raw", `oci-archive:${archive(name)}:kubespray-${name}:${tag}`]);
    return { ...JSON.parse(text), text };
  };
  interface Entry {
    readonly digest: string;
    readonly platform: unknown;
  }

  test.each(["files", "images"])("%s: an index of both platforms, and a tag for each of them", async (name) => {
    const index = await raw(name, "2.31.0");
    expect(index["mediaType"]).toBe("application/vnd.oci.image.index.v1+json");
    const entries = index["manifests"] as Entry[];
    expect(entries.map(({ platform }) => platform)).toEqual([
      { architecture: "amd64", os: "linux" },
      { architecture: "arm64", os: "linux", variant: "v8" },
    ]);
    for (const [at, arch] of ["amd64", "arm64"].entries())
      expect(sha(Buffer.from((await raw(name, `2.31.0-${arch}`)).text))).toBe(entries[at]?.digest as "sha256:");
    expect(JSON.parse(await must("tar", ["-xOf", archive(name), "index.json"])).manifests).toHaveLength(3);
  });

  test.each(["files", "images"])("%s: one layer more than the base, one blob for both platforms", async (name) => {
    const [amd64, arm64] = (await Promise.all(
      ["amd64", "arm64"].map((arch) => raw(name, `2.31.0-${arch}`)),
    )) as unknown as [
      { layers: { digest: string; mediaType: string }[] },
      { layers: { digest: string; mediaType: string }[] },
    ];
    expect([amd64.layers.length, arm64.layers.length]).toEqual([2, 2]);
    expect(amd64.layers[1]).toEqual(arm64.layers[1] as object as never);
    expect(amd64.layers[0]?.digest).not.toBe(arm64.layers[0]?.digest as string);
    expect(amd64.layers.map(({ mediaType }) => mediaType)).toEqual([
      "application/vnd.oci.image.layer.v1.tar+gzip",
      "application/vnd.oci.image.layer.v1.tar",
    ]);
    const listed = (await must("tar", ["tf", archive(name)])).trim().split("\n");
    expect(new Set(listed).size).toBe(listed.length);
  });

  test.each(["files", "images"])("%s is a bundle of kso's own: verified, inspected", async (name) => {
    const report = JSON.parse(await works(kso("verify", archive(name), "--json")));
    expect(report).toMatchObject({ ok: true, problems: [], counts: { files: 0, images: 3 } });
    const inside = JSON.parse(await works(kso("inspect", archive(name), "--json")));
    expect(inside.images.map((one: { image: string }) => one.image).sort()).toEqual(
      ["", "-amd64", "-arm64"].map((end) => `localhost/kubespray-${name}:2.31.0${end}`),
    );
  });

  test("skopeo copies all of it into a registry, and the digests stay", async () => {
    for (const name of ["files", "images"]) {
      const to = `127.0.0.1:${origin.registry.port}/site/kubespray-${name}:2.31.0`;
      const from = `oci-archive:${archive(name)}:kubespray-${name}:2.31.0`;
      await must("skopeo", [
        "copy",
        "--quiet",
        "--all",
        "--preserve-digests",
        "--dest-tls-verify=false",
        from,
        `docker://${to}`,
      ]);
      expect(await topDigest(to)).toBe(sha(Buffer.from((await raw(name, "2.31.0")).text)));
    }
  }, 60_000);

  test("containerd imports it under names that are looked up nowhere else", async () => {
    const containerd = await startContainerd(at("containerd"));
    try {
      for (const name of ["files", "images"]) {
        await containerd.ctr("images", "import", "--platform", "linux/amd64", "--snapshotter", "native", archive(name));
        const listed = (await containerd.ctr("images", "ls", "-q")).trim().split("\n");
        for (const end of ["", "-amd64", "-arm64"])
          expect(listed).toContain(`localhost/kubespray-${name}:2.31.0${end}`);
      }
    } finally {
      await containerd.stop();
    }
  }, 60_000);

  test("what docker load reads leads to the same images", async () => {
    for (const name of ["files", "images"]) {
      for (const arch of ["amd64", "arm64"]) {
        const from = `docker-archive:${archive(name)}:kubespray-${name}:2.31.0-${arch}`;
        const said = JSON.parse(await must("skopeo", ["inspect", "--config", from]));
        expect(said).toEqual((await unpacked(name, arch)).config as never);
      }
    }
  }, 60_000);
});

const opened = new Map<string, Promise<Unpacked>>();
function unpacked(name: string, arch: string): Promise<Unpacked> {
  const key = `${name}-${arch}`;
  const from = `oci-archive:${at(`out/kubespray-${name}.tar`)}:kubespray-${name}:2.31.0`;
  const made = opened.get(key) ?? unpackImage(from, arch, at("unpacked", key));
  opened.set(key, made);
  return made;
}

describe("the images run as they are", () => {
  test("what the base's configuration says is kept where it still holds, and nowhere else", async () => {
    for (const [name, port, entrypoint] of [
      ["files", 8080, ["/bin/sh", "/kso/serve-files.sh"]],
      ["images", 5000, ["registry", "serve", "/kso/registry.yml"]],
    ] as const)
      for (const arch of ["amd64", "arm64"]) {
        const { config, layers } = await unpacked(name, arch);
        expect(config).toMatchObject({ architecture: arch, os: "linux" });
        expect(config.config).toMatchObject({
          Entrypoint: entrypoint,
          ExposedPorts: { [`${port}/tcp`]: {} },
          Env: ["PATH=/bin", "KEPT=yes"],
          Labels: { maintainer: "base", "org.opencontainers.image.version": "2.31.0" },
        });
        for (const gone of ["Cmd", "Volumes"]) expect(config.config).not.toHaveProperty(gone);
        expect(config).not.toHaveProperty("docker_version");
        expect(config.history.map(({ created_by }) => created_by)).toEqual([
          ...["ADD root", "CMD", "kso export --format image"],
        ]);
        // An uncompressed layer is its own content.
        expect(config.rootfs.diff_ids.at(-1)).toBe(layers.at(-1));
      }
  }, 60_000);

  test("nginx serves every file of both architectures, below /k8s and without it", async () => {
    const container = await runImage(await unpacked("files", "amd64"), "http://127.0.0.1:8080/health");
    containers.push(container);
    const get = (path: string, ...more: string[]) =>
      container.inside("curl", "-sf", ...more, `http://127.0.0.1:8080${path}`);
    expect((await get("/health")).stdout).toBe("ok\n");
    for (const [index, [path, bytes]] of paths.entries())
      for (const prefix of ["", "/k8s"]) {
        // The + of a name is one in the URL as well as encoded.
        for (const spelling of [path, path.replaceAll("+", "%2B")]) {
          const to = at(`got-${index}`);
          expect([spelling, (await get(`${prefix}/${spelling}`, "-o", to)).code]).toEqual([spelling, 0]);
          expect([spelling, sha(readFileSync(to))]).toEqual([spelling, sha(bytes)]);
          rmSync(to);
        }
      }
    const [path, bytes] = paths[0] as [string, Uint8Array];
    await get(`/k8s/${path}`, "-r", "100-299", "-o", at("range"));
    expect(readFileSync(at("range")).equals(bytes.slice(100, 300))).toBeTrue();
    expect((await get("/k8s/dl.k8s.io/absent")).code).toBe(22);
    expect((await get("/k8s/")).stdout).toContain('href="dl.k8s.io/"');
  }, 60_000);

  test("docker-registry serves every image of both architectures under each of its names", async () => {
    const container = await runImage(await unpacked("images", "amd64"), "http://127.0.0.1:5000/v2/");
    containers.push(container);
    const skopeo = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await container.inside("skopeo", ...args);
      if (code !== 0) throw new Error(`skopeo ${args.join(" ")}: ${stderr}`);
      return stdout;
    };
    for (const image of images) {
      const digest = await topDigest(`127.0.0.1:${origin.registry.port}/${image}`);
      const stripped = image.replace(/^[^/]+\//, "");
      for (const name of [image, stripped, `k8s/${image}`, `k8s/${stripped}`]) {
        const top = await skopeo("inspect", "--tls-verify=false", "--raw", `docker://127.0.0.1:5000/${name}`);
        expect([name, sha(Buffer.from(top))]).toEqual([name, digest]);
        for (const arch of ["amd64", "arm64"]) {
          const variant = image.includes("/pause:") && arch === "arm64" ? ["--override-variant=v8"] : [];
          const only = ["--override-os=linux", `--override-arch=${arch}`, ...variant];
          const to = at("pulled");
          // skopeo holds each blob to its digest.
          await skopeo(
            ...only,
            "copy",
            "--quiet",
            "--preserve-digests",
            "--src-tls-verify=false",
            `docker://127.0.0.1:5000/${name}`,
            `dir:${to}`,
          );
          const config = JSON.parse(readFileSync(join(to, "manifest.json"), "utf8")).config.digest.replace(
            "sha256:",
            "",
          );
          expect(JSON.parse(readFileSync(join(to, config), "utf8"))).toMatchObject({ architecture: arch });
          rmSync(to, { recursive: true });
        }
      }
    }
    // Nothing can be changed in it.
    const pushed = await container.inside(
      "curl",
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      "-X",
      "POST",
      "http://127.0.0.1:5000/v2/x/blobs/uploads/",
    );
    expect(pushed.stdout).toBe("405");
  }, 120_000);
});

test("the same bytes: one job and many, Bun and Deno, binary and source, cold and held to the lock", async () => {
  const sums = (name: string): string[] =>
    ["files", "images"].map((kind) => sha(readFileSync(at(name, `kubespray-${kind}.tar`))));
  const first = sums("out");
  const lock = readFileSync(at("out.json"), "utf8");
  expect(JSON.parse(lock).bases.map((one: { image: string }) => one.image)).toEqual([
    "docker.io/library/nginx:1.28.2-alpine",
    "docker.io/library/registry:2.8.3",
  ]);
  for (const [name, way, more] of [
    ["one", "binary", ["--jobs", "1"]],
    ["many", "binary", ["--jobs", "16"]],
    ["bun", "bun", []],
    ["deno", "deno", []],
  ] as const) {
    const program = ksoIn(at("same", name), {}, way);
    await works(exportImage(program, name, ...more));
    expect([name, ...sums(name)]).toEqual([name, ...first]);
    expect(readFileSync(at(`${name}.json`), "utf8")).toBe(lock);
    // A day later, with the lock: the day is in the lock and not in the clock.
    await works(exportImage(ksoIn(at("same", name), { SOURCE_DATE_EPOCH: "1790090000" }, way), name, ...more));
    expect([name, ...sums(name)]).toEqual([name, ...first]);
    rmSync(at(name), { recursive: true });
  }
}, 300_000);

test("kso push puts an archive into a registry, under the names that people use", async () => {
  const site = await serveRegistry(at("site"));
  try {
    const [files, pictures] = ["files", "images"].map((name) => at(`out/kubespray-${name}.tar`)) as [string, string];
    for (const archive of [files, pictures])
      await works(kso("push", archive, "--registry", `http://127.0.0.1:${site.port}`, "--map", "strip-host"));
    for (const name of ["files", "images"])
      for (const end of ["", "-amd64", "-arm64"]) {
        const tag = `kubespray-${name}:2.31.0${end}`;
        const raw = await must("skopeo", ["inspect", "--raw", `oci-archive:${at(`out/kubespray-${name}.tar`)}:${tag}`]);
        expect([tag, await topDigest(`127.0.0.1:${site.port}/${tag}`)]).toEqual([tag, sha(Buffer.from(raw))]);
      }
    for (const arch of ["amd64", "arm64"])
      await unpackImage(`docker://127.0.0.1:${site.port}/kubespray-files:2.31.0`, arch, at("from-site", arch), [
        "--src-tls-verify=false",
      ]);
  } finally {
    await site.stop();
  }
}, 120_000);
