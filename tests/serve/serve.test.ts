// The use case as a library: bundles in, a running server out.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseMissingList } from "../../src/core/extra-artifacts.ts";
import { type ServeDependencies, type ServeOptions, serve } from "../../src/serve/serve.ts";
import { sealed } from "../support/sealed.ts";
import { temporary } from "../support/temp.ts";

const dependencies: ServeDependencies = {
  build: { version: "1.2.3", commit: "abc" },
  processUsage: () => ({ memory: 100, cpu: 1.5 }),
  releaseOf: () => undefined,
  namedArtifacts: () => [],
  warn: (text) => {
    throw new Error(text);
  },
};
const localhost = { host: "127.0.0.1", port: 0 };
const options = (path: string, more: Partial<ServeOptions> = {}): ServeOptions => ({
  bundles: [path],
  addresses: { files: localhost, registry: localhost },
  tls: undefined,
  htpasswd: undefined,
  accessLog: undefined,
  missing: undefined,
  ...more,
});

test("files and registry on two listeners, both with /health, /metrics and /missing; log and list are written at the end", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const at = (name: string): string => join(folder.path, name);
  const accessLog = { format: "json", path: at("access.log") } as const;
  const service = await serve(options(path, { accessLog, missing: at("missing.json") }), dependencies);
  const files = `http://127.0.0.1:${service.files?.port}`;
  const registry = `http://127.0.0.1:${service.registry?.port}`;
  expect(service.files?.port).not.toBe(service.registry?.port);
  const status = async (url: string): Promise<number> => (await fetch(url)).status;
  for (const base of [files, registry])
    for (const route of ["/health", "/metrics", "/missing"])
      expect([base, route, await status(base + route)]).toEqual([base, route, 200]);
  expect(await status(`${files}/`)).toBe(200);
  expect(await status(`${files}/v2/`)).toBe(404);
  expect(await status(`${registry}/v2/`)).toBe(200);
  expect(await status(`${registry}/k8s/`)).toBe(404);
  expect(await status(`${registry}/v2/registry.k8s.io/pause/manifests/9`)).toBe(404);
  const metrics = await (await fetch(`${files}/metrics`)).text();
  expect(metrics).toContain('kso_build_info{version="1.2.3",commit="abc"} 1');
  expect(metrics).toContain('kso_requests_total{listener="registry",method="GET",code="404"} 2');
  expect(metrics).toContain("process_resident_memory_bytes 100");
  expect(metrics).toContain("kso_missing_requests_total 1");
  await service.stop(1000);
  await expect(fetch(`${files}/health`)).rejects.toThrow();
  const { artifacts } = parseMissingList(readFileSync(at("missing.json"), "utf8"), "missing.json");
  expect(artifacts.map(({ name }) => name)).toEqual(["registry.k8s.io/pause:9"]);
  expect(readFileSync(at("access.log"), "utf8").trim().split("\n")).toHaveLength(12);
});

test.each([
  ["198.51.100.7", "Cannot listen on 198.51.100.7:0: this machine has no such address"],
  ["a..b", "Cannot listen on a..b:0: no address is known for a..b"],
])("an address that this machine has not is an error: %s", async (host, message) => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const addresses = { files: { host, port: 0 }, registry: undefined };
  await expect(serve(options(path, { addresses }), dependencies)).rejects.toThrow(message);
});

test("an address that is taken is an error, and nothing goes on listening", async () => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const service = await serve(options(path, { addresses: { files: localhost, registry: undefined } }), dependencies);
  const taken = { host: "127.0.0.1", port: service.files?.port ?? 0 };
  expect(service.registry).toBeUndefined();
  const both = { files: localhost, registry: taken };
  await expect(serve(options(path, { addresses: both }), dependencies)).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${taken.port}`,
  );
  await service.stop(1000);
  const one = await serve(options(path, { addresses: { files: taken, registry: taken } }), dependencies);
  expect(one.files).toBe(one.registry as NonNullable<typeof one.registry>);
  expect((await fetch(`http://127.0.0.1:${taken.port}/v2/`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${taken.port}/k8s/`)).status).toBe(200);
  await one.stop(1000);
});
