// What `kso config` writes, in the hands of those it is written for: ctr, skopeo and podman pull by the images' own names, and
// kubespray's variables lead to the files. Real nginx and docker-registry are the site. Run by .ci/run after build.ts.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { startContainerd } from "../support/containerd.ts";
import { must, type Outcome, requireTools, type Server, serveRegistry, startRegistry } from "../support/containers.ts";
import { topDigest } from "../support/layers.ts";
import { firstRelease, type Origin, pushImages, startOrigin } from "../support/origin.ts";
import { ksoIn, works } from "../support/program.ts";
import { sha } from "../support/seed.ts";
import { startService } from "../support/service.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
const at = (...names: string[]): string => join(folder.path, ...names);
const kso = ksoIn(at("home"));
const release = firstRelease();
const images = Object.keys(release.images);
let origin: Origin;
let site: string[];

beforeAll(async () => {
  await requireTools({ containerd: "containerd", ctr: "containerd", podman: "podman", openssl: "openssl" });
  // nginx serves as nobody.
  chmodSync(folder.path, 0o755);
  origin = await startOrigin(at("origin"));
  const flags = await origin.publish("first", release);
  await works(kso("export", "--format", "tarball", "-o", at("bundle.tar"), "--lock", at("lock.json"), ...flags));
  site = [
    ...["--registry-host", `127.0.0.1:${origin.registry.port}`],
    ...["--map", "keep-host", "--files-url", `http://127.0.0.1:${origin.files.port}`],
  ];
}, 60_000);
afterAll(async () => {
  await origin?.stop();
  folder[Symbol.dispose]();
});

const config = (target: string, ...more: string[]): Promise<Outcome> =>
  kso("config", target, at("bundle.tar"), ...more);
const upstream = (name: string): string => `127.0.0.1:${origin.registry.port}/${name}`;

test("containerd pulls every image by its own name, for both architectures", async () => {
  await works(config("containerd", ...site, "-o", at("certs.d"), "--check"));
  const containerd = await startContainerd(at("containerd"));
  try {
    for (const arch of ["amd64", "arm64"])
      for (const name of images) {
        const options = ["--hosts-dir", at("certs.d"), "--platform", `linux/${arch}`, "--snapshotter", "native"];
        await containerd.ctr("images", "pull", ...options, name);
        expect((await containerd.ctr("images", "ls", `name==${name}`)).split(/\s+/)).toContain(
          await topDigest(upstream(name)),
        );
        const platform = Object.entries(release.images[name]?.platforms ?? {}).find(([key]) => key.includes(arch))?.[1];
        const blobs = await containerd.ctr("content", "ls", "-q");
        for (const { digest } of platform?.layers ?? []) expect(blobs).toContain(digest);
      }
    // What the bundle lacks is refused by the site, and nobody else is asked.
    const lost = containerd.ctr("images", "pull", "--hosts-dir", at("certs.d"), "quay.io/calico/lost:v1");
    expect(await lost.catch((thrown) => String(thrown))).toContain("not found");
  } finally {
    await containerd.stop();
  }
}, 120_000);

test("skopeo and podman pull by the same names, rewritten", async () => {
  // As a user has it; on a node it is /etc/containers.
  await works(config("crio", ...site, "-o", at("user/.config/containers"), "--check"));
  const env = { HOME: at("user") };
  for (const name of images) {
    const raw = await must("skopeo", ["inspect", "--raw", `docker://${name}`], env);
    expect(sha(Buffer.from(raw))).toBe((await topDigest(upstream(name))) as `sha256:${string}`);
    for (const arch of ["amd64", "arm64"]) {
      const into = at(`copy-${images.indexOf(name)}-${arch}`);
      const only = ["--override-os=linux", `--override-arch=${arch}`, "--override-variant=v8"];
      await must("skopeo", [...only, "copy", "--quiet", `docker://${name}`, `dir:${into}`], env);
    }
  }
  const storage = ["--root", at("podman"), "--runroot", at("podman-run"), "--storage-driver", "vfs"];
  await must("podman", [...storage, "pull", "--quiet", "quay.io/calico/node:v3"], env);
  expect(await must("podman", [...storage, "images", "--format", "{{.Repository}}:{{.Tag}}"], env)).toContain(
    "quay.io/calico/node:v3",
  );
}, 120_000);

test("kubespray's variables lead to every file and name every image", async () => {
  await works(config("kubespray", ...site, "-o", at("inventory/group_vars/all/offline.yml"), "--check"));
  const text = readFileSync(at("inventory/group_vars/all/offline.yml"), "utf8");
  const variables = parse(text, { strict: true, uniqueKeys: true }) as Record<string, string>;
  expect(text).not.toMatch(/skip_verify|download_run_once/);
  const filled = (name: string): string =>
    (variables[name] ?? "").replace(/\{\{ (files_repo|registry_host) \}\}/g, (_, inner) => variables[inner] ?? "");
  for (const { path, bytes } of release.files.filter(({ path }) =>
    /^(dl\.k8s\.io|github\.com|get\.helm\.sh)/.test(path),
  )) {
    const [host = "", ...rest] = path.split("/");
    const base =
      { "dl.k8s.io": "dl_k8s_io_url", "github.com": "github_url", "get.helm.sh": "get_helm_url" }[host] ?? "";
    const answer = await fetch(`${filled(base)}/${rest.join("/")}`);
    expect([path, sha(new Uint8Array(await answer.arrayBuffer()))]).toEqual([path, sha(bytes)]);
  }
  expect(await topDigest(`${filled("kube_image_repo")}/pause:3.10`)).toBe(await topDigest(upstream(images[0] ?? "")));
  expect(await topDigest(`${filled("quay_image_repo")}/calico/node:v3`)).toBe(
    await topDigest(upstream(images[1] ?? "")),
  );
  // The same again: the same bytes, and nothing beside them.
  await works(config("kubespray", ...site, "-o", at("inventory/group_vars/all/offline.yml")));
  expect(readFileSync(at("inventory/group_vars/all/offline.yml"), "utf8")).toBe(text);
  expect(readdirSync(at("inventory/group_vars/all"))).toEqual(["offline.yml"]);
  expect(await works(config("kubespray", ...site, "--quiet"))).toBe(text);
  const json = JSON.parse(await works(config("kubespray", ...site, "--json", "--check")));
  expect(json).toMatchObject({
    schema: "kso.config/1",
    target: "kubespray",
    files: [{ path: "offline.yml", content: text }],
    check: { missing: [] },
  });
  // Files of each architecture, documents of both once for each, and images under two forms.
  expect(json.check.checked).toBe(release.files.length + images.length * 2 * 2);
}, 60_000);

test("--check names each miss, for each architecture, and ends with 5", async () => {
  const broken = await startOrigin(at("broken"));
  try {
    await broken.publish("first", release);
    const www = at("broken/www");
    rmSync(join(www, "dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet"));
    writeFileSync(join(www, "raw.githubusercontent.com/calico/v3/crds.yaml"), "short\n");
    const repositories = at("broken/registry/storage/docker/registry/v2/repositories");
    // No such tag; the arm64 manifest alone; one layer of amd64 alone.
    rmSync(join(repositories, "docker.io/library/tool/_manifests/tags/1.0"), { recursive: true });
    const pause = release.images["registry.k8s.io/pause:3.10"]?.platforms;
    const arm = pause?.["linux/arm64/v8"]?.manifest.digest.replace(":", "/") ?? "";
    rmSync(join(repositories, "registry.k8s.io/pause/_manifests/revisions", arm), { recursive: true });
    const layer = release.images["quay.io/calico/node:v3"]?.platforms["linux/amd64"]?.layers[1]?.digest ?? "";
    rmSync(join(repositories, "quay.io/calico/node/_layers", layer.replace(":", "/")), { recursive: true });
    const flags = [
      ...["--registry-host", `127.0.0.1:${broken.registry.port}`, "--map", "keep-host"],
      ...["--files-url", `http://127.0.0.1:${broken.files.port}`, "-o", at("broken.yml")],
    ];
    const { code, stdout, stderr } = await config("kubespray", ...flags, "--check");
    expect(stdout.trim().split("\n").sort()).toEqual([
      "missing: dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet for linux/arm64: 404 Not Found",
      // Under each form of its name the same is missing.
      "missing: docker.io/library/tool:1.0 for linux/amd64: there is no such image",
      "missing: docker.io/library/tool:1.0 for linux/arm64: there is no such image",
      `missing: quay.io/calico/node:v3 for linux/amd64: the registry lacks its blob ${layer}`,
      "missing: raw.githubusercontent.com/calico/v3/crds.yaml for linux/amd64: it has 6 bytes, and 31 in the bundle",
      "missing: raw.githubusercontent.com/calico/v3/crds.yaml for linux/arm64: it has 6 bytes, and 31 in the bundle",
      `missing: registry.k8s.io/pause:3.10 for linux/arm64: the registry lacks its manifest ${arm.replace("/", ":")}`,
    ]);
    expect(code).toBe(5);
    expect(stderr).toMatch(/2 of \d+ files and 3 of 3 images are not at the site as the bundle has them/);
    // What was written is there all the same.
    expect(existsSync(at("broken.yml"))).toBe(true);
  } finally {
    await broken.stop();
  }
  const gone = await config("kubespray", ...site.slice(0, 5), `http://127.0.0.1:${broken.files.port}`, "--check");
  expect([gone.code, gone.stderr.includes("Cannot reach the file server")]).toEqual([6, true]);
}, 60_000);

test("with a CA of the site's own, containerd and --check look at certificates", async () => {
  const { ca, registry } = await secureRegistry();
  try {
    const flags = ["--registry-host", `localhost:${registry.port}`, "--map", "keep-host", "-o", at("secure.d")];
    await works(config("containerd", ...flags, "--ca", ca, "--check"));
    expect(readFileSync(at("secure.d/quay.io/ca.crt"), "utf8")).toBe(readFileSync(ca, "utf8"));
    const containerd = await startContainerd(at("containerd-secure"));
    try {
      const pull = (hosts: string): Promise<string> =>
        containerd.ctr("images", "pull", "--hosts-dir", hosts, "--snapshotter", "native", "quay.io/calico/node:v3");
      await pull(at("secure.d"));
      // The negative control: without that CA nobody is trusted.
      await works(
        config("containerd", "--registry-host", `https://localhost:${registry.port}`, "-o", at("untrusted.d")),
      );
      await containerd.ctr("images", "rm", "quay.io/calico/node:v3");
      expect(await pull(at("untrusted.d")).catch((thrown) => String(thrown))).toContain("certificate");
    } finally {
      await containerd.stop();
    }
    const untrusted = await config(
      "containerd",
      "--registry-host",
      `https://localhost:${registry.port}`,
      "-o",
      at("untrusted.d"),
      "--check",
    );
    expect([untrusted.code, untrusted.stderr.includes("certificate")]).toEqual([6, true]);
    // Plain HTTP to ports with TLS: docker-registry says 400 (Go), kso cuts the connection.
    const name = ["--tls-self-signed", "localhost", "--tls-dir", at("plain-tls")];
    await using service = await startService(folder.path, [at("bundle.tar"), ...name]);
    const secure = new URL(service.registry).host;
    for (const host of [`localhost:${registry.port}`, secure]) {
      const to = ["--registry-host", `http://${host}`, "-o", at("plain.d"), "--check"];
      for (const failed of [await config("containerd", ...to), await kso("push", at("bundle.tar"), "--registry", host)])
        expect([failed.code, failed.stderr]).toEqual([
          6,
          expect.stringContaining(`; if ${host} speaks TLS, write https://${host}`),
        ]);
    }
    const files = [
      "--registry-host",
      `127.0.0.1:${origin.registry.port}`,
      "--files-url",
      `http://${secure}/k8s`,
      "--check",
    ];
    const failed = await config("kubespray", ...files, "-o", at("plain.yml"));
    expect([failed.code, failed.stderr]).toEqual([6, expect.stringContaining(`write https://${secure}`)]);
  } finally {
    await registry.stop();
  }
}, 120_000);

test("what kso push put into a registry is found there, without a further flag", async () => {
  const registry = await serveRegistry(at("pushed"));
  const containerd = await startContainerd(at("containerd-pushed"));
  try {
    const host = `127.0.0.1:${registry.port}`;
    // docker-registry takes no index that names platforms which are not there: the check knows the new one.
    const push = (to: string, ...more: string[]): Promise<string> =>
      works(kso("push", at("bundle.tar"), "--registry", `http://${to}`, "--index", "trim", ...more));
    await push(host);
    await works(config("containerd", "--registry-host", host, "-o", at("pushed.d"), "--check"));
    for (const name of images) {
      const options = ["--hosts-dir", at("pushed.d"), "--platform", "linux/arm64", "--snapshotter", "native"];
      await containerd.ctr("images", "pull", ...options, name);
    }
    // Below a prefix, with hosts kept, names are others, and the configuration follows.
    const deep = ["--map", "keep-host"];
    await push(`${host}/deep`, ...deep);
    await works(config("crio", "--registry-host", `${host}/deep`, ...deep, "-o", at("deep"), "--check"));
    const wrong = await config("crio", "--registry-host", `${host}/deeper`, ...deep, "-o", at("deep"), "--check");
    expect(wrong.code).toBe(5);
  } finally {
    await containerd.stop();
    await registry.stop();
  }
}, 120_000);

test("kso serve has it all, in both namings; every other registry is asked for there too", async () => {
  const tls = ["--tls-self-signed", "127.0.0.1", "--tls-dir", at("tls")];
  const served = await startService(at("home"), [at("bundle.tar"), ...tls]);
  const containerd = await startContainerd(at("containerd-served"));
  try {
    const { files, registry, ready } = served;
    const there = ["--registry-host", registry, "--ca", ready["ca"] ?? ""];
    for (const naming of ["strip-host", "keep-host"])
      for (const below of ["/k8s", ""]) {
        const flags = [...there, "--map", naming, "--files-url", `${files}${below}`, "--check"];
        const { check } = JSON.parse(await works(config("kubespray", ...flags, "--json", "-o", at("served.yml"))));
        expect([naming, check.missing]).toEqual([naming, []]);
      }
    const certs = at("served.d");
    const pull = (name: string, ...more: string[]): Promise<string> =>
      containerd.ctr("images", "pull", "--hosts-dir", certs, "--snapshotter", "native", ...more, name);
    await works(config("containerd", ...there, "-o", certs, "--catch-all"));
    for (const arch of ["amd64", "arm64"]) for (const name of images) await pull(name, "--platform", `linux/${arch}`);
    // A registry that has no file of its own is asked for at the site, by its name.
    rmSync(join(certs, "quay.io"), { recursive: true });
    await containerd.ctr("images", "rm", "quay.io/calico/node:v3");
    await pull("quay.io/calico/node:v3");
    const lost = await pull("ghcr.io/nobody/knows:v1").catch((thrown) => String(thrown));
    expect(lost).toContain("ghcr.io/nobody/knows:v1: not found");
  } finally {
    await containerd.stop();
    await served.stop();
  }
}, 120_000);

test("files of others are left alone", async () => {
  mkdirSync(at("etc/certs.d/harbor.example"), { recursive: true });
  writeFileSync(at("etc/certs.d/harbor.example/hosts.toml"), "mine\n");
  await works(config("containerd", ...site, "-o", at("etc/certs.d")));
  expect(readFileSync(at("etc/certs.d/harbor.example/hosts.toml"), "utf8")).toBe("mine\n");
  expect(readdirSync(at("etc/certs.d")).sort()).toEqual(
    [`127.0.0.1:${origin.registry.port}`, "docker.io", "harbor.example", "quay.io", "registry.k8s.io"].sort(),
  );
  await works(config("docker", ...site, "-o", at("etc/docker")));
  writeFileSync(at("etc/docker/daemon.json"), '{ "debug": true }');
  const { code, stderr } = await config("docker", ...site, "-o", at("etc/docker"));
  expect([code, stderr.includes("there is one already")]).toEqual([2, true]);
  expect(readFileSync(at("etc/docker/daemon.json"), "utf8")).toBe('{ "debug": true }');
});

test.each([
  [[], 2, "Say for whom: kso config kubespray|containerd|docker|crio BUNDLE"],
  [["nomad", "x.tar"], 2, 'not "nomad"'],
  [["docker"], 2, "Name a bundle: kso config docker bundle.tar"],
  [["containerd", "x.tar"], 2, "-o DIR"],
  [["kubespray", "x.tar"], 2, "Name the registry: --registry-host HOST:5000"],
  [["kubespray", "x.tar", "--registry-host", "h:5000"], 2, "Cannot read x.tar"],
  [
    ["crio", "x.tar", "--registry-host", "h:5000", "-o", "d", "--map", "flatten"],
    2,
    "push with strip-host or keep-host",
  ],
] as const)("kso config %p is refused", async (args, code, message) => {
  const outcome = await kso("config", ...args);
  expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(message)]);
});

/** docker-registry over TLS, with the release's images, and its CA. */
async function secureRegistry(): Promise<{ ca: string; registry: Server }> {
  const dir = at("secure");
  mkdirSync(dir);
  const days = ["-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await must("openssl", [
    ...["req", "-x509", ...days, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", join(dir, "key.pem"), "-out", join(dir, "ca.pem")],
  ]);
  const registry = await startRegistry(
    dir,
    (port) => `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${dir}/storage } }
http: { addr: "127.0.0.1:${port}", tls: { certificate: ${dir}/ca.pem, key: ${dir}/key.pem } }
`,
  );
  await pushImages(`localhost:${registry.port}`, join(dir, "layouts"), release);
  return { ca: join(dir, "ca.pem"), registry };
}
