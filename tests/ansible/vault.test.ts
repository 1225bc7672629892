// Ansible Vault: texts that ansible-vault 2.14 encrypted, and what is refused.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { noInventory } from "../../src/ansible/inventory/options.ts";
import { type Dict, UnsafeText } from "../../src/ansible/jinja/values.ts";
import { openVault, Vault } from "../../src/ansible/vault.ts";
import { readYaml } from "../../src/ansible/yaml.ts";
import { plant } from "../support/checkout.ts";
import { root } from "../support/paths.ts";
import { temporary } from "../support/temp.ts";

/** `x {{ b }} y`, with the password `pw`. */
const value = `$ANSIBLE_VAULT;1.1;AES256
66616337656436386135343163343162366564366362343034373338633863666133643633353239
6435326633343832386464623632333166653330613363340a663737343035393833353139623338
61363139323564316662316434366563356139343439323335393465323938633133313964613330
6461323738306162310a353034373638336261303366396339626566623762326566386566393832
6566`;
/** A file with the label `lab`, and the password `second`. */
const file = `$ANSIBLE_VAULT;1.2;AES256;lab
37313962666231613239616239623631623466383535326137663037616562363633626637396237
6236363464303661326266346365386634626632383830300a613063316637383563303963343762
30356135316336316139613334366436323035323136663139623034393137303230333032326464
3033393536393931340a356162333734386165616538643932643231343664626563653533643863
63396539646461323732653733376535633564313830373632613330383938393561
`;

/** A vault with passwords, by label. */
function vaultWith(...secrets: readonly (readonly [label: string, password: string])[]): Vault {
  return new Vault(secrets.map(([label, password]) => ({ label, password: Buffer.from(password) })));
}

test("both formats, whatever the label of the password that fits", () => {
  expect(vaultWith(["default", "pw"]).decrypt(value, "v")).toBe("x {{ b }} y");
  expect(vaultWith(["default", "pw"], ["other", "second"]).decrypt(file, "f")).toBe("geheim: ä\nlist: [1, 2]");
});

test("a password that does not fit is said with the label, each time, and costs no second try", () => {
  const vault = vaultWith(["default", "wrong"], ["a", "worse"]);
  const message = 'Cannot decrypt all.yml: no vault password fits (its label is "lab")';
  expect(() => vault.decrypt(file, "all.yml")).toThrow(message);
  const start = performance.now();
  for (let count = 0; count < 1000; count++) expect(() => vault.decrypt(file, "all.yml")).toThrow(message);
  expect(performance.now() - start).toBeLessThan(5000);
  expect(() => vaultWith(["x", "y"]).decrypt(value, "v")).toThrow("Cannot decrypt v: the vault password does not fit");
});

test.each([
  ["$ANSIBLE_VAULT;1.0;AES\n6162\n", "its format is"],
  ["$ANSIBLE_VAULT;1.1;AES256\n6162\n", "it is damaged"],
  ["$ANSIBLE_VAULT;1.1;AES256\nnot hex\n", "it is damaged"],
  ["$ANSIBLE_VAULT;1.1;AES256\n", "it is damaged"],
])("%j is refused", (text, reason) => {
  expect(() => vaultWith(["default", "pw"]).decrypt(text, "f")).toThrow(reason);
});

test("a password comes out of a pipe too, as for Ansible, and is there as often as it is asked for", () => {
  const module = join(root, "src/ansible/vault.ts");
  const script = `
    const { openVault } = await import(${JSON.stringify(module)});
    const options = { vaultPasswordFiles: [process.argv[1]], vaultIds: [] };
    for (const _ of [1, 2]) console.log(openVault(options).decrypt(${JSON.stringify(value)}, "v"));`;
  const shell = spawnSync("bash", ["-c", '"$0" -e "$1" <(echo pw)', process.execPath, script], {
    encoding: "utf8",
  });
  expect(shell).toMatchObject({ stdout: "x {{ b }} y\nx {{ b }} y\n", stderr: "", status: 0 });
});

test("values of a file are opened when they are read, and are no templates", () => {
  const indented = value.replaceAll("\n", "\n  ");
  const text = `a: !vault |\n  ${indented}\nb:\n- c: &v !vault |\n    ${value.replaceAll("\n", "\n    ")}\n  d: *v\n`;
  const right = readYaml(text, "all.yml", vaultWith(["default", "pw"])) as Dict;
  expect((right.get("a") as UnsafeText).text).toBe("x {{ b }} y");
  const wrong = readYaml(text, "all.yml", vaultWith(["default", "no"])) as Dict;
  expect(wrong.get("a")).toBeInstanceOf(UnsafeText);
  expect(() => (wrong.get("a") as UnsafeText).text).toThrow("Cannot decrypt a (all.yml)");
  const [nested] = wrong.get("b") as [Dict];
  expect(() => (nested.get("d") as UnsafeText).text).toThrow("Cannot decrypt b[0].c (all.yml): the vault password");
  expect((readYaml(file, "f", vaultWith(["lab", "second"])) as Dict).get("geheim")).toBe("ä");
});

test("password files: blanks around a password do not count, and one that is no plain small file is refused", () => {
  using folder = temporary();
  const at = (name: string): string => join(plant(folder.path, {}), name);
  plant(folder.path, {
    pw: "\n pw \r\n",
    second: "second",
    empty: " \n",
    huge: "x".repeat(20_000),
    program: "#!/bin/sh",
  });
  const open = (files: readonly string[], ids: readonly string[] = []): Vault =>
    openVault({ ...noInventory, vaultPasswordFiles: files, vaultIds: ids });
  expect(open([]).hasPasswords).toBeFalse();
  expect(open([at("pw")]).decrypt(value, "v")).toBe("x {{ b }} y");
  expect(open([at("pw")], [`lab@${at("second")}`]).decrypt(file, "f")).toStartWith("geheim");
  expect(open([], [at("pw")]).decrypt(value, "v")).toBe("x {{ b }} y");
  chmodSync(at("program"), 0o755);
  for (const [name, reason] of [
    ["program", "it is executable, so Ansible would run it"],
    ["empty", "it is empty"],
    ["huge", "it has 20000 bytes, and at most 16384 are read"],
    ["nothing", "there is no such file"],
    ["pw/below", "there is no such file"],
    [".", "it is no file"],
  ] as const) {
    expect(() => open([at(name)])).toThrow("(--vault-password-file): ");
    expect(() => open([at(name)])).toThrow(reason);
    expect(() => open([], [`dev@${at(name)}`])).toThrow("(--vault-id): ");
  }
  expect(() => open([], ["dev@prompt"])).toThrow("kso asks for no password");
});
