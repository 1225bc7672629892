// The compiled binary as a user runs it: real output, wrong words, broken disks. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaryFor, golden } from "../support/paths.ts";

const kso = binaryFor("amd64");
const arm64 = binaryFor("arm64");
const lists = join(golden, "lists");
let work = "";

beforeAll(() => {
  if (!(existsSync(kso) && existsSync(arm64))) throw new Error("dist/ lacks the binaries: run bun build.ts first");
  work = mkdtempSync(join(tmpdir(), "kso-e2e-"));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(command: readonly string[], cwd = work): Ran {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { cwd, env: { ...process.env, NO_COLOR: "1" } });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}
const qemu = (...args: string[]): Ran => run(["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", arm64, ...args]);

test.each(readdirSync(lists))("export --format list is kubespray's own list: %s", (name) => {
  const [release, kubernetes] = name.split("@");
  const out = join(work, name);
  const more = kubernetes ? ["--kube", kubernetes] : [];
  expect(
    run([
      kso,
      "export",
      "--format",
      "list",
      "--kubespray",
      release ?? "",
      ...more,
      "--unavailable",
      "include",
      "-o",
      out,
    ]),
  ).toMatchObject({ code: 0 });
  for (const file of readdirSync(join(lists, name)))
    expect(readFileSync(join(out, file), "utf8")).toBe(readFileSync(join(lists, name, file), "utf8"));
});

test("the arm64 binary under qemu says the same, byte for byte", () => {
  for (const args of [
    ["resolve", "--json"],
    ["components", "--json", "--kubespray", "2.25.1"],
    ["resolve", "--kubespray", "2.22.2", "--cni", "calico"],
  ]) {
    const native = run([kso, ...args]);
    expect(native.code).toBe(0);
    expect(qemu(...args)).toEqual(native);
  }
  expect(qemu("export", "--format", "dockerfile", "-o", "arm64").code).toBe(0);
  run([kso, "export", "--format", "dockerfile", "-o", "amd64"]);
  expect(run(["diff", "-r", "arm64", "amd64"])).toEqual({ code: 0, out: "", err: "" });
}, 120_000);

test("--version --json names the embedded releases", () => {
  const about = JSON.parse(run([kso, "--version", "--json"]).out) as { releases: string[]; commit: string };
  expect(about.releases).toHaveLength(23);
  expect(about.releases.at(-1)).toBe("kubespray-2.31.0");
  expect(about.commit).toMatch(/^[0-9a-f]{40}$/);
});

test("sha256sum -c works on the tree that wget -x makes", async () => {
  // Small stand-ins for the real files: what is tested is that the lists, wget and sha256sum agree on names.
  const origin = join(work, "origin");
  mkdirSync(join(origin, "dl.k8s.io/release/v1.33.0/bin/linux/arm64"), { recursive: true });
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => new Response(Bun.file(join(origin, new URL(request.url).pathname))),
  });
  const manifests = join(work, "digests");
  mkdirSync(manifests);
  const versions: Record<string, Record<string, string>> = {};
  for (const name of ["kubelet", "kubectl", "kubeadm"]) {
    const body = `stand-in for ${name}`;
    writeFileSync(join(origin, `dl.k8s.io/release/v1.33.0/bin/linux/arm64/${name}`), body);
    versions[name] = { arm64: `sha256:${createHash("sha256").update(body).digest("hex")}` };
  }
  const files = Object.fromEntries(
    Object.entries(versions).map(([name, row]) => [name, { source: "test", versions: { "1.33.0": row } }]),
  );
  writeFileSync(join(manifests, "kubernetes.json"), JSON.stringify({ name: "kubernetes", files }));
  const mirror = `dl.k8s.io=http://127.0.0.1:${server.port}/dl.k8s.io`;
  const selection = ["--kubespray", "2.31.0", "--kube", "1.33.0", "--arch", "arm64", "--only", "kubernetes"];
  expect(
    run([kso, "export", "--format", "list", "-o", "wget", ...selection, "--manifests", manifests, "--mirror", mirror])
      .code,
  ).toBe(0);
  const wget = Bun.spawn(["wget", "-q", "-x", "-i", "files-arm64.list"], { cwd: join(work, "wget") });
  expect(await wget.exited).toBe(0);
  await server.stop(true);
  expect(run(["sha256sum", "-c", "SHA256SUMS-arm64"], join(work, "wget"))).toMatchObject({ code: 0 });
});

test.each([
  [["export"], 2, "--format is missing; there are: list, dockerfile"],
  [["export", "--format", "lst"], 2, 'Unknown format "lst": did you mean "list"?'],
  [["export", "--format", "list", "--arhc", "amd64"], 2, 'Unknown flag "--arhc": did you mean "--arch"?'],
  [["export", "--format", "list", "--arch", "amd46"], 2, 'Unknown architecture "amd46": did you mean "amd64"?'],
  [["resolve", "--unavailable", "some"], 2, '--unavailable is exclude or include, not "some"'],
  [["resolve", "--kube"], 2, "--kube wants a value"],
  [["resolv"], 2, 'Unknown command "resolv": did you mean "resolve"?'],
  [["resolve", "--kubespray", "2.31.9"], 3, 'Unknown kubespray release "2.31.9"'],
  [["resolve", "--kube", "1.30"], 3, "Kubernetes 1.30 is not supported by kubespray-2.31.0"],
  [["resolve", "--cni", "calcio"], 3, 'Unknown component "calcio": did you mean "calico"?'],
  [["resolve", "--mirror", "dl.k8s.io"], 2, '"dl.k8s.io" is not HOST=URL'],
  [["resolve", "--manifests", "nowhere"], 2, "--manifests nowhere: there is no such folder"],
])("%j exits %d and says what to do", (args, code, message) => {
  const ran = run([kso, ...args]);
  expect(ran).toMatchObject({ code, out: "" });
  expect(ran.err).toContain(message);
});

test.each([
  [
    "a digest of the wrong length",
    "etcd.json",
    { name: "etcd", files: { etcd: { source: "x", versions: { "3.6.10": { amd64: "sha256:abc" } } } } },
    "must be sha256: and 64",
  ],
  ["an unknown key", "etcd.json", { name: "etcd", filse: {} }, "filse"],
  ["another name than its file", "etcd.json", { name: "etcdd" }, 'its name is "etcdd"'],
  [
    "a circle",
    "runc.json",
    { name: "runc", requires: { containerd: "*" } },
    "in a circle: containerd → runc → containerd",
  ],
  ["no plugin", "foo.json", { name: "foo" }, 'no plugin describes a component "foo"'],
])("a manifest with %s is refused", (what, file, content, message) => {
  const folder = join(work, what.replaceAll(" ", "-"));
  mkdirSync(folder);
  writeFileSync(join(folder, file), JSON.stringify(content));
  const ran = run([kso, "export", "--format", "list", "-o", "refused", "--manifests", folder]);
  expect(ran.code).toBe(3);
  expect(ran.err).toContain(message);
  expect(existsSync(join(work, "refused"))).toBeFalse();
});

test("an output path that is a file is refused and kept", () => {
  writeFileSync(join(work, "taken"), "mine");
  const ran = run([kso, "export", "--format", "list", "-o", "taken"]);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain("it is a file");
  expect(readFileSync(join(work, "taken"), "utf8")).toBe("mine");
});

test("a full disk leaves the earlier export as it was", () => {
  const disk = join(work, "full");
  mkdirSync(disk);
  expect(run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", disk])).toMatchObject({ code: 0 });
  try {
    expect(run([kso, "export", "--format", "list", "-o", join(disk, "out"), "--only", "etcd"]).code).toBe(0);
    const before = readdirSync(join(disk, "out")).map((name) => [name, readFileSync(join(disk, "out", name), "utf8")]);
    run(["sh", "-c", `cat /dev/zero > ${join(disk, "ballast")}`]);
    const ran = run([kso, "export", "--format", "list", "-o", join(disk, "out")]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("no space is left");
    expect(readdirSync(join(disk, "out")).map((name) => [name, readFileSync(join(disk, "out", name), "utf8")])).toEqual(
      before,
    );
    expect(run([kso, "export", "--format", "list", "-o", join(disk, "new")]).code).toBe(2);
    expect(readdirSync(disk).sort()).toEqual(["ballast", "out"]);
    expect(run(["mount", "-o", "remount,ro", disk]).code).toBe(0);
    expect(run([kso, "export", "--format", "list", "-o", join(disk, "new")]).err).toContain("read-only");
  } finally {
    run(["umount", disk]);
  }
});

test("where one may not write, the message says so", () => {
  chmodSync(work, 0o755);
  const ran = run([
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    kso,
    "export",
    "--format",
    "list",
    "-o",
    join(work, "denied"),
  ]);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain("permission denied");
  expect(existsSync(join(work, "denied"))).toBeFalse();
});

test("a second run replaces what the first wrote and nothing else", () => {
  run([kso, "export", "--format", "list", "-o", "again"]);
  writeFileSync(join(work, "again/mine.txt"), "mine");
  expect(run([kso, "export", "--format", "list", "-o", "again", "--arch", "arm64"]).code).toBe(0);
  expect(readdirSync(join(work, "again")).sort()).toEqual([
    "SHA256SUMS-arm64",
    "SHA512SUMS-arm64",
    "files-arm64.list",
    "images.list",
    "mine.txt",
    "plan.json",
  ]);
});

test("each dropped component can be explained", () => {
  expect(run([kso, "resolve", "--cni", "calico", "--explain", "flannel"]).out).toBe(
    "flannel is out: left out by --cni calico\n",
  );
});

test("help: what each command and each format is, and nothing a user must scroll past", () => {
  const all = run([kso, "--help"]);
  expect(all.code).toBe(0);
  for (const command of ["export", "fetch", "verify", "serve", "push", "config", "doctor"])
    expect(all.out).toMatch(new RegExp(`^  ${command} +\\S`, "m"));
  expect(all.out).not.toContain("For more info");
  const one = run([kso, "export", "--help"]);
  expect(one.out).toStartWith("write what a cluster needs: list, dockerfile, tarball,");
  expect(one.out).toMatch(/^Formats:\n {2}list +URL lists/m);
  for (const args of [["-h"], ["help"], ["help", "-h"], ["--help", "--help"]])
    expect(run([kso, ...args]).out).toBe(all.out);
  for (const args of [
    ["export", "-h"],
    ["help", "export"],
    ["-h", "export"],
    ["export", "--format", "list", "-h"],
  ])
    expect(run([kso, ...args]).out).toBe(one.out);
  expect(run([kso, "help", "config", "kubespray"]).out).toBe(run([kso, "config", "--help"]).out);
  // Whoever types the name alone is told how to begin.
  const alone = run([kso]);
  expect([alone.code, alone.out.match(/^\d\./gm)]).toEqual([0, ["1.", "2.", "3."]]);
});
