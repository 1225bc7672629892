// Which settings of a kso.yaml count for a command, and what one that was found may not say.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pluginsNamedIn, settingsFrom, wholeCommandLine } from "../../../src/cli/kso-yaml/settings.ts";
import type { FlagKey } from "../../../src/flags/table.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kso-settings-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Taken {
  readonly options: Record<string, readonly string[]>;
  readonly told: string;
}

/** The settings of a file of this text, for these words and flags. */
function taken(text: string, words: readonly string[], keys: readonly FlagKey[], isFound = false): Taken {
  const path = join(folder, "kso.yaml");
  writeFileSync(path, text);
  const lines: string[] = [];
  const output = { data: () => undefined, tell: (line: string) => void lines.push(line) };
  const options = settingsFrom({ path, isFound }, { words, keys }, new Map(), output);
  return { options: Object.fromEntries(options), told: lines.join("\n").replaceAll(folder, "DIR") };
}

const site = `ca: proxy.pem
jobs: 4
format: list
export: { format: tarball, jobs: 2, with-binaries: true, copy: false }
push: { registry: harbor.example/kubespray, jobs: 6 }
serve: { registry: 10.0.0.5:5000, htpasswd: ~/users }
config: { containerd: { output: certs.d }, kubespray: { output: offline.yml } }
`;

test("what stands below a command's name counts for it alone, and wins over the top", () => {
  expect(taken(site, ["export"], ["format", "jobs", "withBinaries", "copy"])).toEqual({
    options: { format: ["tarball"], jobs: ["2"], withBinaries: [""] },
    told: "DIR/kso.yaml: export.format, export.jobs, export.with-binaries, export.copy",
  });
  expect(taken(site, ["fetch"], ["jobs", "ca"]).options).toEqual({ jobs: ["4"], ca: [join(folder, "proxy.pem")] });
  expect(taken(site, ["push"], ["pushRegistry", "jobs"]).options).toEqual({
    pushRegistry: ["harbor.example/kubespray"],
    jobs: ["6"],
  });
  expect(taken(site, ["serve"], ["registry", "files"]).options).toEqual({ registry: ["10.0.0.5:5000"] });
});

test("what the top means for another command does not count: its ca is not the site's, its jobs are no hashing threads", () => {
  expect(taken(site, ["config", "kubespray"], ["siteCa"]).options).toEqual({});
  expect(taken(site, ["verify"], ["threads"]).options).toEqual({});
});

test("a subcommand has settings of its own", () => {
  const outputOf = (word: string): unknown => taken(site, ["config", word], ["configOutput"]).options["configOutput"];
  expect(["containerd", "kubespray", "docker"].map(outputOf)).toEqual([
    [join(folder, "certs.d")],
    [join(folder, "offline.yml")],
    undefined,
  ]);
});

test("a service that reads no file is given all that it says", () => {
  const path = join(folder, "kso.yaml");
  writeFileSync(path, "serve: { files: off, missing: missing.json, tls-dir: /srv/tls, htpasswd: users, grace: 5 }\n");
  const keys = ["files", "missing", "tlsDir", "htpasswd", "grace", "printUnit"] as const;
  const typed = new Map([
    ["printUnit", [""]],
    ["grace", ["7"]],
    ["config", [path]],
  ] as const);
  const line = wholeCommandLine({ path, isFound: false }, { words: ["serve", "b.tar"], keys }, typed);
  const own = ["b.tar", "--print-unit", "--grace", "7", "--files", "off", "--missing", "missing.json"];
  expect(line).toEqual([...own, "--tls-dir", "/srv/tls", "--htpasswd", join(folder, "users")]);
});

test("extra things in the file itself are read from it, and a typed list does not replace them", () => {
  const path = join(folder, "kso.yaml");
  const text = "extra: { images: [quay.io/a/b:1] }\n";
  expect(taken(text, ["fetch"], ["extra"]).options).toEqual({ extra: [path] });
  const typed = new Map([["extra", ["missing.json"]]] as const);
  const output = { data: () => undefined, tell: () => undefined };
  const command = { words: ["fetch"], keys: ["extra"] } as const;
  expect(settingsFrom({ path, isFound: false }, command, typed, output).get("extra")).toEqual([path]);
  expect(() => taken("extra:\n  images:\n    - { name: a }\n", ["fetch"], ["extra"])).toThrow("line 3: extra.images.0");
});

test("the plugins of a file are those of the top and of every command", () => {
  for (const name of ["a.mjs", "b.mjs"]) writeFileSync(join(folder, name), "");
  writeFileSync(join(folder, "kso.yaml"), "plugin: a.mjs\nfetch: { plugin: [b.mjs, a.mjs] }\n");
  expect(pluginsNamedIn(join(folder, "kso.yaml"))).toEqual([join(folder, "a.mjs"), join(folder, "b.mjs")]);
  expect(() => taken("fetch: { plugin: b.mjs }\n", ["fetch"], ["plugin"], true)).toThrow(
    "line 1: plugin in a file that was found and not named: it runs code, and nobody has trusted it",
  );
});

test("a file that was found adds lines to files of its own folder only", () => {
  mkdirSync(join(folder, "log"), { recursive: true });
  symlinkSync("/etc/hosts", join(folder, "log", "link"));
  symlinkSync("/etc", join(folder, "etc"));
  const logTo = (file: string, isFound: boolean): unknown =>
    taken(`serve:\n  access-log-file: ${file}\n`, ["serve"], ["accessLogFile"], isFound).options["accessLogFile"];
  expect(logTo("log/access.log", true)).toEqual([join(folder, "log/access.log")]);
  for (const file of ["../access.log", "~/.profile", "/etc/profile", "log/link", "etc/profile", "none/access.log"])
    expect(() => logTo(file, true)).toThrow(
      /line 2: serve\.access-log-file in a file that was found and not named: .* lies outside its folder; --config .* takes it/,
    );
  expect(logTo("../access.log", false)).toEqual([join(folder, "../access.log")]);
});

test("a word that stands for no path stays one: --binaries release", () => {
  const binaries = (value: string): unknown =>
    taken(`binaries: ${value}\n`, ["export"], ["binaries"]).options["binaries"];
  expect(binaries("release")).toEqual(["release"]);
  expect(binaries("./release")).toEqual([join(folder, "release")]);
  expect(binaries("bin")).toEqual([join(folder, "bin")]);
});
