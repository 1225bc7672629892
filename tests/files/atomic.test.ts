// Small files are whole or not there, and what a killed run left beside them goes.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replaceFile, writeAtomic } from "../../src/files/atomic.ts";
import { ownerTag } from "../../src/files/owner.ts";
import { temporary } from "../support/temp.ts";

test("what a dead run left beside the file goes; what others write, and other files, stay", async () => {
  using folder = temporary();
  const at = (name: string): string => join(folder.path, name);
  // The same process id with another start: that process is gone. One of another machine may be at work.
  const [boot, namespace, pid, start, host] = ownerTag().split("-");
  const tagged = (...tag: (string | undefined)[]): string => `kso.lock.json.kso-${tag.join("-")}`;
  const others = [tagged(boot, namespace, pid, start, "elsewhere"), "kso.lock.json.kso-notes", "other.json.kso-x"];
  for (const name of [...others, tagged(boot, namespace, pid, "1", host)]) writeFileSync(at(name), "half");
  await writeAtomic(at("kso.lock.json"), "whole");
  expect(readdirSync(folder.path).sort()).toEqual(["kso.lock.json", ...others].sort());
  expect(readFileSync(at("kso.lock.json"), "utf8")).toBe("whole");
});

test("a replaced file has the given mode, whatever the old one had, and no staging file is left", () => {
  using folder = temporary();
  const path = join(folder.path, "server.key");
  writeFileSync(path, "old", { mode: 0o644 });
  replaceFile(path, "new", 0o600);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o600]);
  expect(readdirSync(folder.path)).toEqual(["server.key"]);
});
