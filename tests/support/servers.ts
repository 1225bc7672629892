// Base images that really serve: Debian's nginx and docker-registry in a root of their own, for this machine; for the other
// platform the same names with a program that ends at once. And a way to run such an image: its unpacked root, its own
// entrypoint and port, in namespaces that go with the process.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { copy, ensureDir, ensureSymlink, outputFile } from "fs-extra";
import { elf, tar } from "./archives.ts";
import { ended, must, type Outcome, run } from "./containers.ts";
import { image, type SeededImage } from "./images.ts";

/** As the official images have it: what must not be in an image that is built on them. */
const container = {
  config: {
    Env: ["PATH=/bin", "KEPT=yes"],
    Cmd: ["never", "run"],
    Entrypoint: ["/docker-entrypoint.sh"],
    Volumes: { "/var/lib/registry": {} },
    ExposedPorts: { "80/tcp": {} },
    Labels: { maintainer: "base" },
  },
  history: [
    { created: "2026-01-01T00:00:00Z", created_by: "ADD root" },
    { created: "2026-01-01T00:00:00Z", created_by: "CMD", empty_layer: true },
  ],
  docker_version: "20.10",
};

/** The two bases, to be pushed where kso looks for them; roots are put together below `dir`. */
export async function serverBases(dir: string): Promise<Record<"nginx" | "registry", SeededImage>> {
  const nginx = join(dir, "nginx-root");
  await busybox(nginx, ["sh", "wget"]);
  await program(nginx, "nginx", "bin/nginx");
  for (const name of ["var/log/nginx", "var/lib/nginx"]) await ensureDir(join(nginx, name));
  await outputFile(join(nginx, "etc/group"), "root:x:0:\nnobody:x:65534:\nnogroup:x:65534:\n");
  const registry = join(dir, "registry-root");
  await busybox(registry, ["sh", "wget"]);
  await program(registry, "docker-registry", "bin/registry");
  return { nginx: await pairOf(nginx, ["sh", "nginx"]), registry: await pairOf(registry, ["registry"]) };
}

async function pairOf(root: string, programs: readonly string[]): Promise<SeededImage> {
  await must("tar", ["-C", root, "--owner=0", "--group=0", "--mtime=@0", "--sort=name", "-cf", `${root}.tar`, "."]);
  const stub = tar(programs.map((name) => ({ name: `bin/${name}`, content: elf("arm64") })));
  return image({
    platforms: {
      "linux/amd64": { layers: [gzipSync(readFileSync(`${root}.tar`), { level: 1 })], configuration: container },
      "linux/arm64/v8": { layers: [gzipSync(stub)], configuration: container },
    },
  });
}

async function busybox(root: string, applets: readonly string[]): Promise<void> {
  await copy("/bin/busybox", join(root, "bin/busybox"));
  for (const applet of applets) await ensureSymlink("busybox", join(root, "bin", applet));
  for (const name of ["tmp", "proc", "dev"]) await ensureDir(join(root, name));
  await outputFile(join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n");
}

/** A program of this machine with the libraries that it is linked to. */
async function program(root: string, name: string, to: string): Promise<void> {
  const path = (await must("sh", ["-c", `command -v ${name}`])).trim();
  await copy(path, join(root, to), { dereference: true });
  for (const library of (await must("ldd", [path])).match(/\/\S+\.so\S*/g) ?? [])
    await copy(library, join(root, library), { dereference: true });
}

/** Where an image lies that was copied into a directory (`skopeo copy … dir:`). */
export interface Unpacked {
  readonly root: string;
  readonly config: {
    readonly architecture: string;
    readonly config: Readonly<Record<string, unknown>> & { readonly Entrypoint: string[]; readonly Env: string[] };
    readonly history: readonly { readonly created_by: string }[];
    readonly rootfs: { readonly diff_ids: readonly string[] };
  };
  /** From the lowest up. */
  readonly layers: readonly string[];
}

/** Copies one platform of `source` and lays its layers over each other. */
export async function unpackImage(
  source: string,
  arch: string,
  dir: string,
  options: readonly string[] = [],
): Promise<Unpacked> {
  const only = [
    "--override-os=linux",
    `--override-arch=${arch}`,
    ...(arch === "arm64" ? ["--override-variant=v8"] : []),
  ];
  mkdirSync(join(dir, "root"), { recursive: true });
  await must("skopeo", [...only, "copy", "--quiet", "--preserve-digests", ...options, source, `dir:${dir}/image`]);
  const read = (name: string): string => readFileSync(join(dir, "image", name), "utf8");
  const hex = ({ digest }: { digest: string }): string => digest.replace("sha256:", "");
  const manifest = JSON.parse(read("manifest.json"));
  const root = join(dir, "root");
  for (const layer of manifest.layers) await must("tar", ["-C", root, "-xf", join(dir, "image", hex(layer))]);
  return {
    root,
    config: JSON.parse(read(hex(manifest.config))),
    layers: manifest.layers.map((one: { digest: string }) => one.digest),
  };
}

/** A container as far as these tests need one. */
export interface Container {
  /** Runs a program where the container's ports are on 127.0.0.1. */
  inside(program: string, ...args: string[]): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Runs the image, with nothing in it changed and nothing writable but /tmp; resolves when `url` is answered. */
export async function runImage({ root, config: { config } }: Unpacked, url: string): Promise<Container> {
  // As with a read-only container: only /tmp can be written to.
  const script = [
    'busybox ip link set lo up && mount --bind "$0" "$0" && mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc"',
    'mount -t tmpfs tmpfs "$0/tmp" && mount -o remount,bind,ro "$0" && exec env -i "$@" >"$0.log" 2>&1',
  ].join(" && ");
  const command = [...config.Env, "/usr/sbin/chroot", root, ...config.Entrypoint];
  const child = spawn("unshare", ["--mount", "--net", "sh", "-c", script, root, ...command], {
    stdio: "ignore",
  });
  const inside: Container["inside"] = (name, ...args) => run("nsenter", ["-t", String(child.pid), "-n", name, ...args]);
  const stop = (): Promise<void> => ended(child);
  while (child.exitCode === null && existsSync(`/proc/${child.pid}`))
    if ((await inside("curl", "-sf", "-o", "/dev/null", url)).code === 0) return { inside, stop };
  throw new Error(`${config.Entrypoint.join(" ")} does not answer at ${url}: ${readFileSync(`${root}.log`, "utf8")}`);
}
