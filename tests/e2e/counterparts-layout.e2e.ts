// What kso writes to a disk, in the hands of others: the unpacked bundle as an OCI layout for oras, regctl and skopeo; the directory of
// `--format registry` served by docker-registry 2.8 and by distribution 3, signatures included. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must, startRegistry } from "../support/containers.ts";
import { counterpart } from "../support/counterparts.ts";
import { topDigest } from "../support/layers.ts";
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
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso: Kso = ksoIn(at("home"));
let origin: Origin;
let bundle: SignedBundle;

beforeAll(async () => {
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  bundle = await signedBundle(folder.path, kso, origin);
}, 300_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

const env = { HOME: at("client"), ...noWayOut };
const crane = (...args: string[]): Promise<string> => must(counterpart("crane"), args, env);
const regctl = (...args: string[]): Promise<string> => must(counterpart("regctl"), args, env);
const oras = (...args: string[]): Promise<string> => must(counterpart("oras"), args, env);
const upstream = (image: string): Promise<string> => topDigest(`127.0.0.1:${origin.registry.port}/docker.io/${image}`);

/** What oras finds that refers to an image. */
async function found(...where: string[]): Promise<string[]> {
  const { referrers } = JSON.parse(await oras("discover", "--format", "json", ...where));
  return referrers.map(({ digest }: { digest: string }) => digest).sort();
}

test("the unpacked bundle is a layout: by full names for oras, by digest for regctl, with what refers to an image", async () => {
  const tree = at("tree");
  mkdirSync(tree);
  await must("tar", ["xf", bundle.path, "-C", tree]);
  const digest = await upstream(signedImage);
  const name = `docker.io/${signedImage}`;
  const before = (await must("find", [tree, "-printf", "%p %s %T@\n"])).split("\n").sort();
  expect((await oras("repo", "tags", "--oci-layout", tree)).trim().split("\n")).toContain(name);
  const fetched = JSON.parse(await oras("manifest", "fetch", "--descriptor", "--oci-layout-path", tree, name));
  expect(fetched.digest).toBe(digest);
  expect(await found("--oci-layout-path", tree, name)).toHaveLength(2);
  await oras("pull", "--oci-layout-path", tree, `docker.io/${oneArtifact}`, "-o", at("thing"));
  expect(readFileSync(at("thing/thing.txt"), "utf8")).toBe("a thing\n");
  for (const platform of ["linux/amd64", "linux/arm64"])
    expect(await regctl("image", "get-file", "-p", platform, `ocidir://${tree}@${digest}`, "etc/note")).toBe("tool");
  // Nobody who reads it has changed it, and it can be copied on with all that refers to it.
  expect((await must("find", [tree, "-printf", "%p %s %T@\n"])).split("\n").sort()).toEqual(before);
  await oras("cp", "-r", "--from-oci-layout-path", tree, name, "--to-oci-layout", `${at("copy")}:1`);
  expect(await found("--oci-layout", `${at("copy")}:1`)).toHaveLength(2);
  expect(await kso("verify", tree)).toMatchObject({ code: 0 });
}, 300_000);

test.each(["docker-registry", "distribution 3"])(
  "the directory of --format registry, served by %s",
  async (name) => {
    const tree = at(name, "tree");
    const lock = ["--lock", at("lock.json")];
    await works(kso("export", "--format", "registry", "-o", tree, ...lock, ...bundle.flags));
    const config = (port: number): string => `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${tree} }, maintenance: { readonly: { enabled: true } } }
http: { addr: "127.0.0.1:${port}" }
`;
    const program = name === "docker-registry" ? name : counterpart("registry");
    const server = await startRegistry(at(name), config, { program });
    try {
      const host = `127.0.0.1:${server.port}`;
      for (const image of [signedImage, `k8s/docker.io/${signedImage}`]) {
        const digest = await upstream(signedImage);
        expect((await crane("digest", `${host}/${image}`)).trim()).toBe(digest);
        await crane("validate", "--remote", `${host}/${image}`);
        expect(await found("--plain-http", `${host}/${image}`)).toHaveLength(2);
        expect(await bundle.cosign.verify(`${host}/${image}`)).toContain(digest);
      }
      for (const platform of ["linux/amd64", "linux/arm64/v8"])
        await crane("validate", "--platform", platform, "--remote", `${host}/${sparseImage}`);
      await oras("pull", "--plain-http", "-o", at(name, "thing"), `${host}/${oneArtifact}`);
      expect(readFileSync(at(name, "thing/thing.txt"), "utf8")).toBe("a thing\n");
    } finally {
      await server.stop();
    }
  },
  300_000,
);
