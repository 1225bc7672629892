// Base images for builds without a network. What runs during a build is amd64 (or whatever this machine is); the arm64
// side of the bases holds nothing that this machine could run, so that a step on the target platform fails.
import { join } from "node:path";
import { chmod, copy, ensureDir, ensureSymlink, outputFile } from "fs-extra";
import { type Buildah, must, run } from "./containers.ts";

/** The commands that the fetch stages may use: no find, no xargs, no awk. */
const applets: readonly string[] = [
  ...["cat", "chmod", "chown", "cp", "cut", "du", "grep", "mkdir", "mv", "rm", "rmdir", "sed", "sh", "sha256sum"],
  ...["sha512sum", "sleep", "sort", "tail", "touch", "tr", "wc", "wget"],
];

export interface Bases {
  /** busybox with wget for this machine, a stub for the other platform. */
  readonly server: string;
  /** busybox, curl and skopeo, for this machine only. */
  readonly fetch: string;
}

/** Makes the bases and pushes them to the registry at `host`. */
export async function pushBases(buildah: Buildah, dir: string, host: string): Promise<Bases> {
  const bases = { server: `${host}/base/server:1`, fetch: `${host}/base/fetch:1` };
  await busybox(join(dir, "amd64"), applets);
  await stub(join(dir, "arm64"));
  await busybox(
    join(dir, "fetch"),
    applets.filter((applet) => applet !== "wget"),
  );
  for (const tool of ["skopeo", "curl"]) await program(join(dir, "fetch"), tool);
  await outputFile(join(dir, "fetch/etc/containers/policy.json"), '{"default":[{"type":"insecureAcceptAnything"}]}');

  await commit(buildah, join(dir, "fetch"), "amd64", "fetch");
  await buildah.must("push", "--tls-verify=false", "fetch", `docker://${bases.fetch}`);
  await buildah.must("manifest", "create", "server");
  for (const arch of ["amd64", "arm64"]) {
    await commit(buildah, join(dir, arch), arch, `server-${arch}`);
    await buildah.must("manifest", "add", "server", `containers-storage:localhost/server-${arch}`);
  }
  await buildah.must("manifest", "push", "--all", "--tls-verify=false", "server", `docker://${bases.server}`);
  return bases;
}

async function busybox(root: string, commands: readonly string[]): Promise<void> {
  const path = (await must("sh", ["-c", "command -v busybox"])).trim();
  if ((await run("ldd", [path])).code === 0) {
    throw new Error("This test needs a static busybox: apt-get install busybox-static");
  }
  await copy(path, join(root, "bin/busybox"));
  for (const command of commands) await ensureSymlink("busybox", join(root, "bin", command));
  await ensureDir(join(root, "tmp"));
  await outputFile(join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\n");
  await outputFile(join(root, "etc/nsswitch.conf"), "hosts: files\n"); // a static glibc cannot load more
}

/** A program of this machine with the libraries that it is linked to. */
async function program(root: string, name: string): Promise<void> {
  const path = (await must("sh", ["-c", `command -v ${name}`])).trim();
  await copy(path, join(root, "bin", name), { dereference: true });
  for (const library of (await must("ldd", [path])).match(/\/\S+\.so\S*/g) ?? []) {
    await copy(library, join(root, library), { dereference: true });
  }
}

/** A valid arm64 program in place of the shell: no amd64 machine runs it, and with an emulator it ends with 99. */
async function stub(root: string): Promise<void> {
  const code = [0xd2800c60, 0xd2800ba8, 0xd4000001]; // mov x0, #99; mov x8, #93 (exit); svc #0
  const elf = Buffer.alloc(64 + 56 + code.length * 4);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  elf.writeUInt16LE(2, 16); // an executable
  elf.writeUInt16LE(183, 18); // for AArch64
  elf.writeUInt32LE(1, 20);
  elf.writeBigUInt64LE(0x400078n, 24); // its entry: behind both headers
  elf.writeBigUInt64LE(64n, 32);
  elf.writeUInt16LE(64, 52);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, 64); // one segment: the whole file, readable and executable
  elf.writeUInt32LE(5, 68);
  elf.writeBigUInt64LE(0x400000n, 80);
  elf.writeBigUInt64LE(0x400000n, 88);
  elf.writeBigUInt64LE(BigInt(elf.length), 96);
  elf.writeBigUInt64LE(BigInt(elf.length), 104);
  elf.writeBigUInt64LE(0x1000n, 112);
  for (const [index, word] of code.entries()) elf.writeUInt32LE(word, 120 + index * 4);
  for (const name of ["sh", "nginx", "registry"]) {
    await outputFile(join(root, "bin", name), elf);
    await chmod(join(root, "bin", name), 0o755);
  }
}

async function commit(buildah: Buildah, root: string, arch: string, name: string): Promise<void> {
  const container = (await buildah.must("from", "--os", "linux", "--arch", arch, "scratch")).trim();
  await buildah.must("copy", "--quiet", container, root, "/");
  await buildah.must("config", "--os", "linux", "--arch", arch, "--env", "PATH=/bin", container);
  await buildah.must("commit", "--quiet", container, name);
}
