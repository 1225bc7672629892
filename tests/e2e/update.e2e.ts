// `kso manifests update` as a user runs it, against a stand-in for all who publish; then kso plans with what it wrote.
import { afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as exec, type Outcome } from "../support/containers.ts";
import { image } from "../support/images.ts";
import { binaryFor } from "../support/paths.ts";
import { hexOf, type Publisher, publishKubernetes, startPublisher } from "../support/publisher.ts";
import { startRegistry } from "../support/registry.ts";

const kso = binaryFor("amd64");
let work = "";
let publisher: Publisher;
beforeAll(() => {
  if (!existsSync(kso)) throw new Error("dist/ lacks the binary: run bun build.ts first");
});
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "kso-update-"));
  publisher = startPublisher();
});
afterEach(() => {
  publisher[Symbol.dispose]();
  rmSync(work, { recursive: true, force: true });
});

const hosts = [
  ...["api.github.com", "github.com", "dl.k8s.io", "get.helm.sh", "storage.googleapis.com"],
  ...["registry.k8s.io", "quay.io", "docker.io"],
];
/** What was asked of all but registries, which have no image here. */
const asked = (): string[] => publisher.requests().filter((line) => !/^(HEAD|GET) v2\//.test(line));
const out = (): string => join(work, "manifests");
async function run(...args: string[]): Promise<Outcome> {
  const home = { HOME: work, XDG_CACHE_HOME: join(work, "cache"), NO_COLOR: "1", GITHUB_TOKEN: "", GH_TOKEN: "" };
  return await exec(kso, args, home);
}
const update = (...args: string[]): Promise<Outcome> =>
  run("manifests", "update", "-o", out(), ...publisher.mirrors(...hosts), ...args);
const written = (
  name: string,
): { files: Record<string, { source: string; versions: Record<string, Record<string, string>> }> } =>
  JSON.parse(readFileSync(join(out(), `${name}.json`), "utf8"));

test("a Kubernetes patch on the day it appears: written, planned, and asked for no second time", async () => {
  for (const minor of ["1.33", "1.34"]) publisher.files.set(`dl.k8s.io/release/stable-${minor}.txt`, `v${minor}.1`);
  publishKubernetes(publisher, "1.35.6", ["1.35.5", "1.35.6"]);
  const first = await update("--only", "kubernetes", "--kubespray", "2.31.0");
  expect(first).toMatchObject({ code: 0, stdout: "kubernetes 1.35.5\nkubernetes 1.35.6\n" });
  expect(first.stderr).toContain(
    `2 versions of 1 components were written to ${out()}; use them with --manifests ${out()}`,
  );
  const sum = (name: string, version: string, arch: string): string => `sha256:${hexOf(`${name} ${version} ${arch}`)}`;
  expect(written("kubernetes").files["kubelet"]).toEqual({
    source: ".sha256 beside the file at dl.k8s.io",
    versions: Object.fromEntries(
      ["1.35.6", "1.35.5"].map((version) => [
        version,
        { amd64: sum("kubelet", version, "amd64"), arm64: sum("kubelet", version, "arm64") },
      ]),
    ),
  });
  publisher.requests();

  const planned = await run("resolve", "--json", "--manifests", out(), "--kube", "1.35.5", "--only", "kubernetes");
  const { artifacts } = JSON.parse(planned.stdout) as {
    artifacts: { name: string; version: string; platforms: string[]; digest?: string }[];
  };
  for (const name of ["kubelet", "kubectl", "kubeadm"])
    for (const arch of ["amd64", "arm64"])
      expect(artifacts.find((one) => one.name === name && one.platforms.join() === `linux/${arch}`)).toMatchObject({
        version: "1.35.5",
        digest: sum(name, "1.35.5", arch),
      });
  const newest = await run("resolve", "--json", "--manifests", out(), "--kube", "1.35");
  expect(JSON.parse(newest.stdout)).toMatchObject({ kubernetes: "1.35.6" });

  const before = statSync(join(out(), "kubernetes.json")).mtimeMs;
  const second = await update("--only", "kubernetes", "--kubespray", "2.31.0");
  expect(second).toMatchObject({ code: 0, stdout: "" });
  expect(second.stderr).toContain(`nothing new; ${out()} stays as it is`);
  expect(statSync(join(out(), "kubernetes.json")).mtimeMs).toBe(before);
  expect(asked().sort()).toEqual(
    ["1.33", "1.34", "1.35"].map((minor) => `GET dl.k8s.io/release/stable-${minor}.txt 304`),
  );
});

test("every way in which digests are published", async () => {
  publisher.releases("etcd-io/etcd", [
    { tag: "v3.6.99", assets: { "etcd-v3.6.99-linux-amd64.tar.gz": `sha256:${hexOf("etcd amd64")}` } },
  ]);
  const etcd = (arch: string): string => `${hexOf(`etcd ${arch}`)}  etcd-v3.6.99-linux-${arch}.tar.gz\n`;
  publisher.files.set(
    "github.com/etcd-io/etcd/releases/download/v3.6.99/SHA256SUMS",
    etcd("amd64") + etcd("arm64") + etcd("s390x"),
  );
  publisher.releases("helm/helm", [{ tag: "v3.99.0" }]);
  publisher.releases("containers/crun", [
    {
      tag: "9.9",
      assets: {
        "crun-9.9-linux-amd64": `sha256:${hexOf("crun amd64")}`,
        "crun-9.9-linux-arm64": `sha256:${hexOf("crun arm64")}`,
      },
    },
  ]);
  publisher.releases("mikefarah/yq", [{ tag: "v9.0.0" }]);
  publisher.tags("google/gvisor", ["release-20991231.0", "release-20991231.0-rc1", "v1"]);
  publisher.releases("prometheus-operator/prometheus-operator", [
    { tag: "v9.9.9", assets: { "stripped-down-crds.yaml": `sha256:${hexOf("crds")}` } },
  ]);
  for (const [arch, machine] of [
    ["amd64", "x86_64"],
    ["arm64", "aarch64"],
  ] as const) {
    publisher.files.set(`get.helm.sh/helm-v3.99.0-linux-${arch}.tar.gz.sha256`, hexOf(`helm ${arch}`));
    const base = `storage.googleapis.com/gvisor/releases/release/20991231.0/${machine}`;
    publisher.files.set(`${base}/runsc.sha512`, `${hexOf(`runsc ${arch}`, "sha512")}  runsc\n`);
    publisher.files.set(
      `${base}/containerd-shim-runsc-v1.sha512`,
      `${hexOf(`shim ${arch}`, "sha512")}  containerd-shim-runsc-v1\n`,
    );
  }
  publisher.files.set(
    "github.com/mikefarah/yq/releases/download/v9.0.0/checksums-bsd",
    ["amd64", "arm64"]
      .map((arch) => `MD5 (yq_linux_${arch}) = 00\nSHA256 (yq_linux_${arch}) = ${hexOf(`yq ${arch}`)}\n`)
      .join(""),
  );
  const ran = await update("--only", "etcd,helm,crun,yq,gvisor,prometheus-operator-crds");
  expect(ran.stderr).not.toContain("failed");
  expect(ran.code).toBe(0);
  expect(ran.stdout.trim().split("\n").sort()).toEqual([
    "crun 9.9",
    "etcd 3.6.99",
    "gvisor 20991231.0",
    "helm 3.99.0",
    "prometheus-operator-crds 9.9.9",
    "yq 9.0.0",
  ]);
  const both = (name: string, algorithm: "sha256" | "sha512" = "sha256"): Record<string, string> => ({
    amd64: `${algorithm}:${hexOf(`${name} amd64`, algorithm)}`,
    arm64: `${algorithm}:${hexOf(`${name} arm64`, algorithm)}`,
  });
  expect(written("etcd").files["etcd"]?.versions).toEqual({ "3.6.99": both("etcd") });
  expect(written("helm").files["helm"]?.versions).toEqual({ "3.99.0": both("helm") });
  expect(written("crun").files["crun"]?.versions).toEqual({ "9.9": both("crun") });
  expect(written("yq").files["yq"]?.versions).toEqual({ "9.0.0": both("yq") });
  expect(written("gvisor").files["gvisor_runsc"]?.versions).toEqual({ "20991231.0": both("runsc", "sha512") });
  // One file for all architectures.
  expect(written("prometheus-operator-crds").files["prometheus_operator_crds"]?.versions).toEqual({
    "9.9.9": { any: `sha256:${hexOf("crds")}` },
  });
  // What was written is what --manifests takes, and a release that pins it plans with it.
  mkdirSync(join(out(), "releases"));
  writeFileSync(
    join(out(), "releases/kubespray-2.31.0.json"),
    JSON.stringify({ name: "kubespray-2.31.0", pins: { helm_version: "3.99.0" } }),
  );
  const { stdout } = await run("resolve", "--json", "--manifests", out(), "--only", "helm");
  expect((JSON.parse(stdout) as { artifacts: object[] }).artifacts).toMatchObject([
    { version: "3.99.0", digest: both("helm")["amd64"] },
    { version: "3.99.0", digest: both("helm")["arm64"] },
  ]);
});

test("a digest that is missing leaves the version out, by name; --allow-missing COMPONENT takes it, and says what it lacks", async () => {
  publisher.releases("etcd-io/etcd", [{ tag: "v3.6.99" }]);
  const url = "github.com/etcd-io/etcd/releases/download/v3.6.99/SHA256SUMS";
  publisher.files.set(url, `${hexOf("etcd amd64")}  etcd-v3.6.99-linux-amd64.tar.gz\n`);
  publisher.releases("Mirantis/cri-dockerd", [{ tag: "v9.9.9", assets: { "cri-dockerd-9.9.9.amd64.tgz": null } }]);
  const ran = await update("--only", "etcd,cri-dockerd");
  expect(ran).toMatchObject({ code: 0, stdout: "" });
  expect(ran.stderr).toContain(
    `left out: etcd 3.6.99: etcd for linux/arm64: https://${url} does not name etcd-v3.6.99-linux-arm64.tar.gz\n`,
  );
  expect(ran.stderr).toContain(
    "left out: cri-dockerd 9.9.9: cri_dockerd for linux/amd64: GitHub has no digest of cri-dockerd-9.9.9.amd64.tgz; cri_dockerd for linux/arm64: the release has no asset cri-dockerd-9.9.9.arm64.tgz\n",
  );
  expect(existsSync(out())).toBeFalse();
  const taken = await update("--only", "etcd,cri-dockerd", "--allow-missing", "etcd,cri_dockerd");
  expect(taken).toMatchObject({ code: 0, stdout: "etcd 3.6.99\n" });
  expect(taken.stderr).toContain("note: etcd 3.6.99: etcd for linux/arm64: ");
  expect(written("etcd").files["etcd"]?.versions).toEqual({ "3.6.99": { amd64: `sha256:${hexOf("etcd amd64")}` } });
  expect(readdirSync(out())).toEqual(["etcd.json"]);
});

test("what nobody publishes is said with each version: Calico's CRDs", async () => {
  publisher.releases("projectcalico/calico", [{ tag: "v3.31.99" }]);
  publisher.files.set(
    "github.com/projectcalico/calico/releases/download/v3.31.99/SHA256SUMS",
    ["amd64", "arm64"].map((arch) => `${hexOf(`calicoctl ${arch}`)}  calicoctl-linux-${arch}\n`).join(""),
  );
  const ran = await update("--only", "calico");
  expect(ran).toMatchObject({ code: 0, stdout: "calico 3.31.99\n" });
  expect(ran.stderr).toContain(
    "note: calico 3.31.99: calico_crds: GitHub publishes no digest of a file inside a repository\n",
  );
  expect(Object.keys(written("calico").files)).toEqual(["calicoctl"]);
});

test("a checksum file that is broken, lies or is about something else: that version is not written, all others are", async () => {
  publishKubernetes(publisher, "1.35.6", ["1.35.5", "1.35.6"]);
  for (const minor of ["1.33", "1.34"]) publisher.files.set(`dl.k8s.io/release/stable-${minor}.txt`, `v${minor}.1`);
  publisher.files.set("dl.k8s.io/release/v1.35.6/bin/linux/arm64/kubeadm.sha256", "<html>\n<p>Sorry</p>\n");
  publisher.releases("kubernetes-sigs/cri-tools", [{ tag: "v1.35.98" }, { tag: "v1.35.99" }]);
  for (const arch of ["amd64", "arm64"]) {
    const base = "github.com/kubernetes-sigs/cri-tools/releases/download";
    publisher.files.set(`${base}/v1.35.98/crictl-v1.35.98-linux-${arch}.tar.gz.sha256`, hexOf(arch).slice(2));
    publisher.files.set(`${base}/v1.35.99/crictl-v1.35.99-linux-${arch}.tar.gz.sha256`, `${hexOf(arch)}  other.tar.gz`);
  }
  // Whoever replaced SHA256SUMS could not replace what GitHub itself computed.
  const asset = "nerdctl-9.9.9-linux-amd64.tar.gz";
  publisher.releases("containerd/nerdctl", [{ tag: "v9.9.9", assets: { [asset]: `sha256:${hexOf("real")}` } }]);
  publisher.files.set(
    "github.com/containerd/nerdctl/releases/download/v9.9.9/SHA256SUMS",
    `${hexOf("forged")}  ${asset}\n${hexOf("x")}  nerdctl-9.9.9-linux-arm64.tar.gz\n`,
  );
  const ran = await update(
    "--only",
    "kubernetes,crictl,nerdctl",
    "--kubespray",
    "2.31.0",
    "--allow-missing",
    "kubernetes,crictl,nerdctl",
  );
  expect(ran).toMatchObject({ code: 4, stdout: "kubernetes 1.35.5\n" });
  expect(ran.stderr).toContain(
    "failed: kubernetes 1.35.6: Cannot use https://dl.k8s.io/release/v1.35.6/bin/linux/arm64/kubeadm.sha256: it is more than one line\n",
  );
  expect(ran.stderr).toContain("failed: crictl 1.35.98: Cannot use https://github.com/");
  expect(ran.stderr).toContain('it is about "other.tar.gz" and not crictl-v1.35.99-linux-amd64.tar.gz');
  expect(ran.stderr).toContain(`says sha256:${hexOf("forged")} of ${asset}, and GitHub says sha256:${hexOf("real")}\n`);
  expect(ran.stderr).toMatch(
    /\nkso: Cannot take \S+ [\d.]+: .+, nor 3 more; everything else is written; run the same command again to go on\n$/,
  );
  // Where nothing is taken nothing was written, and that is no "nothing new".
  const alone = await update("--only", "nerdctl");
  expect(alone.stderr).toContain(`nothing could be taken; ${out()} stays as it is\n`);
  expect(alone.stderr).not.toContain("nothing new");
  // Quiet says no less than what is wrong.
  const quiet = await update("--only", "nerdctl", "--quiet");
  expect(quiet.stderr).toMatch(
    /^kso: Cannot take nerdctl 9\.9\.9: .+ and GitHub says sha256:\w+; nothing else is new; run the same command/,
  );
  expect(readdirSync(out())).toEqual(["kubernetes.json"]);
  expect(Object.keys(written("kubernetes").files["kubeadm"]?.versions ?? {})).toEqual(["1.35.5"]);
});

test("hostile tags ask for nothing and write nothing", async () => {
  const tags = [
    "v9.9.9/../../../../etc/passwd",
    "v9.9.9%2e%2e",
    "v9.9.9?x=1",
    "v9.9.9-rc.1",
    "../../v9.9.9",
    "v9.9.9\u001b[31m",
    "nightly",
  ];
  publisher.releases(
    "etcd-io/etcd",
    tags.map((tag) => ({ tag })),
  );
  const ran = await update("--only", "etcd");
  expect(ran).toMatchObject({ code: 0, stdout: "" });
  expect(asked()).toEqual(["GET api.github.com/repos/etcd-io/etcd/releases?per_page=30 200"]);
  expect(existsSync(out())).toBeFalse();
});

test("GitHub's limit: what other servers have is written, GitHub is asked no more, the hour is named", async () => {
  publishKubernetes(publisher, "1.35.5", ["1.35.5"]);
  for (const minor of ["1.33", "1.34"]) publisher.files.set(`dl.k8s.io/release/stable-${minor}.txt`, `v${minor}.1`);
  publisher.intercept = (path) =>
    path.startsWith("api.github.com/")
      ? new Response("API rate limit exceeded", {
          status: 403,
          headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1793700000" },
        })
      : undefined;
  const ran = await update("--only", "kubernetes,etcd,helm,runc", "--kubespray", "2.31.0", "--jobs", "1");
  expect(ran).toMatchObject({ code: 4, stdout: "kubernetes 1.35.5\n" });
  for (const name of ["etcd", "helm", "runc"])
    expect(ran.stderr).toMatch(
      new RegExp(`^failed: ${name}: .+ until 2026-11-03T10:00:00Z \\(rate limit\\); GITHUB_TOKEN raises`, "m"),
    );
  expect(publisher.requests().filter((line) => line.includes("api.github.com"))).toHaveLength(1);
  // When the limit is lifted, the same command goes on.
  publisher.intercept = undefined;
  publisher.releases("helm/helm", [{ tag: "v3.99.0" }]);
  for (const arch of ["amd64", "arm64"])
    publisher.files.set(`get.helm.sh/helm-v3.99.0-linux-${arch}.tar.gz.sha256`, hexOf(arch));
  expect(await update("--only", "kubernetes,helm", "--kubespray", "2.31.0")).toMatchObject({
    code: 0,
    stdout: "helm 3.99.0\n",
  });
});

test("an unreachable or senseless upstream fails by name", async () => {
  publisher.files.set("api.github.com/repos/helm/helm/releases?per_page=30", '{"message": "moved"}');
  const ran = await update("--only", "helm,runc");
  expect(ran.code).toBe(4);
  expect(ran.stderr).toContain("failed: helm: Cannot read GitHub's response: ");
  expect(ran.stderr).toMatch(
    /^failed: runc: Cannot fetch http:\/\/127\.0\.0\.1:\d+\/api\.github\.com\/repos\/opencontainers\/runc\/releases\?per_page=…: 404 Not Found/m,
  );
});

test("--dry-run asks and writes nothing; --json says it all", async () => {
  publisher.releases("helm/helm", [{ tag: "v3.99.0" }]);
  for (const arch of ["amd64", "arm64"])
    publisher.files.set(`get.helm.sh/helm-v3.99.0-linux-${arch}.tar.gz.sha256`, hexOf(arch));
  const ran = await update("--only", "helm,skopeo", "--dry-run", "--json");
  expect(ran.code).toBe(4);
  const digests = { amd64: `sha256:${hexOf("amd64")}`, arm64: `sha256:${hexOf("arm64")}` };
  expect(JSON.parse(ran.stdout)).toEqual({
    schema: "kso.update/1",
    folder: out(),
    dryRun: true,
    written: [
      {
        component: "helm",
        version: "3.99.0",
        files: { helm: { source: ".sha256 beside the file at get.helm.sh", digests } },
        lacks: [],
      },
    ],
    skipped: [],
    failed: [{ component: "skopeo", reason: expect.stringContaining("404 Not Found") }],
    images: [],
    unknown: [],
  });
  expect(ran.stderr).toContain("would be written to");
  expect(existsSync(out())).toBeFalse();
});

test("what the folder has is kept, and a broken file is refused before anything is asked", async () => {
  mkdirSync(out());
  const own = {
    name: "helm",
    requires: { yq: "*" },
    files: { helm: { source: "mine", versions: { "3.98.0": { amd64: `sha256:${hexOf("mine")}` } } } },
  };
  writeFileSync(join(out(), "helm.json"), JSON.stringify(own));
  publisher.releases("helm/helm", [{ tag: "v3.98.0" }, { tag: "v3.99.0" }]);
  for (const arch of ["amd64", "arm64"])
    publisher.files.set(`get.helm.sh/helm-v3.99.0-linux-${arch}.tar.gz.sha256`, hexOf(arch));
  expect(await update("--only", "helm")).toMatchObject({ code: 0, stdout: "helm 3.99.0\n" });
  expect(written("helm")).toEqual({
    ...own,
    files: {
      helm: {
        source: "mine",
        versions: {
          "3.99.0": { amd64: `sha256:${hexOf("amd64")}`, arm64: `sha256:${hexOf("arm64")}` },
          ...own.files.helm.versions,
        },
      },
    },
  });
  writeFileSync(join(out(), "helm.json"), '{ "name": "helm", "files": { "helm": 1 } }');
  publisher.requests();
  const ran = await update("--only", "helm");
  expect(ran).toMatchObject({ code: 3 });
  expect(ran.stderr).toContain("helm.json: files.helm");
  expect(publisher.requests()).toEqual([]);
});

test("a plugin that was brought says where its versions appear, and kso.yaml says all the rest", async () => {
  const plugin = `import { file, pinned } from "kso/plugin";
export default {
  name: "k9s", category: "tool", description: "k9s",
  upstream: { pin: "k9s_version", versions: { github: "derailed/k9s" }, digests: { k9s: { asset: true } } },
  *contribute(release, { arch }) {
    const at = pinned(release, "k9s_version");
    if (at) yield file("k9s", at, \`https://github.com/derailed/k9s/releases/download/v\${at.version}/k9s_Linux_\${arch}.tar.gz\`);
  },
};
`;
  writeFileSync(join(work, "k9s.ts"), plugin);
  publisher.releases("derailed/k9s", [
    {
      tag: "v0.50.1",
      assets: { "k9s_Linux_amd64.tar.gz": `sha256:${hexOf("a")}`, "k9s_Linux_arm64.tar.gz": `sha256:${hexOf("b")}` },
    },
  ]);
  const mirror = hosts.map((host) => `  ${host}: ${publisher.url}/${host}\n`).join("");
  // nodelocaldns has no upstream: other commands want it, this one has nothing to do for it.
  writeFileSync(
    join(work, "kso.yaml"),
    `plugin: k9s.ts\nmanifests: own\nonly: [k9s, nodelocaldns]\nmirror:\n${mirror}`,
  );
  const ran = await run("manifests", "update", "--config", join(work, "kso.yaml"));
  expect(ran).toMatchObject({ code: 0, stdout: "k9s 0.50.1\n" });
  expect(JSON.parse(readFileSync(join(work, "own/k9s.json"), "utf8"))).toMatchObject({
    files: { k9s: { versions: { "0.50.1": { amd64: `sha256:${hexOf("a")}`, arm64: `sha256:${hexOf("b")}` } } } },
  });
});

test("where nothing can be written, the message says so", async () => {
  publisher.releases("helm/helm", [{ tag: "v3.99.0" }]);
  for (const arch of ["amd64", "arm64"])
    publisher.files.set(`get.helm.sh/helm-v3.99.0-linux-${arch}.tar.gz.sha256`, hexOf(arch));
  writeFileSync(out(), "a file");
  const ran = await update("--only", "helm");
  expect(ran.code).not.toBe(0);
  expect(ran.stderr).toContain(`Cannot write to ${out()}`);
  expect(readFileSync(out(), "utf8")).toBe("a file");
});

test.each([
  [["manifests"], 2, "Write kso manifests update, kso manifests import --kubespray-dir DIR"],
  [["manifests", "updat"], 2, "Write kso manifests update"],
  [["manifests", "update", "--only", "hlem"], 3, 'did you mean "helm"?'],
  [
    ["manifests", "update", "--only", "krew", "--kubespray", "2.31.0"],
    3,
    "--only krew: nobody publishes digests of it, and kubespray-2.31.0 has no image of it: there is nothing to look for",
  ],
  [["manifests", "update", "--facts", "x"], 2, 'Unknown flag "--facts"'],
  [["manifests", "import", "--dry-run"], 2, "--dry-run has no meaning for kso manifests import"],
  [["manifests", "update", "--mirror", "x"], 2, '"x" is not HOST=URL'],
])("%j exits %d and says what to do", async (args, code, message) => {
  const ran = await run(...args);
  expect(ran).toMatchObject({ code, stdout: "" });
  expect(ran.stderr).toContain(message);
});

test("which architectures images have: asked once, written, and known to components and plans from then on", async () => {
  const registry = await startRegistry();
  try {
    const both = image({ platforms: { "linux/amd64": { layers: [] }, "linux/arm64": { layers: [] } } });
    const one = image({ platforms: { "linux/amd64": { layers: [] } }, index: false });
    registry.add("quay.io/metallb/controller", both, "v0.13.9");
    registry.add("quay.io/metallb/speaker", one, "v0.13.9");
    const flags = ["-o", out(), "--kubespray", "2.31.0", "--mirror", `quay.io=${registry.url}/quay.io`];
    const ran = await run("manifests", "update", ...flags, "--only", "metallb");
    expect(ran).toMatchObject({ code: 0, stdout: "" });
    expect(ran.stderr).toContain("unavailable: quay.io/metallb/speaker:v0.13.9 has nothing for arm64\n");
    expect(ran.stderr).toContain(`the architectures of 2 images were written to ${out()}; use them with --manifests`);
    expect(JSON.parse(readFileSync(join(out(), "metallb.json"), "utf8")).images).toEqual({
      "quay.io/metallb/controller": { source: "quay.io", tags: { "v0.13.9": { amd64: true, arm64: true } } },
      "quay.io/metallb/speaker": { source: "quay.io", tags: { "v0.13.9": { amd64: true, arm64: false } } },
    });
    // An index says it in one request, an image without one in two more.
    expect(registry.log.filter((line) => line.startsWith("GET ")).length).toBe(3);

    const known = ["--kubespray", "2.31.0", "--manifests", out(), "--json"];
    const { components } = JSON.parse((await run("components", ...known)).stdout);
    expect(components.find((row: { component: string }) => row.component === "metallb").platforms).toEqual({
      "linux/amd64": "complete",
      "linux/arm64": "partial",
    });
    const plan = JSON.parse((await run("resolve", ...known)).stdout);
    const lacking = plan.unavailable.filter(({ component }: { component: string }) => component === "metallb");
    expect(lacking).toEqual([
      expect.objectContaining({ kind: "image", name: "metallb_speaker", platform: "linux/arm64", included: false }),
    ]);
    const dry = await run("manifests", "update", ...flags, "--only", "metallb", "--dry-run", "--json");
    expect(JSON.parse(dry.stdout).images.map((found: { image: string }) => found.image)).toEqual([
      "quay.io/metallb/speaker:v0.13.9",
      "quay.io/metallb/controller:v0.13.9",
    ]);
    // A registry that does not answer leaves unknown what it was, by name, and nothing fails.
    const gone = ["--mirror", "registry.k8s.io=http://127.0.0.1:1"];
    const silent = await run("manifests", "update", "-o", out(), ...gone, "--only", "metrics-server");
    expect(silent.code).toBe(0);
    expect(silent.stderr).toContain("unknown: registry.k8s.io: 1 image stays unknown: registry.k8s.io/metrics-server/");
  } finally {
    await registry.close();
  }
});
