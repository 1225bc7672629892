// `kso diff --releases` as a user runs it before an upgrade.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaryFor } from "../support/paths.ts";

const kso = binaryFor("amd64");
let work = "";
beforeAll(() => {
  if (!existsSync(kso)) throw new Error("dist/ lacks the binary: run bun build.ts first");
  work = mkdtempSync(join(tmpdir(), "kso-releases-"));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function run(...args: string[]): { code: number; out: string; err: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([kso, ...args], {
    cwd: work,
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

test("2.30.0 to 2.31.0, for eyes", () => {
  const { code, out } = run("diff", "--releases", "2.30.0", "v2.31.0");
  expect(code).toBe(0);
  expect(out).toStartWith("kubespray-2.30.0 to kubespray-2.31.0, Kubernetes 1.34.3 to 1.35.4\n");
  expect(out).toMatch(/^removed {2}dashboard +1\.0\.8, 2\.7\.0 +-$/m);
  expect(out).toMatch(/^changed {2}etcd +3\.5\.26 +3\.6\.10$/m);
  expect(out).toMatch(/^changed {2}file +kubernetes +kubelet +amd64,arm64 +1\.34\.3 +1\.35\.4$/m);
  expect(out).toMatch(/^removed {2}image +netchecker +netcheck_agent +amd64,arm64 +v1\.2\.2 +-$/m);
  expect(out).toEndWith("files: 0 added, 0 removed, 31 changed; images: 0 added, 5 removed, 18 changed\n");
});

test("with --json the same for programs, and the newest release is the second one by itself", () => {
  const { code, out } = run("diff", "--releases", "2.30.0", "--json");
  const value = JSON.parse(out) as { artifacts: { kind: string; name: string }[] };
  expect(code).toBe(0);
  expect(value).toMatchObject({
    schema: "kso.release-diff/1",
    from: { release: { version: "2.30.0" }, kubernetes: "1.34.3" },
    to: { release: { version: "2.31.0" }, kubernetes: "1.35.4" },
  });
  expect(value.artifacts.find(({ kind, name }) => kind === "file" && name === "etcd") as unknown).toEqual({
    change: "changed",
    kind: "file",
    component: "etcd",
    name: "etcd",
    platforms: ["linux/amd64"],
    from: {
      version: "3.5.26",
      item: "https://github.com/etcd-io/etcd/releases/download/v3.5.26/etcd-v3.5.26-linux-amd64.tar.gz",
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    },
    to: {
      version: "3.6.10",
      item: "https://github.com/etcd-io/etcd/releases/download/v3.6.10/etcd-v3.6.10-linux-amd64.tar.gz",
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    },
  });
});

test("selection flags, and kso.yaml, narrow both sides down", () => {
  const only = run("diff", "--releases", "2.30.0", "2.31.0", "--only", "etcd,dashboard", "--arch", "arm64");
  expect(only.code).toBe(0);
  expect(only.out).toMatch(/^changed {2}file +etcd +etcd +arm64 +3\.5\.26 +3\.6\.10$/m);
  // The second release has no dashboard: that is the news, and not an error.
  expect(only.out).toMatch(/^removed {2}dashboard/m);
  expect(only.out).not.toContain("calico");
  writeFileSync(join(work, "kso.yaml"), "only: [etcd, dashboard]\narch: arm64\nkubespray: 2.25.0\nstore: s\n");
  const configured = run("diff", "--releases", "2.30.0", "2.31.0");
  expect(configured.out).toBe(only.out);
  rmSync(join(work, "kso.yaml"));
  const weave = run("diff", "--releases", "2.28.0", "2.31.0", "--cni", "weave,calico");
  expect(weave.out).toMatch(/^removed {2}weave/m);
  expect(run("diff", "--releases", "2.30.0", "2.30.0").out).toContain("nothing changed\n");
});

test.each([
  [["diff", "--releases"], 2, "Name two releases: kso diff --releases 2.30.0 2.31.0"],
  [["diff", "--releases", "2.30.0", "2.31.0", "2.29.0"], 2, "Name two releases"],
  [["diff", "--releases", "2.30.0", "2.31.9"], 3, 'Unknown kubespray release "2.31.9"'],
  [["diff", "--releases", "2.30.0", "2.31.0", "--cni", "weave"], 3, "--cni weave: kubespray 2.30.0 has no weave"],
  [["diff", "--releases", "2.30.0", "2.31.0", "--cni", "calcio"], 3, 'did you mean "calico"?'],
  [
    ["diff", "--releases", "2.22.0", "2.31.0", "--kube", "1.35"],
    3,
    "Kubernetes 1.35 is not supported by kubespray-2.22.0",
  ],
  [["diff", "a.tar", "b.tar", "--cni", "calico"], 2, "--cni has no meaning for two bundles; add --releases"],
  [["diff", "--releases", "2.30.0", "--kubespray", "2.31.0"], 2, 'Unknown flag "--kubespray"'],
])("%j exits %d and says what to do", (args, code, message) => {
  const ran = run(...args);
  expect(ran).toMatchObject({ code, out: "" });
  expect(ran.err).toContain(message);
});
