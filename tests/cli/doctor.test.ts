// What a doctor may find on hosts that are not this one.
import { afterAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diskFindings } from "../../src/cli/doctor/disk.ts";
import { architecture, clock, hostFindings, openFiles, pageSize } from "../../src/cli/doctor/host.ts";
import { certificateFindings, proxyFindings } from "../../src/cli/doctor/network.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
afterAll(() => folder[Symbol.dispose]());
const auxv = (type: bigint, value: bigint): Uint8Array => {
  const view = new DataView(new ArrayBuffer(48));
  for (const [at, word] of [16n, 7n, type, value, 0n, 0n].entries()) view.setBigUint64(at * 8, word, true);
  return new Uint8Array(view.buffer);
};

test("pages of 64 KiB on arm64 are a warning, for the compiled program does not start there", () => {
  expect(pageSize(auxv(6n, 65_536n), "arm64")).toMatchObject({
    state: "warn",
    message: expect.stringContaining("64 KiB"),
  });
  expect(pageSize(auxv(6n, 16_384n), "arm64").state).toBe("ok");
  expect(pageSize(auxv(6n, 4096n), "x64")).toEqual({ check: "pages", state: "ok", message: "4 KiB" });
  expect(pageSize(auxv(9n, 4096n), "x64").state).toBe("warn");
  expect(pageSize(new Uint8Array(5), "x64").state).toBe("warn");
});

test("a build for another architecture runs, and is told apart", () => {
  expect(architecture("x86_64", "x64").state).toBe("ok");
  expect(architecture("aarch64", "arm64").state).toBe("ok");
  expect(architecture("aarch64", "x64")).toMatchObject({
    state: "warn",
    message: expect.stringContaining("take kso-linux-arm64"),
  });
  expect(architecture("riscv64", "x64").message).toContain("riscv64 is not among the architectures");
});

test.each([
  ["1024", "524288", "ok", "1024 may be open"],
  ["unlimited", "unlimited", "ok", "unlimited may be open"],
  ["512", "524288", "warn", "ulimit -n 65536"],
  ["100", "4096", "fail", "ulimit -n 4096"],
  ["100", "100", "fail", "raise the hard limit of 100"],
] as const)("%s open files of at most %s: %s", (soft, hard, state, message) => {
  const limits = `Limit Soft Hard Units\nMax processes  1 2 processes\nMax open files            ${soft}      ${hard}      files\n`;
  expect(openFiles(limits)).toEqual({ check: "files", state, message: expect.stringContaining(message) });
});

test("a clock before kso's own data is wrong", () => {
  const day = "2026-04-24T09:46:46+05:30";
  expect(clock(day, Date.parse("1970-01-01T00:00:09Z"))).toMatchObject({
    state: "fail",
    message: expect.stringContaining("1970-01-01 00:00 UTC is before 2026-04-24"),
  });
  expect(clock(day, Date.parse("2026-05-01")).state).toBe("ok");
  expect(hostFindings(day, Date.parse("2026-05-01")).map(({ check }) => check)).toEqual([
    "machine",
    "pages",
    "files",
    "clock",
  ]);
});

test("proxies are shown without their passwords, and what contradicts itself is said", () => {
  expect(proxyFindings({})).toEqual([{ check: "proxy", state: "ok", message: "none" }]);
  expect(proxyFindings({ https_proxy: "http://me:secret@proxy:3128", NO_PROXY: "10.0.0.0/8" })).toEqual([
    { check: "proxy", state: "ok", message: "through proxy:3128, but not for 10.0.0.0/8" },
  ]);
  expect(proxyFindings({ http_proxy: "http://a:1", HTTP_PROXY: "http://b:1" })[0]?.message).toContain("differ");
  expect(proxyFindings({ https_proxy: "socks5://me:secret@a:1" })).toEqual([
    { check: "proxy", state: "fail", message: expect.stringMatching(/^(?!.*secret).*not a proxy kso can use/) },
  ]);
});

test("a file of certificates is read before it is needed", () => {
  const path = join(folder.path, "ca.pem");
  const found = (text: string): unknown => {
    writeFileSync(path, text);
    return certificateFindings([[path, "--ca"]], 0)[0];
  };
  expect(found("nothing")).toMatchObject({ state: "fail", message: expect.stringContaining("holds no certificate") });
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  expect(found(broken)).toMatchObject({ state: "fail", message: expect.stringContaining("cannot be read") });
  expect(certificateFindings([[join(folder.path, "lost"), "SSL_CERT_FILE"]], 0)[0]?.state).toBe("fail");
  expect(certificateFindings([], 0)[0]?.state).toBe("ok");
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    join(folder.path, "key"),
  ];
  execFileSync("openssl", ["req", "-x509", ...key, "-days", "2", "-subj", "/CN=CA", "-out", path], { stdio: "pipe" });
  const day = 86_400_000;
  expect(certificateFindings([[path, "--ca"]], Date.now() + day)[0]?.state).toBe("ok");
  expect(certificateFindings([[path, "--ca"]], Date.now() + 3 * day)[0]).toMatchObject({
    state: "fail",
    message: expect.stringContaining("has expired"),
  });
});

test("the store's place is tried, and left as it was", () => {
  const store = join(folder.path, "not/yet/there");
  const before = readdirSync(folder.path);
  expect(diskFindings(store)[0]).toEqual({ check: "store", state: "ok", message: `${store} can be made` });
  expect(existsSync(store)).toBe(false);
  expect(readdirSync(folder.path)).toEqual(before);
  writeFileSync(join(folder.path, "file"), "");
  expect(diskFindings(join(folder.path, "file/store"))).toEqual([
    {
      check: "store",
      state: "fail",
      message: expect.stringContaining("cannot be written: a part of the path is a file"),
    },
  ]);
});
