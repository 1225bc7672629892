// A bundle of what other people's tools put into a registry beside images: a signature of cosign's and an SBOM that oras attached, an
// artifact that oras pushed, a chart that helm pushed; and charts among its files.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureDir } from "fs-extra";
import { chartPackage } from "./charts.ts";
import { must } from "./containers.ts";
import { counterpart } from "./counterparts.ts";
import { file, firstRelease, type Origin, type Release } from "./origin.ts";
import { type Kso, works } from "./program.ts";

/** Below docker.io in the origin; the bundle serves them host-stripped too. */
export const signedImage = "library/tool:1.0";
export const oneArtifact = "library/thing:1";
export const oneChart = "library/cilium:1.19.3";

/** It has a third platform upstream, which the bundle lacks. */
export const sparseImage = "pause:3.10";

/** Nothing on this way out: an attempt fails at once. */
export const noWayOut: Readonly<Record<string, string>> = {
  HTTP_PROXY: "http://127.0.0.1:1",
  HTTPS_PROXY: "http://127.0.0.1:1",
  NO_PROXY: "127.0.0.1,localhost",
};

export interface Cosign {
  sign(image: string): Promise<void>;
  /** Throws unless the image has a signature of this key, in the registry. */
  verify(image: string, env?: Readonly<Record<string, string>>): Promise<string>;
}

/** cosign with a key of its own in `folder`, which asks nobody but the registry. */
export async function cosignIn(folder: string): Promise<Cosign> {
  await ensureDir(folder);
  const env = { HOME: folder, COSIGN_PASSWORD: "", ...noWayOut };
  const cosign = (...args: string[]): Promise<string> => must(counterpart("cosign"), args, env);
  const [key, root] = [join(folder, "site"), join(folder, "root.json")];
  await cosign("generate-key-pair", "--output-key-prefix", key);
  await cosign("trusted-root", "create", "--out", root);
  const bundle = ["--allow-http-registry", "--new-bundle-format=true"];
  return {
    async sign(image) {
      const local = ["--yes", "--tlog-upload=false", "--use-signing-config=false"];
      await cosign("sign", ...local, ...bundle, "--key", `${key}.key`, image);
    },
    verify(image, more = {}) {
      const trust = ["--insecure-ignore-tlog", "--trusted-root", root, "--key", `${key}.pub`];
      return must(counterpart("cosign"), ["verify", ...bundle, ...trust, image], { ...env, ...more });
    },
  };
}

export interface SignedBundle {
  readonly path: string;
  readonly release: Release;
  readonly cosign: Cosign;
  readonly flags: readonly string[];
}

/** `bundle.tar` in `folder`, of what `origin` then has. */
export async function signedBundle(folder: string, kso: Kso, origin: Origin): Promise<SignedBundle> {
  const first = firstRelease();
  const chart = chartPackage("cilium", "1.19.3");
  const release = {
    ...first,
    files: [...first.files, file("chart", "amd64", "helm.cilium.io/cilium-1.19.3.tgz", chart)],
  };
  const flags = await origin.publish("signed", release);
  const cosign = await cosignIn(join(folder, "cosign"));
  const docker = `127.0.0.1:${origin.registry.port}/docker.io`;
  await cosign.sign(`${docker}/${signedImage}`);
  const texts = join(folder, "texts");
  await ensureDir(texts);
  writeFileSync(join(texts, "sbom.json"), '{"packages": []}\n');
  writeFileSync(join(texts, "thing.txt"), "a thing\n");
  writeFileSync(join(texts, "cilium-1.19.3.tgz"), chart);
  const inTexts = (program: string, ...args: string[]): Promise<string> =>
    must("sh", ["-c", 'cd "$0" && exec "$@"', texts, program, ...args], { HOME: texts });
  const oras = counterpart("oras");
  const kind = ["--plain-http", "--artifact-type"];
  await inTexts(
    oras,
    "attach",
    ...kind,
    "application/spdx+json",
    `${docker}/${signedImage}`,
    "sbom.json:application/json",
  );
  await inTexts(
    oras,
    "push",
    ...kind,
    "application/vnd.example.thing",
    `${docker}/${oneArtifact}`,
    "thing.txt:text/plain",
  );
  await inTexts(counterpart("helm"), "push", "--plain-http", "cilium-1.19.3.tgz", `oci://${docker}/library`);
  const extra = join(folder, "extra.txt");
  writeFileSync(extra, `docker.io/${oneArtifact}\ndocker.io/${oneChart}\n`);
  const path = join(folder, "bundle.tar");
  const all = [...flags, "--extra", extra];
  await works(kso("export", "--format", "tarball", "-o", path, "--lock", join(folder, "lock.json"), ...all));
  return { path, release, cosign, flags: all };
}
