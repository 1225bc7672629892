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

test("a port in a kept host", async () => {
  const target = await bench.start();
  await pushTo(held(bench.path, { "mirror.Example:8443/nginx:1": nginx }), target, { map: "keep-host" });
  expect(Object.keys(target.tags)).toEqual(["mirror.example-8443/nginx:1"]);
});
