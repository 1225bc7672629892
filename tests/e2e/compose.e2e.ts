// `--format compose`: what it writes is taken as it is by docker, docker-compose, podman and systemd, and what comes up then
// serves everything. Run by .ci/run after build.ts.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, must, type Outcome, requireTools, run } from "../support/containers.ts";
import { type Dockerd, startDockerd } from "../support/dockerd.ts";
import { topDigest } from "../support/layers.ts";
import { firstRelease, type Origin, pushImages, startOrigin } from "../support/origin.ts";
import { ksoIn, works } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { serverBases } from "../support/servers.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const release = firstRelease();
const paths = [...new Map(release.files.map((one) => [one.path, one.bytes]))];
let origin: Origin;
let docker: Dockerd;
let flags: string[];

beforeAll(async () => {
  await requireTools({
    docker: "docker.io",
    dockerd: "docker.io",
    "docker-compose": "docker-compose",
    podman: "podman",
    "systemd-analyze": "systemd",
    nginx: "nginx-light",
    "docker-registry": "docker-registry",
  });
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  flags = await origin.publish("first", release);
  const bases = await serverBases(at("bases"));
  const named = {
    "docker.io/library/nginx:1.28.2-alpine": bases.nginx,
    "docker.io/library/registry:2.8.3": bases.registry,
  };
  await pushImages(`127.0.0.1:${origin.registry.port}`, at("layouts"), { files: [], images: named });
  docker = await startDockerd(at("docker"));
}, 60_000);
afterAll(async () => {
  await docker?.stop();
  await origin?.stop();
  folder[Symbol.dispose]();
});

const exported = (name: string, ...more: string[]) =>
  kso("export", "--format", "compose", "-o", at(name), "--lock", at(`${name}.json`), ...flags, ...more);
/** load.sh, with commands of a test's own in front of the others. */
const load = (name: string, engine: string, env: Record<string, string> = {}): Promise<Outcome> =>
  run("sh", [at(name, "load.sh"), engine], {
    ...docker.env,
    PATH: `${at("bin")}:${process.env["PATH"]}`,
    ...env,
  });
const ids = (name: string, arch: string): string[] => {
  const { images } = JSON.parse(readFileSync(at(name, "images.json"), "utf8"));
  return images.map(
    (one: { platforms: Record<string, { config: { digest: string } }> }) =>
      one.platforms[`linux/${arch}`]?.config.digest,
  );
};
const idsIn = async (): Promise<string[]> => {
  const names = ["kubespray-files:2.31.0", "kubespray-images:2.31.0"];
  return (await must("docker", ["image", "inspect", "-f", "{{.Id}}", ...names], docker.env)).trim().split("\n");
};
/** A command that answers in place of the real one. */
function command(name: string, script: string): void {
  mkdirSync(at("bin"), { recursive: true });
  writeFileSync(at("bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

test("writes the archives and all that runs them", async () => {
  const out = (await works(exported("out"))).trim().split("\n");
  const names = [
    ...["kubespray-files.tar", "kubespray-images.tar", "compose.yaml", "images.json", "load.sh"],
    ...["quadlet/kubespray-files.container", "systemd/kubespray-files.service"],
    ...["quadlet/kubespray-images.container", "systemd/kubespray-images.service"],
  ];
  expect(out).toEqual(names.map((name) => at("out", name)));
  const there = readdirSync(at("out"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(there).toHaveLength(names.length);
  // The archives are those of --format image.
  await works(kso("export", "--format", "image", "-o", at("image"), "--lock", at("out.json"), ...flags));
  for (const name of names.slice(0, 2))
    expect(sha(readFileSync(at("image", name)))).toBe(sha(readFileSync(at("out", name))));
}, 60_000);

describe("docker", () => {
  test("loads both images for its own architecture, under the digests that were built", async () => {
    expect(await load("out", "docker")).toMatchObject({ code: 0, stderr: "" });
    expect(await idsIn()).toEqual(ids("out", "amd64"));
    const listed = (await must("docker", ["image", "ls", "-q", "--no-trunc"], docker.env)).trim().split("\n");
    expect(listed.sort()).toEqual(ids("out", "amd64").sort());
  }, 60_000);

  test("docker-compose brings both up, read-only and without rights, and they serve everything", async () => {
    const ports = { files: await freePort(), images: await freePort() };
    const env = { ...docker.env, KSO_FILES_PORT: String(ports.files), KSO_IMAGES_PORT: String(ports.images) };
    const compose = (...args: string[]): Promise<string> =>
      must("docker-compose", ["--project-directory", at("out"), "-f", at("out/compose.yaml"), ...args], env);
    await compose("up", "--detach");
    try {
      const said = JSON.parse(await must("docker", ["inspect", "kubespray-files", "kubespray-images"], docker.env));
      for (const { HostConfig, Config, State } of said) {
        expect(State.Running).toBeTrue();
        expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ["ALL"] });
        expect(HostConfig.RestartPolicy.Name).toBe("unless-stopped");
        // What the health check runs, now and not in half a minute.
        const health = Config.Healthcheck.Test[1] as string;
        const name = `kubespray-${(Config.Image as string).includes("files") ? "files" : "images"}`;
        const healthy = async (): Promise<boolean> =>
          (await run("docker", ["exec", name, "sh", "-c", health], docker.env)).code === 0;
        while (!(await healthy()))
          expect((await must("docker", ["inspect", "-f", "{{.State.Running}}", name], docker.env)).trim()).toBe("true");
      }
      for (const [path, bytes] of paths) {
        const answer = await fetch(`http://127.0.0.1:${ports.files}/k8s/${path}`);
        expect([path, answer.status, sha(await answer.bytes())]).toEqual([path, 200, sha(bytes)]);
      }
      for (const image of Object.keys(release.images))
        expect(await topDigest(`127.0.0.1:${ports.images}/${image}`)).toBe(
          await topDigest(`127.0.0.1:${origin.registry.port}/${image}`),
        );
    } finally {
      await compose("down");
    }
  }, 120_000);

  test("what was not loaded is not pulled", async () => {
    const env = { ...docker.env, KSO_FILES_IMAGE: "127.0.0.1:1/kubespray-files:2.31.0" };
    const said = await must("docker-compose", ["-f", at("out/compose.yaml"), "config"], env);
    expect(said.match(/pull_policy: never/g)).toHaveLength(2);
    expect(said).toContain("image: 127.0.0.1:1/kubespray-files:2.31.0");
  });
});

describe("load.sh", () => {
  test("takes the other architecture's images on such a machine, and none on any other", async () => {
    command("uname", "echo aarch64");
    expect(await load("out", "docker")).toMatchObject({ code: 0, stderr: "" });
    expect(await idsIn()).toEqual(ids("out", "arm64"));
    command("uname", "echo s390x");
    const ran = await load("out", "docker");
    expect([ran.code, ran.stderr]).toEqual([
      1,
      "load.sh: the images are for linux/amd64 and linux/arm64, and this machine is s390x\n",
    ]);
    command("uname", 'exec /bin/uname "$@"');
  }, 60_000);

  test("names an archive that is not there, one that was cut short, and one that is another", async () => {
    mkdirSync(at("lame"));
    for (const name of ["load.sh", "kubespray-images.tar"]) copyFileSync(at("out", name), at("lame", name));
    const none = await load("lame", "docker");
    expect([none.code, none.stderr]).toEqual([1, "load.sh: kubespray-files.tar is not here\n"]);

    const whole = readFileSync(at("out/kubespray-files.tar"));
    writeFileSync(at("lame/kubespray-files.tar"), whole.subarray(0, whole.length >> 1));
    const cut = await load("lame", "docker");
    expect(cut.code).toBe(1);
    expect(cut.stderr).toContain("load.sh: docker did not take kubespray-files.tar");

    // Sound, and built on another base: it says what it is, and not what it should be.
    const base = ["--base-files", "docker.io/library/registry:2.8.3"];
    await works(exported("other", ...base));
    copyFileSync(at("other/kubespray-files.tar"), at("lame/kubespray-files.tar"));
    command(
      "podman",
      `exec /usr/bin/podman --root ${at("podman/root")} --runroot ${at("podman/run")} --storage-driver vfs "$@"`,
    );
    const other = await load("lame", "podman");
    expect(other.code).toBe(1);
    expect(other.stderr).toContain(
      `load.sh: kubespray-files:2.31.0 is ${ids("other", "amd64")[0]?.slice(7)} in podman, and none of `,
    );
  }, 60_000);

  test("finds podman by itself, which takes the archives as they are", async () => {
    command(
      "podman",
      `exec /usr/bin/podman --root ${at("podman/root")} --runroot ${at("podman/run")} --storage-driver vfs "$@"`,
    );
    expect(await load("out", "")).toMatchObject({ code: 0 });
    const format = ["--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"];
    const listed = (await must(at("bin/podman"), ["image", "ls", ...format])).trim().split("\n");
    const [files, images] = ids("out", "amd64");
    expect(listed).toContain(`localhost/kubespray-files:2.31.0 ${files}`);
    expect(listed).toContain(`localhost/kubespray-images:2.31.0 ${images}`);
  }, 60_000);
});

test("systemd takes the units as they are", async () => {
  const units = ["files", "images"].map((name) => at(`out/systemd/kubespray-${name}.service`));
  expect(await run("systemd-analyze", ["verify", ...units])).toMatchObject({ code: 0, stderr: "" });
  // It has a word for what it does not know.
  const broken = at("broken.service");
  writeFileSync(broken, readFileSync(units[0] as string, "utf8").replace("Restart=always", "Restart=forever"));
  expect((await run("systemd-analyze", ["verify", broken])).stderr).toContain(
    "Failed to parse service restart specifier",
  );
});

test("with one architecture there is one, and a second export leaves nothing of the first", async () => {
  await works(exported("out", "--arch", "arm64"));
  expect(readFileSync(at("out/load.sh"), "utf8")).not.toContain("amd64");
  const { images } = JSON.parse(readFileSync(at("out/images.json"), "utf8"));
  expect(images.map((one: { platforms: object }) => Object.keys(one.platforms))).toEqual([
    ["linux/arm64"],
    ["linux/arm64"],
  ]);
}, 60_000);
