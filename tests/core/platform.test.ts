// Architectures by any of their names.
import { expect, test } from "bun:test";
import { parsePlatform, platformName } from "../../src/core/platform.ts";

test.each([
  ["amd64", "linux/amd64"],
  ["x86_64", "linux/amd64"],
  ["linux/amd64", "linux/amd64"],
  ["arm64", "linux/arm64"],
  ["aarch64", "linux/arm64"],
  ["ARM64", "linux/arm64"],
])("%s is %s", (text, name) => {
  expect(platformName(parsePlatform(text))).toBe(name);
});

test.each(["riscv64", "windows/amd64", "linux/", "", "arm"])("%p is unknown, with what there is", (text) => {
  expect(() => parsePlatform(text)).toThrow(/^Unknown architecture ".*there are: amd64, x86_64, arm64, aarch64$/);
});
