// The records of what was hashed survive kills and several writers; whatever they lack costs a hashing.
import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stamp } from "../../src/files/stamp.ts";
import { HashRecords } from "../../src/store/hash-records.ts";
import { hex } from "../support/store.ts";
import { temporary } from "../support/temp.ts";

const stamp = (size: number): Stamp => `${BigInt(size)} 7 1700000000123456789 1700000000987654321`;

test("what one process records others read, the last of each blob", () => {
  using folder = temporary();
  const path = join(folder.path, "hashed.txt");
  const [one, two] = [new HashRecords(path), new HashRecords(path)];
  expect(two.stampOf(hex("a"))).toBeUndefined();
  one.add(hex("a"), stamp(1));
  two.add(hex("b"), stamp(2));
  one.add(hex("a"), stamp(3));
  const later = new HashRecords(path);
  expect([later.stampOf(hex("a")), later.stampOf(hex("b"))]).toEqual([stamp(3), stamp(2)]);
});

test("a line that a kill tore is skipped, and the next one is whole", () => {
  using folder = temporary();
  const path = join(folder.path, "hashed.txt");
  new HashRecords(path).add(hex("a"), stamp(1));
  appendFileSync(path, `${hex("b")} 12 7 17000`);
  const next = new HashRecords(path);
  expect([next.stampOf(hex("a")), next.stampOf(hex("b"))]).toEqual([stamp(1), undefined]);
  next.add(hex("c"), stamp(3));
  const later = new HashRecords(path);
  expect([later.stampOf(hex("a")), later.stampOf(hex("b")), later.stampOf(hex("c"))]).toEqual([
    stamp(1),
    undefined,
    stamp(3),
  ]);
});

test("what is no such file counts as nothing, and is never waited for", () => {
  using folder = temporary();
  const path = join(folder.path, "hashed.txt");
  const makers = [
    (): void => mkdirSync(path),
    (): void => writeFileSync(path, `{"schema": "another"}\n${hex("a")}\n\n`),
    (): void => void Bun.spawnSync(["ln", "-s", "/dev/zero", path]),
    (): void => void Bun.spawnSync(["mkfifo", path]),
  ];
  for (const make of makers) {
    make();
    const records = new HashRecords(path);
    expect(records.stampOf(hex("a"))).toBeUndefined();
    records.add(hex("a"), stamp(1));
    expect(records.stampOf(hex("a"))).toBe(stamp(1));
    rmSync(path, { recursive: true });
  }
});

test("lines that later ones replaced do not pile up", () => {
  using folder = temporary();
  const path = join(folder.path, "hashed.txt");
  writeFileSync(path, Array.from({ length: 1500 }, (_, size) => `${hex("a")} ${stamp(size)}\n`).join(""));
  expect(new HashRecords(path).stampOf(hex("a"))).toBe(stamp(1499));
  expect(readFileSync(path, "utf8")).toBe(`${hex("a")} ${stamp(1499)}\n`);
});

test("only the named blobs are kept", () => {
  using folder = temporary();
  const path = join(folder.path, "hashed.txt");
  const records = new HashRecords(path);
  for (const text of ["a", "b"]) records.add(hex(text), stamp(1));
  records.keep([hex("b"), hex("c")]);
  expect(readFileSync(path, "utf8")).toBe(`${hex("b")} ${stamp(1)}\n`);
});
