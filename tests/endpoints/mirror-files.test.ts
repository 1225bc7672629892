// Mirror files, as text; real programs read them in tests/e2e/site.e2e.ts.
import { expect, test } from "bun:test";
import type { Endpoints } from "../../src/endpoints/endpoints.ts";
import { containerdFiles, crioFiles, dockerFiles } from "../../src/endpoints/mirror-files.ts";

const plain: Endpoints = {
  registry: { scheme: "http", host: "10.0.0.5:5000", prefix: "" },
  naming: "keep-host",
  insecure: false,
  credentials: [],
};
const secure: Endpoints = {
  ...plain,
  registry: { scheme: "https", host: "harbor.example", prefix: "k8s" },
  ca: { pem: "-----BEGIN CERTIFICATE-----\n", path: "/etc/ssl/certs/kso-ca.pem" },
};
const texts = (files: readonly { path: string; content: string }[]): Record<string, string> =>
  Object.fromEntries(files.map(({ path, content }) => [path, content]));

test("containerd requests each origin's images from the endpoints, and from nowhere else", () => {
  expect(texts(containerdFiles(plain, ["quay.io"], false))).toEqual({
    "10.0.0.5:5000/hosts.toml": `# 10.0.0.5:5000, answered by 10.0.0.5:5000; written by kso
server = "http://10.0.0.5:5000"

[host."http://10.0.0.5:5000"]
  capabilities = ["pull", "resolve"]
`,
    "quay.io/hosts.toml": `# quay.io, answered by 10.0.0.5:5000; written by kso
server = "http://10.0.0.5:5000"

[host."http://10.0.0.5:5000/v2/quay.io"]
  capabilities = ["pull", "resolve"]
  override_path = true
`,
  });
  expect(texts(containerdFiles({ ...plain, naming: "strip-host" }, ["quay.io"], true))).toMatchObject({
    "quay.io/hosts.toml": expect.not.stringContaining("override_path"),
    "_default/hosts.toml": `# Every other registry, answered by 10.0.0.5:5000; written by kso
server = "http://10.0.0.5:5000"

[host."http://10.0.0.5:5000"]
  capabilities = ["pull", "resolve"]
`,
  });
});

test("a CA lies beside the file that names it, and certificates are verified unless --insecure is given", () => {
  const files = texts(containerdFiles(secure, ["quay.io"], false));
  expect(files["quay.io/hosts.toml"]).toContain('[host."https://harbor.example/v2/k8s/quay.io"]');
  expect(files["quay.io/hosts.toml"]).toContain('  ca = "ca.crt"');
  expect(files["quay.io/ca.crt"]).toBe(secure.ca?.pem as string);
  const { ca: _, ...unchecked } = secure;
  const all = (site: Endpoints): string =>
    Object.values(
      texts([...containerdFiles(site, ["quay.io"], true), ...crioFiles(site, ["quay.io"]), ...dockerFiles(site)]),
    ).join("");
  expect(all(secure)).not.toMatch(/skip_verify|insecure/);
  expect(all({ ...unchecked, insecure: true })).toMatch(
    /skip_verify = true[\s\S]*insecure = true[\s\S]*insecure-registries/,
  );
});

test("credentials are a hint, never a value", () => {
  const hosts = texts(containerdFiles({ ...plain, credentials: ["registry"] }, ["quay.io"], false))[
    "quay.io/hosts.toml"
  ];
  expect(hosts).toContain('#   Authorization = ["Basic …"]');
});

test("CRI-O and Podman rewrite names, so that nothing is requested from the origin", () => {
  expect(texts(crioFiles(secure, ["docker.io"]))).toEqual({
    "registries.conf.d/50-kso.conf": `# Registries answered by harbor.example; written by kso

[[registry]]
prefix = "harbor.example"
location = "harbor.example"

[[registry]]
prefix = "docker.io"
location = "harbor.example/k8s/docker.io"
`,
    "certs.d/harbor.example/ca.crt": secure.ca?.pem as string,
  });
});

test("Docker has a mirror for docker.io, where the registry has no path", () => {
  expect(JSON.parse(texts(dockerFiles(plain))["daemon.json"] as string)).toEqual({
    "registry-mirrors": ["http://10.0.0.5:5000"],
    "insecure-registries": ["10.0.0.5:5000"],
  });
  expect(texts(dockerFiles(secure))).toEqual({
    "daemon.json": "{}\n",
    "certs.d/harbor.example/ca.crt": secure.ca?.pem as string,
  });
});
