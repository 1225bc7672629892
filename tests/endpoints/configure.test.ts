import { expect, test } from "bun:test";
import { configure } from "../../src/endpoints/configure.ts";
import { type Endpoints, parseRegistryEndpoint } from "../../src/endpoints/endpoints.ts";
import { type Target, targets } from "../../src/endpoints/targets.ts";
import { sampleLock } from "../support/bundle.ts";
import { temporary } from "../support/temp.ts";

test.each([
  ["10.0.0.5:5000", "http://10.0.0.5:8080/k8s", []],
  ["localhost:5000", "http://10.0.0.5:8080/k8s", ["localhost:5000"]],
  ["kso.site:5000", "http://127.0.0.1:8080/k8s", ["127.0.0.1:8080"]],
  ["localhost:5000", "http://[::1]/k8s", ["localhost:5000", "[::1]"]],
  ["localhost.site:5000", undefined, []],
])("registry at %s, files at %s: a remark about %p", async (host, files, named) => {
  using folder = temporary();
  const { lock } = sampleLock(folder.path);
  const endpoints: Endpoints = {
    ...(files !== undefined && { files }),
    ...{ registry: parseRegistryEndpoint(host, false), naming: "strip-host", insecure: false, credentials: [] },
  };
  const options = {
    target: targets["containerd"] as Target,
    endpoints,
    lock,
    lockDigest: "",
    charts: [],
    catchAll: false,
    force: false,
  };
  const { configuration } = await configure(options, { findRelease: async () => undefined });
  expect(
    configuration.remarks
      .filter((remark) => remark.includes("is each node itself"))
      .map((remark) => remark.split(" ")[0]),
  ).toEqual(named);
});
