// What `kso serve` answers, in the hands of the registry clients that Go programs are made of: crane, regctl, oras, cosign, helm; and
// of distribution 3 that stands in front of it. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import bcrypt from "bcryptjs";
import { must, run, type Server, serveRegistry } from "../support/containers.ts";
import { counterpart } from "../support/counterparts.ts";
import { rclone } from "../support/file-servers.ts";
import { topDigest } from "../support/layers.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { ksoIn } from "../support/program.ts";
import { type Service, startService } from "../support/service.ts";
import {
  noWayOut,
  oneArtifact,
  oneChart,
  type SignedBundle,
  signedBundle,
  signedImage,
  sparseImage,
} from "../support/signed-bundle.ts";
import { clientEnv, startSiteRegistry } from "../support/site-registry.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
let origin: Origin;
let elsewhere: Server;
let bundle: SignedBundle;
let service: Service;
/** Host and port: of what kso serves, and of a registry that takes copies. */
let [here, there]: [string, string] = ["", ""];

beforeAll(async () => {
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  elsewhere = await serveRegistry(at("elsewhere"));
  bundle = await signedBundle(folder.path, ksoIn(at("home")), origin);
  service = await startService(at("home"), [bundle.path]);
  [here, there] = [new URL(service.registry).host, `127.0.0.1:${elsewhere.port}`];
}, 300_000);
afterAll(async () => {
  await service?.stop();
  await Promise.all([origin?.stop(), elsewhere?.stop()]);
  folder[Symbol.dispose]();
});

const env = { HOME: at("client"), ...noWayOut };
const crane = (...args: string[]): Promise<string> => must(counterpart("crane"), args, env);
const regctl = (...args: string[]): Promise<string> => {
  const hosts = [here, there].flatMap((host) => ["--host", `reg=${host},tls=disabled`]);
  return must(counterpart("regctl"), [...hosts, ...args], env);
};
const oras = (...args: string[]): Promise<string> => must(counterpart("oras"), args, env);
const lines = (text: string): string[] => text.trim().split("\n");
const both = ["linux/amd64", "linux/arm64"] as const;
const images = ["calico/node:v3", signedImage];

test("crane: digests, tags, catalog, files out of an image, and every layer is what its configuration says", async () => {
  for (const name of images) {
    const digest = await topDigest(`${here}/${name}`);
    expect(lines(await crane("digest", `${here}/${name}`))).toEqual([digest]);
    await crane("validate", "--remote", `${here}/${name}`);
    await crane("copy", `${here}/${name}`, `${there}/crane/${name}`);
    expect(await topDigest(`${there}/crane/${name}`)).toBe(digest);
    for (const platform of both) {
      const config = JSON.parse(await crane("config", "--platform", platform, `${here}/${name}`));
      expect(`linux/${config.architecture}`).toBe(platform);
    }
  }
  expect(lines(await crane("ls", `${here}/pause`))).toEqual(["3.10"]);
  expect(lines(await crane("catalog", here))).toContain("registry.k8s.io/pause");
  await crane("export", "--platform", "linux/arm64", `${here}/${signedImage}`, at("arm64.tar"));
  expect(await must("tar", ["xOf", at("arm64.tar"), "etc/note"])).toBe("tool");
  mkdirSync(at("pulled"));
  await crane("pull", "--format", "oci", `${here}/${signedImage}`, at("pulled/layout"));
  const { manifests } = JSON.parse(readFileSync(at("pulled/layout/index.json"), "utf8"));
  expect(manifests[0].digest).toBe(await topDigest(`${here}/${signedImage}`));
}, 300_000);

test("regctl: manifests, tags, a file out of one platform, copies with what refers to the image", async () => {
  expect(lines(await regctl("tag", "ls", `${here}/library/tool`))).toEqual(["1.0"]);
  expect(lines(await regctl("repo", "ls", here))).toContain("docker.io/library/tool");
  const digest = await topDigest(`${here}/${signedImage}`);
  expect(lines(await regctl("image", "digest", `${here}/${signedImage}`))).toEqual([digest]);
  for (const platform of both) {
    expect(await regctl("image", "get-file", "-p", platform, `${here}/${signedImage}`, "etc/note")).toBe("tool");
    const manifest = JSON.parse(
      await regctl("manifest", "get", "--format", "raw-body", "-p", platform, `${here}/${signedImage}`),
    );
    expect(manifest.layers).toHaveLength(2);
  }
  const referrers = JSON.parse(await regctl("artifact", "list", "--format", "body", `${here}/${signedImage}`));
  expect(referrers.manifests).toHaveLength(2);
  await regctl("image", "copy", "--referrers", `${here}/${signedImage}`, `${there}/regctl/tool:1.0`);
  expect(await topDigest(`${there}/regctl/tool:1.0`)).toBe(digest);
  expect(await regctl("artifact", "get", `${here}/${oneArtifact}`)).toBe("a thing\n");
}, 300_000);

test("oras: artifacts are pulled, what refers to an image is found and copied with it", async () => {
  expect(lines(await oras("repo", "tags", "--plain-http", `${here}/library/tool`))).toEqual(["1.0"]);
  expect(lines(await oras("repo", "ls", "--plain-http", here))).toContain("docker.io/library/thing");
  await oras("pull", "--plain-http", "-o", at("thing"), `${here}/${oneArtifact}`);
  expect(readFileSync(at("thing/thing.txt"), "utf8")).toBe("a thing\n");
  const found = async (image: string): Promise<string[]> => {
    const said = JSON.parse(await oras("discover", "--plain-http", "--format", "json", image));
    return said.referrers.map(({ digest }: { digest: string }) => digest).sort();
  };
  const wanted = await found(`127.0.0.1:${origin.registry.port}/docker.io/${signedImage}`);
  expect(wanted).toHaveLength(2);
  expect(await found(`${here}/${signedImage}`)).toEqual(wanted);
  await oras("cp", "-r", "--from-plain-http", "--to-plain-http", `${here}/${signedImage}`, `${there}/oras/tool:1.0`);
  expect(await topDigest(`${there}/oras/tool:1.0`)).toBe(await topDigest(`${here}/${signedImage}`));
  expect(await found(`${there}/oras/tool:1.0`)).toEqual(wanted);
  const sbom = ["--plain-http", "--artifact-type", "application/spdx+json", "--format", "json"];
  const { referrers } = JSON.parse(await oras("discover", ...sbom, `${here}/${signedImage}`));
  await oras("pull", "--plain-http", "-o", at("sbom"), referrers[0].reference);
  expect(readFileSync(at("sbom/sbom.json"), "utf8")).toBe('{"packages": []}\n');
  await oras("backup", "--plain-http", "--include-referrers", "-o", at("backup.tar"), `${here}/${signedImage}`);
}, 300_000);

test("a sparse image: its platforms can be copied one by one; whole, each client names what is not there", async () => {
  const lacking =
    bundle.release.images[`registry.k8s.io/${sparseImage}`]?.platforms["linux/s390x"]?.manifest.digest ?? "";
  const hosts = [here, there].flatMap((host) => ["--host", `reg=${host},tls=disabled`]);
  const plain = ["--from-plain-http", "--to-plain-http"];
  for (const [name, args] of [
    ["crane", ["copy"]],
    ["regctl", [...hosts, "image", "copy"]],
    ["oras", ["cp", "-r", ...plain]],
  ] as const) {
    const whole = await run(counterpart(name), [...args, `${here}/${sparseImage}`, `${there}/${name}/whole:3.10`], env);
    expect([name, whole.code, whole.stderr.includes("not found") || whole.stderr.includes("MANIFEST_UNKNOWN")]).toEqual(
      [name, 1, true],
    );
  }
  for (const [platform, one] of Object.entries(
    bundle.release.images[`registry.k8s.io/${sparseImage}`]?.platforms ?? {},
  )) {
    if (one.manifest.digest === lacking) continue;
    const tag = platform.replaceAll("/", "-");
    const from = `${here}/${sparseImage}`;
    await crane("validate", "--platform", platform, "--remote", from);
    await crane("copy", "--platform", platform, from, `${there}/crane/pause:${tag}`);
    await regctl("image", "copy", "-p", platform, from, `${there}/regctl/pause:${tag}`);
    await oras("cp", ...plain, "--platform", platform, from, `${there}/oras/pause:${tag}`);
    for (const name of ["crane", "regctl", "oras"])
      expect([name, await topDigest(`${there}/${name}/pause:${tag}`)]).toEqual([name, one.manifest.digest]);
  }
}, 300_000);

test("cosign: a signature that travelled is verified against kso's registry alone; an image without one is refused", async () => {
  expect(await bundle.cosign.verify(`${here}/${signedImage}`)).toContain(await topDigest(`${here}/${signedImage}`));
  expect(await bundle.cosign.verify(`${here}/docker.io/${signedImage}`)).toContain("critical");
  const none = await bundle.cosign.verify(`${here}/calico/node:v3`).catch(String);
  expect(none).toContain("no valid bundles exist in registry");
  const tree = await must(counterpart("cosign"), ["tree", "--allow-http-registry", `${here}/${signedImage}`], env);
  expect(tree).toContain(`${here}/${signedImage}`);
}, 300_000);

test("helm: a chart out of the registry, and the same one out of the files", async () => {
  const helm = (...args: string[]): Promise<string> => must(counterpart("helm"), args, env);
  const wanted = bundle.release.files.find(({ name }) => name === "chart")?.bytes ?? new Uint8Array();
  const [name, version] = oneChart.split(":") as [string, string];
  const pulls: readonly (readonly [string, ...string[]])[] = [
    ["oci", "--plain-http", `oci://${here}/${name}`],
    ["oci-full", "--plain-http", `oci://${here}/docker.io/${name}`],
    ["http", "--repo", `${service.files}/k8s/helm.cilium.io`, "cilium"],
  ];
  for (const [to, ...args] of pulls) {
    mkdirSync(at(to));
    await helm("pull", ...args, "--version", version, "-d", at(to));
    expect(readFileSync(at(to, `cilium-${version}.tgz`)).equals(wanted)).toBeTrue();
  }
  await helm("repo", "add", "inside", `${service.files}/k8s/helm.cilium.io`);
  expect(await helm("search", "repo", "inside/cilium")).toContain(version);
}, 300_000);

test("distribution 3 in front of it, as a cache: what it gives is what kso gave, and it gives it again when kso is gone", async () => {
  const cached = await startService(at("home"), [bundle.path]);
  const cache = await startSiteRegistry(at("proxy"), { program: "distribution", cacheOf: cached.registry });
  try {
    const through = cache.host;
    for (const name of [...images, `docker.io/${signedImage}`]) {
      await crane("validate", "--remote", `${through}/${name}`);
      expect(await topDigest(`${through}/${name}`)).toBe(await topDigest(`${here}/${name}`));
    }
    const none = await run(counterpart("crane"), ["digest", `${through}/library/tool:2.0`], env);
    expect([none.code, none.stderr.includes("404") || none.stderr.includes("UNKNOWN")]).toEqual([1, true]);
    expect(await cached.stop()).toBe(0);
    const digest = await topDigest(`${here}/${signedImage}`);
    await crane("validate", "--remote", `${through}/library/tool@${digest}`);
  } finally {
    await cached.stop();
    await cache.server.stop();
  }
}, 300_000);

test("nothing gets in and nothing goes: each client is told that this registry is a sealed bundle", async () => {
  const hosts = ["--host", `reg=${here},tls=disabled`];
  for (const [name, ...args] of [
    ["crane", "delete", `${here}/${signedImage}`],
    ["crane", "tag", `${here}/${signedImage}`, "other"],
    ["regctl", ...hosts, "tag", "rm", `${here}/${signedImage}`],
    ["oras", "push", "--plain-http", `${here}/library/new:1`, at("thing/thing.txt"), "--disable-path-validation"],
  ] as const) {
    const { code, stderr } = await run(counterpart(name), args, env);
    expect([name, code, stderr.includes("sealed bundle")]).toEqual([name, 1, true]);
  }
}, 300_000);

test("rclone reads the listings, and every byte in several streams", async () => {
  mkdirSync(at("tree"));
  await must("tar", ["xf", bundle.path, "-C", at("tree")]);
  const served = `:http,url='${service.files}/k8s':`;
  await rclone("check", "--one-way", "--download", at("tree/files"), served);
  await rclone("copy", "--multi-thread-cutoff", "100k", "--multi-thread-streams", "4", served, at("copied"));
  await rclone("check", "--one-way", at("tree/files"), at("copied"));
}, 300_000);

test("behind TLS and a password: each client gets in with its login and the CA, and not without; so does a cache in front", async () => {
  mkdirSync(at("login"));
  writeFileSync(at("users"), `ann:${bcrypt.hashSync("right", 4)}\n`);
  const tls = ["--tls-self-signed", "127.0.0.1", "--tls-dir", at("tls"), "--htpasswd", at("users")];
  await using secure = await startService(at("home"), [bundle.path, ...tls]);
  const host = new URL(secure.registry).host;
  const login: Record<string, string> = { ...env, ...clientEnv(at("login"), host, at("tls/ca.pem")) };
  const image = `${host}/${signedImage}`;
  const calls = [
    ["crane", "validate", "--remote", image],
    ["regctl", "image", "get-file", "-p", "linux/arm64", image, "etc/note"],
    ["oras", "discover", image],
    ["helm", "pull", `oci://${host}/library/cilium`, "--version", "1.19.3", "-d", at("login")],
  ] as const;
  const { SSL_CERT_FILE, ...stranger } = login;
  const config = { ...env, ...(SSL_CERT_FILE && { SSL_CERT_FILE }) };
  for (const [name, ...args] of calls) {
    const said = async (own: Record<string, string>) => {
      const { code, stderr } = await run(counterpart(name), args, own);
      return [name, code, /unauthorized|401|credential not found/i.test(stderr), /certificate/.test(stderr)];
    };
    expect(await said(login)).toEqual([name, 0, false, false]);
    expect(await said(config)).toEqual([name, 1, true, false]);
    expect(await said(stranger)).toEqual([name, 1, false, true]);
  }
  expect(await bundle.cosign.verify(image, login)).toContain("critical");
  const chart = ["--username", "ann", "--password", "right", "--ca-file", at("tls/ca.pem")];
  await must(counterpart("helm"), ["repo", "add", "secure", `${secure.files}/k8s/helm.cilium.io`, ...chart], env);
  const cache = await startSiteRegistry(at("secure-proxy"), {
    program: "distribution",
    cacheOf: secure.registry,
    env: { SSL_CERT_FILE: at("tls/ca.pem") },
  });
  try {
    await crane("validate", "--remote", `${cache.host}/${signedImage}`);
  } finally {
    await cache.server.stop();
  }
}, 300_000);
