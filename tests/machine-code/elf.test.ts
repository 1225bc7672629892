import { expect, test } from "bun:test";
import { isProgram, machineFor, machineOf } from "../../src/machine-code/elf.ts";
import { elf } from "../support/archives.ts";

test.each([
  ["x86-64", elf("amd64")],
  ["AArch64", elf("arm64")],
  ["ARM", elf("arm", { bits: 32 })],
  ["i386", elf("386", { bits: 32 })],
  ["RISC-V 64", elf(243)],
  ["RISC-V 32", elf(243, { bits: 32 })],
  ["ppc64le", elf(21)],
  ["ppc64", elf(21, { big: true })],
  ["s390x", elf("s390x", { big: true })],
  ["x32", elf("amd64", { bits: 32 })],
  ["LoongArch 64", elf(258)],
  ["machine 0x1234", elf(0x1234)],
])("reads %s from a header", (machine, head) => {
  expect(machineOf(head.subarray(0, 20))).toBe(machine);
});

test("what is no whole ELF header names no machine", () => {
  const head = elf("amd64");
  expect(machineOf(head.subarray(0, 19))).toBeUndefined();
  expect(machineOf(new Uint8Array(0))).toBeUndefined();
  expect(machineOf(new TextEncoder().encode("\x7fELF and then some text"))).toBeUndefined();
  expect(machineOf(new TextEncoder().encode("#!/bin/sh\necho 0123456789\n"))).toBeUndefined();
});

test("executables and shared libraries are programs, object files and eBPF are not", () => {
  expect([1, 2, 3, 4].map((type) => isProgram(elf("arm64", { type })))).toEqual([false, true, true, false]);
  expect(isProgram(elf("bpf"))).toBeFalse();
  expect(isProgram(elf("s390x", { type: 3, big: true }))).toBeTrue();
});

test("OCI's architectures have their machines", () => {
  expect(machineFor("amd64")).toBe("x86-64");
  expect(machineFor("arm64")).toBe("AArch64");
  expect(machineFor("constructor")).toBeUndefined();
});
