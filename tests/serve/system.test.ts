import { expect, test } from "bun:test";
import { assertHasServices, assertServes } from "../../src/serve/system.ts";

test("Linux and macOS serve, Windows says where to", () => {
  for (const system of ["linux", "darwin"]) expect(() => assertServes(system)).not.toThrow();
  expect(() => assertServes("win32")).toThrow("kso serve does not run on Windows: serve the bundle on a Linux machine");
});

test("a service is systemd's, and so Linux's", () => {
  expect(() => assertHasServices("linux", "print-unit")).not.toThrow();
  expect(() => assertHasServices("darwin", "print-unit")).toThrow(
    "--print-unit is about a service of systemd, which macOS",
  );
  expect(() => assertHasServices("win32", "install")).toThrow("Windows does not have");
});
