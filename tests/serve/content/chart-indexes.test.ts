// Folders with charts have an index.yaml, below /k8s too; one that is in a bundle stays as it is.
import { expect, test } from "bun:test";
import { type ServeOptions, serve } from "../../../src/serve/serve.ts";
import { sampleWithChart } from "../../support/charts.ts";
import { sealed } from "../../support/sealed.ts";
import { temporary } from "../../support/temp.ts";

/** Serves these bundles while the work runs. */
async function serving(bundles: readonly string[], work: (files: string) => Promise<void>): Promise<void> {
  const address = { host: "127.0.0.1", port: 0 };
  const rest = { tls: undefined, htpasswd: undefined, accessLog: undefined, missing: undefined };
  const options: ServeOptions = { bundles, addresses: { files: address, registry: address }, ...rest };
  const service = await serve(options, {
    build: { version: "1", commit: "a" },
    processUsage: () => ({ memory: 1, cpu: 1 }),
    releaseOf: () => undefined,
    namedArtifacts: () => [],
    warn: () => undefined,
  });
  try {
    await work(`http://127.0.0.1:${service.files?.port}`);
  } finally {
    await service.stop(1000);
  }
}

test("Helm finds the index of a folder with charts, whole and in parts", async () => {
  using folder = temporary();
  const { sample, indexes } = await sampleWithChart(`${folder.path}/blobs`);
  const text = indexes.get("helm.cilium.io/index.yaml") ?? "";
  expect(text).toContain("cilium-1.19.3.tgz");
  const { path } = await sealed(folder.path, "bundle.tar", { sample });
  await serving([path], async (files) => {
    for (const prefix of ["", "/k8s"]) {
      const answer = await fetch(`${files}${prefix}/helm.cilium.io/index.yaml`);
      expect([answer.status, await answer.text()]).toEqual([200, text]);
      expect(answer.headers.get("content-type")).toBe("application/yaml");
    }
    const url = `${files}/k8s/helm.cilium.io/index.yaml`;
    const head = await fetch(url, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(text.length));
    const etag = head.headers.get("etag") ?? "";
    expect((await fetch(url, { headers: { "if-none-match": etag } })).status).toBe(304);
    const part = await fetch(url, { headers: { range: "bytes=0-9" } });
    expect([part.status, await part.text()]).toEqual([206, text.slice(0, 10)]);
    expect(await (await fetch(`${files}/helm.cilium.io/`, { headers: { accept: "text/html" } })).text()).toContain(
      "index.yaml",
    );
    expect((await fetch(`${files}/dl.k8s.io/index.yaml`)).status).toBe(404);
    const metrics = await (await fetch(`${files}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`kso_bundle_files[^\\n]* ${sample.lock.files.length}\\n`));
  });
});

test("an index that a bundle has is served as it is", async () => {
  using folder = temporary();
  const own = Buffer.from("apiVersion: v1\nentries: {}\n");
  const { sample, indexes } = await sampleWithChart(`${folder.path}/blobs`, { "helm.cilium.io/index.yaml": own });
  expect([...indexes]).toEqual([]);
  const { path } = await sealed(folder.path, "bundle.tar", { sample });
  await serving([path], async (files) => {
    expect(await (await fetch(`${files}/k8s/helm.cilium.io/index.yaml`)).text()).toBe(own.toString());
  });
});
