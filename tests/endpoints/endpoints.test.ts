// Addresses as people write them, and the names under which a site has what a bundle holds.
import { expect, test } from "bun:test";
import {
  type Endpoints,
  fileAt,
  parseEndpointNaming,
  parseFilesUrl,
  parseRegistryEndpoint,
  repositoryAt,
} from "../../src/endpoints/endpoints.ts";
import { mirrorUrl } from "../../src/endpoints/engines.ts";

const site = (registry: string, naming: Endpoints["naming"] = "keep-host"): Endpoints => ({
  registry: parseRegistryEndpoint(registry, false),
  naming,
  insecure: false,
  credentials: [],
});

test.each([
  ["10.0.0.5:5000", "http", "10.0.0.5:5000", ""],
  ["harbor.example", "https", "harbor.example", ""],
  ["harbor.example:8443/k8s/", "https", "harbor.example:8443", "k8s"],
  ["http://harbor.example/a/b", "http", "harbor.example", "a/b"],
  ["https://[::1]:5000", "https", "[::1]:5000", ""],
] as const)("the registry %s", (text, scheme, host, prefix) => {
  expect(parseRegistryEndpoint(text, false)).toEqual({ scheme, host, prefix });
});

test("a CA, or a request not to look at one, means https", () => {
  expect(parseRegistryEndpoint("10.0.0.5:5000", true).scheme).toBe("https");
  expect(parseRegistryEndpoint("http://10.0.0.5:5000", true).scheme).toBe("http");
});

test.each([
  ["", "it has no host"],
  ["user:pass@host", "a password has no place in it"],
  ["host:99999", "there is no port 99999"],
  ["ho st:5000", 'its host "ho st:5000" cannot be one'],
  ["host/UPPER", '"UPPER" cannot stand in front of a repository'],
  ["{{ x }}", "cannot be one"],
])("no registry: %s", (text, why) => {
  expect(() => parseRegistryEndpoint(text, false)).toThrow(why);
});

test.each(["10.0.0.5:8080", "ftp://host/", "http://host/?a=b", "http://host/{{ x }}"])("no file server: %s", (text) => {
  expect(() => parseFilesUrl(text)).toThrow(`"${text}" is not the address of a file server`);
});

test("a password in a URL never gets into a file, nor into the message", () => {
  expect(() => parseFilesUrl("http://me:secret@host/")).toThrow(/^(?!.*secret).*--credentials files$/);
});

test("what no configuration can say is refused", () => {
  expect(() => parseEndpointNaming("flatten")).toThrow("push with strip-host or keep-host");
  expect(() => parseEndpointNaming("keep")).toThrow('--map is strip-host or keep-host, not "keep"');
});

test("names at the endpoints", () => {
  const image = "registry.k8s.io/sig-storage/csi-attacher:v4";
  expect(repositoryAt(site("h:5000"), image)).toBe("registry.k8s.io/sig-storage/csi-attacher");
  expect(repositoryAt(site("h:5000/k8s"), image)).toBe("k8s/registry.k8s.io/sig-storage/csi-attacher");
  expect(repositoryAt(site("h:5000", "strip-host"), image)).toBe("sig-storage/csi-attacher");
  expect(repositoryAt(site("h:5000"), "Mirror.example:8443/a:1")).toBe("mirror.example-8443/a");
  expect(mirrorUrl(site("h:5000/k8s"), "quay.io")).toBe("http://h:5000/v2/k8s/quay.io");
  expect(mirrorUrl(site("h:5000", "strip-host"), "quay.io")).toBe("http://h:5000");
  const url = "https://dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet";
  expect(fileAt("http://10.0.0.5:8080/k8s", url)).toBe(
    "http://10.0.0.5:8080/k8s/dl.k8s.io/release/v1.35.4/bin/linux/arm64/kubelet",
  );
});
