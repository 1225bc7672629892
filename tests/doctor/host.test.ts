// What a host may be that is not this one: its pages, architecture, limits and clock.
import { expect, test } from "bun:test";
import {
  architectureFinding,
  clockFinding,
  hostFindings,
  openFilesFinding,
  pageSizeFinding,
  systemFinding,
} from "../../src/doctor/host.ts";

const auxv = (type: bigint, value: bigint): Uint8Array => {
  const view = new DataView(new ArrayBuffer(48));
  for (const [at, word] of [16n, 7n, type, value, 0n, 0n].entries()) view.setBigUint64(at * 8, word, true);
  return new Uint8Array(view.buffer);
};

test("the builds run with pages of every size that Linux has", () => {
  const pages = (bytes: bigint) => pageSizeFinding(auxv(6n, bytes));
  expect(pages(65_536n)).toEqual({ check: "pages", state: "ok", message: "64 KiB" });
  expect(pages(16_384n).message).toBe("16 KiB");
  expect(pages(4096n).message).toBe("4 KiB");
  expect(pageSizeFinding(auxv(9n, 4096n)).state).toBe("warn");
  expect(pageSizeFinding(new Uint8Array(5)).state).toBe("warn");
});

test("macOS and Windows are named, with what is done elsewhere", () => {
  expect(systemFinding("darwin", "arm64")).toMatchObject({
    state: "ok",
    message: expect.stringMatching(/^arm64, macOS: .*served on Linux/),
  });
  expect(systemFinding("win32", "x64").message).toStartWith("amd64, Windows: ");
});

test("a build for another architecture runs, and is told apart", () => {
  expect(architectureFinding("x86_64", "x64").state).toBe("ok");
  expect(architectureFinding("aarch64", "arm64").state).toBe("ok");
  expect(architectureFinding("aarch64", "x64")).toMatchObject({
    state: "warn",
    message: expect.stringContaining("take kso-linux-arm64"),
  });
  expect(architectureFinding("riscv64", "x64").message).toContain("riscv64 is not among the architectures");
});

test.each([
  ["1024", "524288", "ok", "1024 may be open"],
  ["unlimited", "unlimited", "ok", "unlimited may be open"],
  ["512", "524288", "warn", "ulimit -n 65536"],
  ["100", "4096", "fail", "ulimit -n 4096"],
  ["100", "100", "fail", "raise the hard limit of 100"],
] as const)("%s open files of at most %s: %s", (soft, hard, state, message) => {
  const limits = `Limit Soft Hard Units\nMax processes  1 2 processes\nMax open files            ${soft}      ${hard}      files\n`;
  expect(openFilesFinding(limits)).toEqual({ check: "files", state, message: expect.stringContaining(message) });
});

test("a clock before kso's own data is wrong", () => {
  const day = "2026-04-24T09:46:46+05:30";
  expect(clockFinding(day, Date.parse("1970-01-01T00:00:09Z"))).toMatchObject({
    state: "fail",
    message: expect.stringContaining("1970-01-01 00:00 UTC is before 2026-04-24"),
  });
  expect(clockFinding(day, Date.parse("2026-05-01")).state).toBe("ok");
  expect(hostFindings(day, Date.parse("2026-05-01")).map(({ check }) => check)).toEqual([
    "machine",
    "pages",
    "files",
    "clock",
  ]);
});
