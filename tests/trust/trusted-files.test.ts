// What a user has said yes to, and until when it counts.
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TrustedFiles } from "../../src/trust/trusted-files.ts";
import { plant } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

test("a file's plugins are trusted until a byte of one changes; what else it names later is new", () => {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  plant(folder.path, { "site/kso.yaml": "plugin: a.ts\n", "site/a.ts": "1", "site/b.ts": "2" });
  const [path, a, b] = [at("site/kso.yaml"), at("site/a.ts"), at("site/b.ts")];
  const trusted = (): TrustedFiles => new TrustedFiles(at("config/kso"));
  expect(trusted().list()).toEqual([]);
  expect(trusted().faultOf({ path, plugins: [a] })).toBe("nobody has trusted it");
  trusted().add({ path, plugins: [a] });
  expect(statSync(at("config/kso/trusted.json")).mode & 0o777).toBe(0o600);
  expect(trusted().faultOf({ path, plugins: [a] })).toBeUndefined();
  // A typed flag takes the place of the setting.
  expect(trusted().faultOf({ path, plugins: [] })).toBeUndefined();
  expect(trusted().faultOf({ path, plugins: [a, b] })).toBe(`${b} is new since kso trust`);
  writeFileSync(a, "3");
  expect(trusted().faultOf({ path, plugins: [a] })).toBe(`${a} has changed since kso trust`);
  trusted().add({ path, plugins: [a] });
  expect(trusted().faultOf({ path, plugins: [a] })).toBeUndefined();
  // What else the file says runs no code.
  writeFileSync(path, "plugin: a.ts\nkube: 1.35\n");
  expect(trusted().faultOf({ path, plugins: [a] })).toBeUndefined();
  rmSync(a);
  expect(trusted().faultOf({ path, plugins: [a] })).toContain("there is no such file");
  rmSync(path);
  expect(trusted().remove(path)).toBeTrue();
  expect(trusted().remove(path)).toBeFalse();
  expect(trusted().list()).toEqual([]);
});

test("a link counts as what it leads to, so that a link elsewhere lends no trust to what lies beside it", () => {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  plant(folder.path, { "site/kso.yaml": "plugin: a.ts\n", "site/a.ts": "1", "other/a.ts": "1" });
  symlinkSync(at("site/kso.yaml"), at("other/kso.yaml"));
  const trusted = new TrustedFiles(at("config"));
  trusted.add({ path: at("site/kso.yaml"), plugins: [at("site/a.ts")] });
  expect(trusted.faultOf({ path: at("other/kso.yaml"), plugins: [at("site/a.ts")] })).toBeUndefined();
  expect(trusted.faultOf({ path: at("other/kso.yaml"), plugins: [at("other/a.ts")] })).toBe(
    `${at("other/a.ts")} is new since kso trust`,
  );
});

test("what everybody may write is not trusted, nor a record that others could have written or that is broken", () => {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  plant(folder.path, { "site/kso.yaml": "plugin: a.ts\n", "site/a.ts": "1", "config/x": "" });
  const file = { path: at("site/kso.yaml"), plugins: [at("site/a.ts")] };
  const trusted = new TrustedFiles(at("config"));
  chmodSync(at("site"), 0o777);
  expect(() => trusted.add(file)).toThrow(`everybody may write ${at("site")}; run chmod o-w ${at("site")}`);
  chmodSync(at("site"), 0o1777);
  trusted.add(file);
  chmodSync(at("site/a.ts"), 0o666);
  expect(() => trusted.add(file)).toThrow(`everybody may write ${at("site/a.ts")}`);
  expect(trusted.faultOf(file)).toContain("everybody may write");
  const record = at("config/trusted.json");
  const text = readFileSync(record, "utf8");
  chmodSync(record, 0o666);
  expect(() => new TrustedFiles(at("config"))).toThrow("it is a secret that group and others can use");
  chmodSync(record, 0o600);
  for (const broken of ["", "{}", text.replace("sha256:", "md5:")]) {
    writeFileSync(record, broken);
    expect(() => new TrustedFiles(at("config"))).toThrow(`Cannot use ${record}: `);
  }
  rmSync(record);
  mkdirSync(record);
  expect(() => new TrustedFiles(at("config"))).toThrow("it is no file but a folder");
});
