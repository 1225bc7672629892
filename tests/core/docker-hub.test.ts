import { expect, test } from "bun:test";
import { canonicalHost, canonicalName, canonicalRepository } from "../../src/core/docker-hub.ts";

test.each(["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"])(
  "%s is Docker Hub",
  (host) => expect(canonicalHost(host)).toBe("docker.io"),
);

test("any other host stays as it is, and so do its repositories", () => {
  for (const host of ["quay.io", "docker.io.example.org", "localhost:5000"]) expect(canonicalHost(host)).toBe(host);
  expect(canonicalRepository("quay.io", "nginx")).toBe("nginx");
  expect(canonicalRepository("docker.io", "nginx")).toBe("library/nginx");
  expect(canonicalRepository("docker.io", "calico/node")).toBe("calico/node");
});

test.each([
  ["registry-1.docker.io/library/nginx", "docker.io/library/nginx"],
  ["index.docker.io/nginx", "docker.io/library/nginx"],
  ["docker.io/nginx", "docker.io/library/nginx"],
  ["docker.io/a/b/c", "docker.io/a/b/c"],
  ["quay.io/nginx", "quay.io/nginx"],
  ["nginx", "nginx"],
  ["docker.io/", "docker.io/"],
])("%s is %s", (name, canonical) => expect(canonicalName(name)).toBe(canonical));
