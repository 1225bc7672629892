// Addresses of registries in parts, and what registries call the repositories that they hold.
import { expect, test } from "bun:test";
import { KsoError } from "../../src/core/errors.ts";
import { nameInRegistry, parseRegistryAddress } from "../../src/core/registry-address.ts";

const parse = (text: string) => parseRegistryAddress(text, (reason) => new KsoError("usage", reason));

test.each([
  ["10.0.0.5:5000", { host: "10.0.0.5:5000", prefix: "" }],
  ["my_registry/k8s/", { host: "my_registry", prefix: "k8s" }],
  ["HTTP://harbor.example/a/b", { scheme: "http", host: "harbor.example", prefix: "a/b" }],
  ["host:1", { host: "host:1", prefix: "" }],
  ["host:65535", { host: "host:65535", prefix: "" }],
  ["https://[::1]:5000", { scheme: "https", host: "[::1]:5000", prefix: "" }],
] as const)("the parts of %s", (text, parts) => {
  expect(parse(text)).toEqual(parts);
});

test.each([
  ["", "it has no host"],
  ["ftp://host", "only http and https are spoken to a registry"],
  ["host:0", "there is no port 0"],
  ["host:65536", "there is no port 65536"],
  ["me:secret@host", 'its host "me:secret@host" cannot be one'],
  ["host/UPPER", '"UPPER" cannot stand in front of a repository'],
])("no address: %s", (text, reason) => {
  expect(() => parse(text)).toThrow(reason);
});

test("each naming", () => {
  const image = { host: "Mirror.example:8443", repository: "calico/node" };
  expect(nameInRegistry(image, "strip-host", "")).toBe("calico/node");
  expect(nameInRegistry(image, "keep-host", "k8s")).toBe("k8s/mirror.example-8443/calico/node");
  expect(nameInRegistry(image, "flatten", "k8s")).toBe("k8s/calico-node");
});
