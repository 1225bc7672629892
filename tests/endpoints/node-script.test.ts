// The script as a node's shell runs it, below a directory of its own.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Endpoints } from "../../src/endpoints/endpoints.ts";
import { containerdFiles, crioFiles, dockerFiles } from "../../src/endpoints/mirror-files.ts";
import { nodeScript } from "../../src/endpoints/node-script.ts";
import { run } from "../support/containers.ts";
import { temporary } from "../support/temp.ts";

const pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const origins = ["docker.io", "quay.io", "localhost:5000"];
const endpoints: Endpoints = {
  files: "http://10.0.0.5:8080/k8s",
  registry: { scheme: "https", host: "10.0.0.5:5000", prefix: "" },
  naming: "keep-host",
  ca: { pem, path: "/etc/ssl/certs/kso-ca.pem" },
  insecure: false,
  credentials: ["registry"],
};

/** A node's root, and the script run there. */
function node(shell: readonly string[] = ["sh"]) {
  const folder = temporary();
  const root = join(folder.path, "root");
  const script = join(folder.path, "kso-node.sh");
  writeFileSync(script, nodeScript(endpoints, origins));
  const [program = "", ...words] = shell;
  return {
    at: (path: string) => join(root, path),
    put(path: string, text: string) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    read: (path: string) => readFileSync(join(root, path), "utf8"),
    sh: (...args: string[]) => run("env", [`DESTDIR=${root}`, program, ...words, script, ...args]),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

test.each([[["sh"]], [["bash"]], [["busybox", "sh"]]])(
  "%j writes what kso config writes, and the CA",
  async (shell) => {
    using own = node(shell);
    mkdirSync(own.at("usr/local/share/ca-certificates"), { recursive: true });
    const { code, stdout, stderr } = await own.sh("containerd", "crio", "docker");
    expect([code, stderr]).toEqual([0, ""]);
    for (const [directory, files] of [
      ["etc/containerd/certs.d", containerdFiles(endpoints, origins, false)],
      ["etc/containers", crioFiles(endpoints, origins)],
      ["etc/docker", dockerFiles(endpoints)],
    ] as const)
      for (const { path, content } of files) expect([path, own.read(join(directory, path))]).toEqual([path, content]);
    expect(own.read("etc/ssl/certs/kso-ca.pem")).toBe(pem);
    expect(own.read("usr/local/share/ca-certificates/kso-ca.crt")).toBe(pem);
    expect(stdout).toContain("now: systemctl restart docker");
    // Again is nothing new, and taking it back leaves nothing.
    expect((await own.sh("containerd", "docker")).code).toBe(0);
    expect((await own.sh("--undo", "containerd", "crio", "docker")).code).toBe(0);
    for (const path of ["etc/containerd/certs.d/quay.io", "etc/docker/daemon.json", "etc/ssl/certs/kso-ca.pem"])
      expect([path, existsSync(own.at(path))]).toEqual([path, false]);
  },
);

test("what kso did not write stays, and then nothing at all is written; --force keeps it, --undo brings it back", async () => {
  using own = node();
  const theirs = '{ "log-driver": "journald" }\n\n';
  own.put("etc/docker/daemon.json", theirs);
  const refused = await own.sh("containerd", "docker");
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("kso did not write")]);
  expect(existsSync(own.at("etc/containerd"))).toBeFalse();
  expect(own.read("etc/docker/daemon.json")).toBe(theirs);
  expect((await own.sh("--force", "docker")).code).toBe(0);
  expect(own.read("etc/docker/daemon.json.bak")).toBe(theirs);
  expect(own.read("etc/docker/daemon.json")).toContain("registry-mirrors");
  expect((await own.sh("--undo", "docker")).code).toBe(0);
  expect(own.read("etc/docker/daemon.json")).toBe(theirs);
  expect(existsSync(own.at("etc/docker/daemon.json.bak"))).toBeFalse();
});

test("an older file of kso's is replaced without a word; an unknown word is refused", async () => {
  using own = node();
  own.put("etc/containerd/certs.d/quay.io/hosts.toml", "# quay.io, answered by 10.0.0.4:5000; written by kso\n");
  expect((await own.sh("containerd")).code).toBe(0);
  expect(own.read("etc/containerd/certs.d/quay.io/hosts.toml")).toContain("10.0.0.5:5000");
  expect(existsSync(own.at("etc/containerd/certs.d/quay.io/hosts.toml.bak"))).toBeFalse();
  const { code, stderr } = await own.sh("podman");
  expect([code, stderr]).toEqual([2, "kso-node.sh: podman is none of containerd, crio, docker, --force, --undo\n"]);
});
