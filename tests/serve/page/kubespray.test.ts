// The variables on the page are those that the command beside them writes, to the byte, for each release that is served.
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../../src/bundle/open.ts";
import { configCommand } from "../../../src/cli/commands/config.ts";
import type { Addresses } from "../../../src/serve/page/addresses.ts";
import { type ClusterVariables, clusterVariables } from "../../../src/serve/page/kubespray.ts";
import { pageModel } from "../../../src/serve/page/model.ts";
import { snippets } from "../../../src/serve/page/snippets.ts";
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
  const scheme = secure ? "https" : "http";
  const addresses: Addresses = { files: `${scheme}://10.0.0.5:8080`, registry: "10.0.0.5:5000", secure };
  const release = catalog.release(lock.release.version);
  const variables = clusterVariables({ lock, lockDigest, release, addresses, ca, requiresPassword });
  const certificate = ca === undefined ? undefined : { fingerprint: "AB" };
  const kubespray = variables ? [variables] : [];
  const model = pageModel([lock], () => undefined);
  const [first] = snippets({ model, addresses, language: "en", ca: certificate, requiresPassword, kubespray });
  expect(first?.parts[0]?.text).toBe(variables?.text ?? "?");
  const command = first?.parts.at(-1)?.text.split("\n")[0] ?? "";
  writeFileSync(join(folder.path, "kso-ca.pem"), pem);
  const words = command
    .replace(/^kso config /, "")
    .replace(/ -o offline.yml$/, "")
    .replace("bundle.tar", path)
    .replace("kso-ca.pem", join(folder.path, "kso-ca.pem"));
  const { data, error } = await run(configCommand, ...words.split(" "));
  expect([error, data]).toEqual([undefined, variables?.text ?? "?"]);
});

test("each release has its own variables; nothing is shown without a registry", () => {
  const one: ClusterVariables = { release: "kubespray-2.31.0", text: "a: 1\n" };
  const two = { release: "kubespray-2.30.0", text: "b: 1\n" };
  const addresses: Addresses = { files: "http://a:8080", registry: "a:5000", secure: false };
  const lock = { release: { version: "2.31.0" } } as never;
  const model = { locks: [lock], rows: [] } as never;
  const shown = (kubespray: readonly ClusterVariables[]): readonly (readonly string[])[] =>
    (snippets({ model, addresses, language: "en", ca: undefined, requiresPassword: false, kubespray })[0]?.parts ?? [])
      .slice(0, -1)
      .map(({ note, text }) => [note, text]);
  expect(shown([one])).toEqual([["Variables of your inventory:", "a: 1\n"]]);
  expect(shown([one, two])).toEqual([
    ["kubespray-2.31.0: Variables of your inventory:", "a: 1\n"],
    ["kubespray-2.30.0: Variables of your inventory:", "b: 1\n"],
  ]);
  const unserved = { files: "http://a:8080", secure: false } as Addresses;
  const release = catalog.release("2.31.0");
  const common = { lock, lockDigest: "", release, ca: undefined, requiresPassword: false };
  expect(clusterVariables({ ...common, addresses: unserved })).toBeUndefined();
});
