import { expect, test } from "bun:test";
import { addressesFor } from "../../../src/serve/page/addresses.ts";

test("addresses come from the Host header, unless that is no host", () => {
  const reach = { filesPort: 8080, registryPort: 5000, port: 8080, secure: false, host: "192.0.2.5" };
  const at = (host: string | null, more = {}): unknown => addressesFor(host, { ...reach, ...more });
  expect(at("10.0.0.5:8080")).toEqual({
    pages: "http://10.0.0.5:8080",
    files: "http://10.0.0.5:8080",
    registry: "10.0.0.5:5000",
    secure: false,
  });
  expect(at("kso.site")).toEqual({
    pages: "http://kso.site",
    files: "http://kso.site",
    registry: "kso.site:5000",
    secure: false,
  });
  expect(at("[fd00::1]:8080")).toEqual({
    pages: "http://[fd00::1]:8080",
    files: "http://[fd00::1]:8080",
    registry: "[fd00::1]:5000",
    secure: false,
  });
  expect(at("kso.site:443", { secure: true })).toMatchObject({ files: "https://kso.site", secure: true });
  expect(at("kso.site:30000", { registryPort: 8080 })).toMatchObject({ registry: "kso.site:30000" });
  expect(at("kso.site:8080", { registryPort: undefined })).toMatchObject({ registry: undefined });
  for (const hostile of [
    null,
    "",
    `"><script>`,
    "a b",
    "x;rm -rf /",
    "$(reboot)",
    "a\nb",
    "kso.site:99999999",
    "-x",
    "a@b",
    "`id`",
    "a/../b",
    "a".repeat(300),
  ])
    expect([hostile, at(hostile)]).toEqual([
      hostile,
      { pages: "http://192.0.2.5:8080", files: "http://192.0.2.5:8080", registry: "192.0.2.5:5000", secure: false },
    ]);
  // On the server itself, and through a tunnel to it, what nodes can use; where only this machine can reach it, what was asked for.
  for (const own of ["localhost:8080", "127.0.0.1:9999", "[::1]:8080"])
    expect(at(own)).toEqual({
      pages: "http://192.0.2.5:8080",
      files: "http://192.0.2.5:8080",
      registry: "192.0.2.5:5000",
      secure: false,
    });
  expect(at("localhost:9999", { host: "127.0.0.1" })).toMatchObject({ files: "http://localhost:9999" });
  // On the registry's own port, and where one of the two is not served.
  const registry = { port: 5000 };
  expect(at("10.0.0.5:5000", registry)).toEqual({
    pages: "http://10.0.0.5:5000",
    files: "http://10.0.0.5:8080",
    registry: "10.0.0.5:5000",
    secure: false,
  });
  expect(at("10.0.0.5:5000", { ...registry, filesPort: undefined })).toMatchObject({ files: undefined });
});
