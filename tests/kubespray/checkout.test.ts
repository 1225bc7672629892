// Opening a checkout: what it must have, what is never read, and its commit.
import { expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KsoError } from "../../src/core/errors.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { modern, plant } from "../support/checkout.ts";
import { temporary } from "../support/temp.ts";

const defaults = "roles/kubespray_defaults/defaults/main/download.yml";

test.each([
  ["no checkout", { "README.md": "" }, "it is no kubespray checkout"],
  ["broken YAML", { ...modern, [defaults]: "a: [" }, "download.yml: unexpected end"],
  ["a list", { ...modern, [defaults]: "- a" }, "and holds a list"],
  ["no downloads", { ...modern, [defaults]: "a: 1" }, 'do not set "downloads"'],
])("%s is refused with the reason", (_, tree, word) => {
  using folder = temporary();
  plant(folder.path, tree);
  expect(() => openCheckout(folder.path)).toThrow(word);
  expect(() => openCheckout(folder.path)).toThrow(KsoError);
});

test("what lies outside the checkout is not read", () => {
  using folder = temporary();
  using outside = temporary();
  writeFileSync(join(outside.path, "main.yml"), modern[defaults] ?? "");
  plant(folder.path, modern);
  rmSync(join(folder.path, defaults));
  symlinkSync(join(outside.path, "main.yml"), join(folder.path, defaults));
  expect(() => openCheckout(folder.path)).toThrow("outside");
});

test("a link inside the checkout is followed; a huge file is refused", () => {
  using folder = temporary();
  plant(folder.path, modern);
  const at = join(folder.path, defaults);
  mkdirSync(join(folder.path, "elsewhere"));
  writeFileSync(join(folder.path, "elsewhere/d.yml"), modern[defaults] ?? "");
  rmSync(at);
  symlinkSync(join(folder.path, "elsewhere/d.yml"), at);
  expect(openCheckout(folder.path).version).toBe("9.1.0");
  writeFileSync(join(folder.path, "elsewhere/d.yml"), "#".repeat(9 * 1024 * 1024));
  expect(() => openCheckout(folder.path)).toThrow("bytes");
});

test("a file where a folder is asked for is no folder", () => {
  using folder = temporary();
  plant(folder.path, { roles: "a file", "galaxy.yml": "" });
  expect(() => openCheckout(folder.path)).toThrow("it is no kubespray checkout");
  expect(() => openCheckout(join(folder.path, "galaxy.yml/below"))).toThrow("there is no such folder");
});
