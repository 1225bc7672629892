// What the page shows and hands out is what the command beside it writes, to the byte.
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../../src/bundle/open.ts";
import { configCommand } from "../../../src/cli/commands/config.ts";
import { clusterVariables, nodeFiles, type ServerAccess } from "../../../src/serve/page/configuration.ts";
import { guides } from "../../../src/serve/page/guides.ts";
import { pageModel } from "../../../src/serve/page/model.ts";
import { run } from "../../support/command.ts";
import { catalog } from "../../support/plan.ts";
import { sealed } from "../../support/sealed.ts";
import { temporary } from "../../support/temp.ts";

const pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

test.each([
  ["plain", { secure: false, ca: undefined, requiresPassword: false }],
  ["with TLS and passwords", { secure: true, ca: pem, requiresPassword: true }],
])("%s", async (_, { secure, ca, requiresPassword }) => {
  using folder = temporary();
  const { path } = await sealed(folder.path);
  const { lock, lockDigest } = openBundle([path]);
  const url = `${secure ? "https" : "http"}://10.0.0.5:8080`;
  const addresses = { pages: url, files: url, registry: "10.0.0.5:5000", secure };
  const access: ServerAccess = { addresses, ca, requiresPassword };
  const model = pageModel([{ lock, lockDigest, isPart: false, bundle: ["bundle.tar"] }], () => undefined);
  const [release] = model.releases;
  const cluster = clusterVariables(release, catalog.release(lock.release.version), access);
  const nodes = nodeFiles(model.images, access);
  const fingerprint = ca === undefined ? undefined : "AB:CD";
  const all = guides({ model, release, access, fingerprint, language: "en", cluster, nodes });
  const stepsOf = (id: string) => all.find((guide) => guide.id === id)?.steps ?? [];
  writeFileSync(join(folder.path, "kso-ca.pem"), pem);
  const typed = (id: string): string => {
    const lines = stepsOf(id).map(({ lines = "" }) => lines);
    const line = lines.find((text) => text.startsWith("kso config ")) ?? "";
    return line
      .replace(/^kso config /, "")
      .replaceAll(" \\\n ", "")
      .replace(" bundle.tar", ` ${path}`)
      .replace("kso-ca.pem", join(folder.path, "kso-ca.pem"));
  };

  const { data, error } = await run(
    configCommand,
    ...typed("kubespray")
      .replace(/ --check$/, "")
      .split(/ +/),
  );
  expect([error, data]).toEqual([undefined, cluster?.text ?? "?"]);
  expect(stepsOf("kubespray").flatMap(({ files = [] }) => files)).toEqual([
    { name: "offline.yml", text: cluster?.text ?? "?" },
  ]);
  expect((cluster?.remarks ?? []).some((remark) => remark.includes("ansible-vault"))).toBe(requiresPassword);

  for (const engine of ["containerd", "crio", "docker"] as const) {
    const output = join(folder.path, engine);
    mkdirSync(output);
    const words = typed(engine).split(/ +/);
    expect((await run(configCommand, ...words.slice(0, -1), output)).error).toBeUndefined();
    expect(nodes?.[engine].length).toBeGreaterThan(0);
    for (const { path: name, content } of nodes?.[engine] ?? [])
      expect([name, readFileSync(join(output, name), "utf8")]).toEqual([name, content]);
  }
  expect(stepsOf("kubespray").some(({ note }) => note?.includes("AB:CD"))).toBe(ca !== undefined);
});

test("a part of a bundle is named by its release; without files or a registry the guides say so", () => {
  const lock = { release: { name: "kubespray-2.31.0", version: "2.31.0" }, kubernetes: "1.35.4" };
  const empty = { ...lock, platforms: [], files: [], images: [], unavailable: [] } as never;
  const model = pageModel(
    [{ lock: empty, lockDigest: "sha256:00", isPart: true, bundle: ["it's.tar"] }],
    () => undefined,
  );
  const [release] = model.releases;
  const guide = (addresses: ServerAccess["addresses"]) => {
    const access = { addresses, ca: undefined, requiresPassword: false };
    const cluster = clusterVariables(release, catalog.release("2.31.0"), access);
    const nodes = nodeFiles(model.images, access);
    return guides({ model, release, access, fingerprint: undefined, language: "en", cluster, nodes });
  };
  const url = "http://a:8080";
  const whole = guide({ pages: url, files: url, registry: "a:5000", secure: false });
  expect(whole[0]?.steps.map(({ lines }) => lines).join()).toContain(
    "kso config kubespray 'it'\\''s.tar' \\\n  --kubespray 2.31.0 \\\n  --files-url",
  );
  const titles = (addresses: ServerAccess["addresses"]): unknown =>
    guide(addresses).map(({ steps }) => steps[0]?.title);
  const none = "There is no registry here";
  expect(titles({ pages: url, files: url, registry: undefined, secure: false })).toEqual([
    ...[none, none, none, none, none],
    "Ask how the server is, and what is missing",
  ]);
  expect(titles({ pages: url, files: undefined, registry: "a:5000", secure: false })).toEqual([
    "There are no files here",
    ...["On each node, as root", "On each node, as root", "On each node, as root"],
    "Get the script and run it on each node, as root",
    "Ask how the server is, and what is missing",
  ]);
});
