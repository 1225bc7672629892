// What images are called in the registry: three mappings, a prefix, and names that collide.
import { expect, test } from "bun:test";
import { rejection } from "../support/http.ts";
import { nginx, pause, pushBench, threeImages } from "../support/push-bench.ts";
import { held, push as pushTo } from "../support/pushing.ts";

const bench = pushBench(threeImages);

test.each([
  ["strip-host", "", ["library/nginx:1.28", "calico/node:v3", "pause:3.10"]],
  ["strip-host", "site/k8s", ["site/k8s/library/nginx:1.28", "site/k8s/calico/node:v3", "site/k8s/pause:3.10"]],
  ["keep-host", "", ["docker.io/library/nginx:1.28", "quay.io/calico/node:v3", "registry.k8s.io/pause:3.10"]],
  ["flatten", "site", ["site/library-nginx:1.28", "site/calico-node:v3", "site/pause:3.10"]],
] as const)("--map %s below %p", async (map, prefix, names) => {
  const target = await bench.start();
  await bench.push(target, { map, prefix });
  expect(Object.keys(target.tags).toSorted()).toEqual(names.toSorted());
});

test("two images that would share a name are found before anything is sent", async () => {
  const target = await bench.start();
  const clash = held(bench.path, { "docker.io/a/b-c:1": nginx, "quay.io/a-b/c:1": pause, "docker.io/z:1": nginx });
  const cause = await rejection(pushTo(clash, target, { map: "flatten" }));
  expect(cause).toMatchObject({ code: "unresolvable" });
  for (const word of ["docker.io/a/b-c:1", "quay.io/a-b/c:1", "a-b-c:1", "--map keep-host"])
    expect(cause.message).toContain(word);
  expect(target.log).toEqual([]);
  // The same image under two names is no clash.
  const twice = held(bench.path, { "docker.io/library/nginx:1": nginx, "quay.io/library/nginx:1": nginx });
  const { arrived } = await pushTo(twice, target);
  expect(arrived.map(({ item }) => item)).toEqual(["docker.io/library/nginx:1", "quay.io/library/nginx:1"]);
});

test("the names of a site's own layout, beside those of the naming", async () => {
  const target = await bench.start();
  const images = new Map([["quay.io/calico/node:v3", new Set(["mirror/calico-node:v3", "mirror/node:3"])]]);
  const { arrived } = await bench.push(target, { prefix: "mirror", layout: { files: new Map(), images } });
  expect(Object.keys(target.tags).toSorted()).toEqual(
    ["mirror/calico-node:v3", "mirror/library/nginx:1.28", "mirror/node:3", "mirror/pause:3.10"].toSorted(),
  );
  expect(arrived.filter(({ item }) => item === "quay.io/calico/node:v3")).toHaveLength(2);
});

test.each([
  ["above the prefix", "elsewhere/node:v3", { prefix: "mirror" }, "usage", '"elsewhere/node" is not below "mirror"'],
  ["of another image", "pause:3.10", {}, "unresolvable", "are different images"],
  ["that no registry takes", "Mirror/node:v3", {}, "unresolvable", "is not the name of a repository"],
])("a name of a site's own %s is found before anything is sent", async (_, name, to, code, message) => {
  const target = await bench.start();
  const layout = { files: new Map(), images: new Map([["quay.io/calico/node:v3", new Set([name])]]) };
  const cause = await rejection(bench.push(target, { ...to, layout }));
  expect(cause).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(target.log).toEqual([]);
});

test("a port in a kept host", async () => {
  const target = await bench.start();
  await pushTo(held(bench.path, { "mirror.Example:8443/nginx:1": nginx }), target, { map: "keep-host" });
  expect(Object.keys(target.tags)).toEqual(["mirror.example-8443/nginx:1"]);
});
