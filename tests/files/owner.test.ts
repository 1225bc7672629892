// Owners of temporary files where no kernel shows its processes: on macOS and Windows, whose word is taken in a process of its own.
import { expect, test } from "bun:test";
import { join } from "node:path";
import process from "node:process";
import { isAlive, ownerTag } from "../../src/files/owner.ts";
import { run } from "../support/containers.ts";
import { root } from "../support/paths.ts";

test("this process is alive, and one of another boot is not", () => {
  expect(isAlive(ownerTag())).toBeTrue();
  expect(isAlive(ownerTag().replace(/^[^-]+/, "0000ffff"))).toBeFalse();
});

test.each(["darwin", "win32"])("on %s the process's number tells who is at work", async (system) => {
  const script = `
    import { mock } from "bun:test";
    import * as os from "node:os";
    mock.module("node:os", () => ({ ...os, platform: () => "${system}" }));
    const { isAlive, ownerTag } = await import(${JSON.stringify(join(root, "src/files/owner.ts"))});
    const [boot, space, pid, start, host] = ownerTag().split("-");
    const of = (number) => [boot, space, number, start, host].join("-");
    console.log(JSON.stringify([boot, space, pid === String(process.pid), isAlive(ownerTag()), isAlive([boot, space, pid, "other", host].join("-")), isAlive(of(1)), isAlive(of(99999999))]));`;
  const { code, stdout, stderr } = await run(process.execPath, ["-e", script]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toEqual(["0", "0", true, true, false, true, false]);
});
