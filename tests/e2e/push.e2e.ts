// Pushed with the compiled binary into what sites run: docker-registry, read back by skopeo and containerd for both architectures;
// nginx, which serves what was put there; moto, which speaks S3. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import { startContainerd } from "../support/containerd.ts";
import { must, requireTools, type Server, serveDav, serveRegistry } from "../support/containers.ts";
import { pull, topDigest } from "../support/layers.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { firstRelease, type Origin, pair, type Release, startOrigin } from "../support/origin.ts";
import { ksoIn, works } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const keys = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-site-1" };
const kso = ksoIn(at("home"), keys);
const release = firstRelease();
/** It has a third platform upstream, which the bundle lacks. */
const sparse = "registry.k8s.io/pause:3.10";
const { [sparse]: _, ...wholeImages } = release.images;
const stripped = (image: string): string => image.replace(/^[^/]*\//, "");
let origin: Origin;
let target: Server;
let nginx: Server;
let moto: Moto;

beforeAll(async () => {
  await requireTools({
    tar: "tar",
    skopeo: "skopeo",
    containerd: "containerd",
    ctr: "containerd",
    nginx: "nginx-light",
  });
  // nginx serves, and takes files, as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  target = await serveRegistry(at("target"));
  nginx = await serveDav(at("dav"), "PUT DELETE MKCOL MOVE");
  moto = await startMoto(at("moto"));
  await fetch(`${moto.url}/site`, { method: "PUT" });
  await seal("bundle", release);
  await seal("whole", { ...release, files: [], images: wholeImages });
}, 90_000);
afterAll(async () => {
  await Promise.all([origin, target, nginx, moto].map((server) => server?.stop()));
  folder[Symbol.dispose]();
});

/** NAME.tar. */
async function seal(name: string, what: Release, ...more: string[]): Promise<string> {
  const flags = await origin.publish(name, what);
  const written = ["-o", at(`${name}.tar`), "--lock", at(`${name}.json`)];
  await works(kso("export", "--format", "tarball", ...written, ...more, ...flags));
  return at(`${name}.tar`);
}

const to = (server: Server, prefix = ""): string => `127.0.0.1:${server.port}${prefix}`;
const pushes = (...args: string[]) => kso("push", ...args);
const lines = (text: string): string[] => text.trim().split("\n");

test("images: pushed, and skopeo gets from the registry what upstream has, for both architectures", async () => {
  const out = await works(pushes(at("whole.tar"), "--registry", to(target)));
  const images = Object.keys(wholeImages).toSorted();
  const digests = await Promise.all(images.map((name) => topDigest(`${to(origin.registry)}/${name}`)));
  expect(lines(out)).toEqual(images.map((name, index) => `${to(target)}/${stripped(name)}@${digests[index]}`));
  for (const name of images) {
    expect(await topDigest(`${to(target)}/${stripped(name)}`)).toBe(await topDigest(`${to(origin.registry)}/${name}`));
    for (const arch of ["amd64", "arm64"]) {
      const there = await pull(`${to(target)}/${stripped(name)}`, arch, at("pulled", arch, stripped(name), "there"));
      const upstream = await pull(
        `${to(origin.registry)}/${name}`,
        arch,
        at("pulled", arch, stripped(name), "upstream"),
      );
      expect(there).toEqual(upstream);
    }
  }
}, 60_000);

test("containerd pulls what was pushed, by original names through a mirror, for both architectures", async () => {
  const containerd = await startContainerd(at("containerd"));
  try {
    const hosts = at("hosts.d");
    for (const host of ["quay.io", "docker.io"]) {
      mkdirSync(join(hosts, host), { recursive: true });
      writeFileSync(
        join(hosts, host, "hosts.toml"),
        `server = "http://127.0.0.1:1"\n[host."http://${to(target)}"]\n  capabilities = ["pull", "resolve"]\n`,
      );
    }
    for (const name of Object.keys(wholeImages))
      for (const arch of ["amd64", "arm64"]) {
        await containerd.ctr(
          "images",
          "pull",
          "--hosts-dir",
          hosts,
          "--platform",
          `linux/${arch}`,
          "--snapshotter",
          "native",
          name,
        );
        const listed = await containerd.ctr("images", "ls", `name==${name}`);
        expect(listed).toContain(await topDigest(`${to(origin.registry)}/${name}`));
      }
  } finally {
    await containerd.stop();
  }
}, 60_000);

test("pushed again nothing travels; a new release brings only what is new", async () => {
  const before = (await target.requests()).length;
  const { code, stderr } = await pushes(at("whole.tar"), "--registry", to(target));
  expect([code, stderr]).toEqual([0, expect.stringContaining("images are there: nothing sent")]);
  const sent = (await target.requests()).slice(before).filter((line) => /^(PUT|PATCH)/.test(line));
  expect(sent).toEqual([]);
  const next = await seal("next", {
    ...release,
    files: [],
    images: { ...wholeImages, "quay.io/calico/new:v4": pair("new") },
  });
  const said = await works(pushes(next, "--registry", to(target), "--json"));
  const result = JSON.parse(lines(said).at(-1) ?? "");
  // A configuration and a layer for each architecture; the base is taken over from its neighbours.
  expect(result.images).toMatchObject({ failed: [], sent: { items: 4 }, mounted: 2 });
}, 60_000);

test("a registry with passwords is asked once without one; a wrong password is sent once, and netrc never in its stead", async () => {
  writeFileSync(at("htpasswd"), `ann:${await Bun.password.hash("right", { algorithm: "bcrypt", cost: 4 })}\n`);
  const closed = await serveRegistry(at("closed"), at("htpasswd"));
  try {
    const refused = async (): Promise<number> =>
      (await closed.requests()).filter((line) => / 401$/.test(line)).length - readiness;
    const readiness = (await closed.requests()).filter((line) => / 401$/.test(line)).length;
    writeFileSync(at("netrc"), "machine 127.0.0.1 login eve password wrong\ndefault login eve password wrong\n");
    const loggedIn = (password: string) => {
      const auth = Buffer.from(`ann:${password}`).toString("base64");
      writeFileSync(at("auth.json"), JSON.stringify({ auths: { [to(closed)]: { auth } } }));
      return ksoIn(at("home"), { ...keys, NETRC: at("netrc"), REGISTRY_AUTH_FILE: at("auth.json") });
    };
    const wrong = await loggedIn("s3cret")("push", at("whole.tar"), "--registry", to(closed));
    expect([wrong.code, wrong.stdout, await refused()]).toEqual([6, "", 2]);
    expect(wrong.stderr).toContain(at("auth.json"));
    expect(wrong.stderr).not.toContain("s3cret");
    await works(loggedIn("right")("push", at("whole.tar"), "--registry", to(closed)));
    expect(await refused()).toBe(3);
    const config = ["config", "containerd", at("whole.tar"), "--registry-host", `http://${to(closed)}`];
    await works(loggedIn("right")(...config, "--check", "-o", at("hosts")));
    expect(await refused()).toBe(4);
  } finally {
    await closed.stop();
  }
}, 60_000);

test("docker-registry takes no sparse index: that is found out with the smallest image, and trimmed ones arrive", async () => {
  const registry = ["--registry", to(target, "/trim")];
  const { code, stderr, stdout } = await pushes(at("bundle.tar"), ...registry, "--index", "keep");
  expect([code, stdout]).toEqual([6, ""]);
  expect(stderr).toContain("push with --index trim");
  expect(stderr).toContain("/trim/pause:3.10");
  const upstream = await topDigest(`${to(origin.registry)}/${sparse}`);
  const said = await pushes(at("bundle.tar"), ...registry);
  expect([said.code, said.stderr]).toEqual([
    0,
    expect.stringContaining(
      "note: 1 image gets an index of linux/amd64 and linux/arm64 alone, because the registry takes no index that names platforms which are not in it (400 Bad Request, MANIFEST_BLOB_UNKNOWN",
    ),
  ]);
  expect(said.stderr).not.toContain("trimmed:");
  // The next push knows it from the tag; a script reads it in JSON.
  const before = (await target.requests()).length;
  const [last] = lines(await works(pushes(at("bundle.tar"), ...registry, "--json"))).slice(-1);
  const { arrived } = JSON.parse(last ?? "").images;
  expect(arrived).toContainEqual(expect.objectContaining({ item: sparse, was: upstream, state: "there" }));
  expect((await target.requests()).slice(before).filter((line) => line.startsWith("PUT"))).toEqual([]);
  for (const arch of ["amd64", "arm64"]) {
    const there = await pull(`${to(target)}/trim/pause:3.10`, arch, at("pulled", arch, "trim"));
    expect(there).toEqual(await pull(`${to(origin.registry)}/${sparse}`, arch, at("pulled", arch, "sparse")));
  }
}, 60_000);

test("a delta on its base, volumes and an unpacked tree push the same", async () => {
  const next = { ...release, files: [], images: { ...wholeImages, "quay.io/calico/new:v4": pair("new") } };
  const delta = await seal("delta", next, "--base", at("whole.tar"));
  await seal("split", next, "--split", "2M");
  mkdirSync(at("tree"));
  await must("tar", ["xf", at("next.tar"), "-C", at("tree")]);
  for (const [prefix, ...paths] of [
    ["a", delta, at("whole.tar")],
    ["b", at("split.tar.001")],
    ["c", at("tree")],
  ] as const) {
    const out = await works(pushes(...paths, "--registry", to(target, `/${prefix}`), "--map", "keep-host"));
    expect(lines(out).length).toBe(3);
    const name = `${to(target)}/${prefix}/quay.io/calico/new:v4`;
    expect(await topDigest(name)).toBe(await topDigest(`${to(origin.registry)}/quay.io/calico/new:v4`));
    await pull(name, "arm64", at("pulled", prefix));
  }
}, 90_000);

test("files: put to nginx, which serves them", async () => {
  const url = `http://${to(nginx)}/k8s`;
  const out = await works(pushes(at("bundle.tar"), "--files-to", url));
  expect(lines(out).toSorted()).toEqual([...new Set(release.files.map(({ path }) => `${url}/${path}`))].toSorted());
  for (const { path, bytes } of release.files) {
    const answer = new Uint8Array(await (await fetch(`${url}/${path}`)).arrayBuffer());
    expect([path, sha(answer)]).toEqual([path, sha(bytes)]);
  }
  await must("sh", ["-c", `cd ${at("dav/root/k8s")} && sha256sum --quiet -c SHA256SUMS`]);
  // Each arrived beside and was moved.
  const requests = await nginx.requests();
  expect(requests.filter((line) => /^PUT .*\/kubelet 201/.test(line))).toEqual([]);
  expect((await must("find", [at("dav/root"), "-name", "*.kso-*"])).trim()).toBe("");

  const before = requests.length;
  const again = await pushes(at("bundle.tar"), "--files-to", url);
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("files are there: nothing sent")]);
  expect((await nginx.requests()).slice(before).filter((line) => line.startsWith("PUT"))).toEqual([]);
  // One that was cut, and one that is gone.
  const [first, second] = release.files;
  writeFileSync(at("dav/root/k8s", first?.path ?? ""), "half");
  rmSync(at("dav/root/k8s", second?.path ?? ""));
  const mended = await works(pushes(at("bundle.tar"), "--files-to", url, "--json"));
  expect(JSON.parse(lines(mended).at(-1) ?? "").files).toMatchObject({ failed: [], sent: { items: 2 } });
  await must("sh", ["-c", `cd ${at("dav/root/k8s")} && sha256sum --quiet -c SHA256SUMS`]);
}, 60_000);

test("files: a server that takes PUT and nothing else", async () => {
  const plain = await serveDav(at("plain"), "PUT");
  try {
    await works(pushes(at("bundle.tar"), "--files-to", `http://${to(plain)}`));
    await must("sh", ["-c", `cd ${at("plain/root")} && sha256sum --quiet -c SHA256SUMS`]);
  } finally {
    await plain.stop();
  }
}, 60_000);

test("files: a server that takes nothing", async () => {
  const { code, stderr } = await pushes(at("bundle.tar"), "--files-to", `http://${to(origin.files)}/new`);
  expect([code, stderr]).toEqual([6, expect.stringContaining("405 Method Not Allowed")]);
}, 60_000);

test("files: into a bucket, in one piece and in parts, and nothing travels twice", async () => {
  const big = {
    name: "big",
    arch: "amd64" as const,
    path: "example.org/big+1.bin",
    bytes: new Uint8Array(40 << 20).fill(7),
  };
  const bundle = await seal("big", {
    ...release,
    images: { "quay.io/calico/node:v3": pair("node") },
    files: [...release.files, big],
  });
  const flags = ["--files-to", "s3://site/k8s", "--s3-endpoint", moto.url];
  const reader = new AwsClient({ accessKeyId: "test", secretAccessKey: "test", service: "s3" });
  const out = await works(pushes(bundle, ...flags));
  expect(lines(out)).toContain("s3://site/k8s/example.org/big+1.bin");
  for (const { path, bytes } of [...release.files, big]) {
    const answer = await reader.fetch(`${moto.url}/site/k8s/${path.split("/").map(encodeURIComponent).join("/")}`);
    const body = new Uint8Array(await answer.arrayBuffer());
    expect([path, createHash("sha256").update(body).digest("hex")]).toEqual([path, sha(bytes).slice(7)]);
  }
  const again = await pushes(bundle, ...flags, "--json");
  expect(JSON.parse(lines(again.stdout).at(-1) ?? "").files).toMatchObject({
    failed: [],
    sent: { items: 0, bytes: 0 },
  });
  const wrong = await pushes(bundle, "--files-to", "s3://other/k8s", "--s3-endpoint", moto.url);
  expect([wrong.code, wrong.stderr]).toEqual([6, expect.stringContaining("NoSuchBucket")]);
}, 90_000);

test("images and files in one go, dry and then for real", async () => {
  const flags = ["--registry", to(target, "/go"), "--index", "trim", "--files-to", `http://${to(nginx)}/go`];
  const dry = await works(pushes(at("bundle.tar"), ...flags, "--dry-run"));
  expect(lines(dry).every((line) => line.startsWith("missing  "))).toBeTrue();
  expect(readFileSync(at("dav/access.log"), "utf8")).not.toMatch(/PUT \/go/);
  expect(lines(await works(pushes(at("bundle.tar"), ...flags))).length).toBe(lines(dry).length);
  const after = await works(pushes(at("bundle.tar"), ...flags, "--dry-run"));
  expect(lines(after).every((line) => line.startsWith("there    "))).toBeTrue();
}, 60_000);

test("what a registry refuses does not keep the files from arriving; it is said all the same", async () => {
  const flags = ["--registry", to(target, "/half"), "--index", "keep", "--files-to", `http://${to(nginx)}/half`];
  const { code, stdout, stderr } = await pushes(at("bundle.tar"), ...flags);
  expect([code, stderr]).toEqual([6, expect.stringContaining("push with --index trim")]);
  expect(lines(stdout).every((line) => line.startsWith(`http://${to(nginx)}/half/`))).toBeTrue();
  await must("sh", ["-c", `cd ${at("dav/root/half")} && sha256sum --quiet -c SHA256SUMS`]);
}, 60_000);

test("keys of a profile, as Amazon's own tools take them", async () => {
  const file =
    "[default]\naws_access_key_id = nobody\n\n[site]\naws_access_key_id = test\naws_secret_access_key = test\n";
  writeFileSync(at("credentials"), file);
  writeFileSync(at("config"), `[profile site]\nregion = eu-site-1\nendpoint_url = ${moto.url}\n`);
  const own = { AWS_SHARED_CREDENTIALS_FILE: at("credentials"), AWS_CONFIG_FILE: at("config") };
  const unset = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_REGION: "" };
  const push = (profile: string) =>
    ksoIn(at("home"), { ...unset, ...own, AWS_PROFILE: profile })(
      "push",
      at("bundle.tar"),
      "--files-to",
      "s3://site/profile",
    );
  expect(lines(await works(push("site"))).length).toBe(new Set(release.files.map(({ path }) => path)).size);
  const { code, stderr } = await push("default");
  expect([code, stderr]).toEqual([2, expect.stringContaining("There are no keys for s3://")]);
}, 60_000);

test.each<[string, string[], string]>([
  ["no bundle", ["push"], "Name a bundle"],
  ["no target", ["push", "x.tar"], "Name a target"],
  [
    "no such mapping",
    ["push", at("whole.tar"), "--registry", "h", "--map", "strip"],
    '--map is strip-host, keep-host, flatten, not "strip"',
  ],
  ["a mapping for files", ["push", "x.tar", "--files-to", "http://h", "--map", "flatten"], "--map has no meaning"],
  ["credentials in the address", ["push", "x.tar", "--registry", "ann:secret@h"], "docker login"],
  ["another scheme", ["push", "x.tar", "--registry", "oci://h/x"], "only http and https"],
  ["an ftp server", ["push", "x.tar", "--files-to", "ftp://h/x"], "neither an s3 nor an http address"],
  ["a bundle that is not there", ["push", "x.tar", "--registry", "h"], "there is no such file"],
])("%s is a matter of usage", async (_, args, words) => {
  const { code, stderr } = await kso(...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  expect(stderr).not.toContain("secret");
});

test("nobody there", async () => {
  const { code, stderr } = await pushes(at("whole.tar"), "--registry", "127.0.0.1:1");
  expect([code, stderr]).toEqual([6, expect.stringContaining("connection refused")]);
}, 60_000);
