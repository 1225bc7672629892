// What a file holds, whatever it is wrapped in, and whether that is what it was fetched for.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { KsoError } from "../../src/core/errors.ts";
import { platformMismatch } from "../../src/machine-code/mismatch.ts";
import { findPrograms } from "../../src/machine-code/programs.ts";
import { concat, elf, type Member, pax, source, tar, zip } from "../support/archives.ts";
import { fixtures } from "../support/paths.ts";

const fixture = (name: string): Uint8Array => readFileSync(join(fixtures, "machine-code", name));
const look = (bytes: Uint8Array, deep = false, chunk?: number) => findPrograms("file", source(bytes, chunk).open, deep);
const skippable = new Uint8Array([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
const halves = (bytes: Uint8Array): [Uint8Array, Uint8Array] => [bytes.subarray(0, 700), bytes.subarray(700)];

/** Bytes that do not compress, the same in every run. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0, state = 1; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

type Arch = "amd64" | "arm64";
const members = (arch: Arch): Member[] => [
  { name: "youki-0.5.7/", flag: "5" },
  { name: "youki-0.5.7/README.md", content: "youki\n" },
  { name: "youki-0.5.7/youki", content: elf(arch) },
];
const member = "youki-0.5.7/youki";
const kinds: Record<string, (arch: Arch) => Uint8Array> = {
  tar: (arch) => tar(members(arch)),
  "tar.gz": (arch) => gzipSync(tar(members(arch))),
  "tar.gz of several gzip members": (arch) => concat(halves(tar(members(arch))).map((half) => gzipSync(half))),
  "tar.xz": (arch) => fixture(`youki-${arch}.tar.xz`),
  "tar.zst": (arch) => zstdCompressSync(tar(members(arch))),
  "tar.zst of several frames": (arch) =>
    concat([skippable, ...halves(tar(members(arch))).flatMap((half) => [zstdCompressSync(half), skippable])]),
  zip: (arch) => zip(members(arch)),
  "zip with descriptors": (arch) => zip(members(arch), { descriptors: true }),
  "zip, stored": (arch) => zip(members(arch), { store: true }),
  "zip, stored, with descriptors": (arch) => zip(members(arch), { store: true, descriptors: true }),
};

for (const [kind, make] of Object.entries(kinds)) {
  test.each([
    [false, 64 * 1024],
    [true, 64 * 1024],
    [false, 7],
    [true, 7],
  ])(`${kind}, deep: %p, in chunks of %p`, async (deep, chunk) => {
    const arm = await look(make("arm64"), deep, chunk);
    expect(arm).toEqual([{ machine: "AArch64", member }]);
    expect(platformMismatch("youki", ["linux/arm64"], arm)).toBeUndefined();
    const amd = await look(make("amd64"), deep, chunk);
    expect(platformMismatch("youki", ["linux/amd64"], amd)).toBeUndefined();
    expect(platformMismatch("youki", ["linux/arm64"], amd)).toBe(`arm64/youki holds x86-64 code (member ${member})`);
  });
}

test.each([
  ["itself", (bytes: Uint8Array) => bytes],
  ["gzip", (bytes: Uint8Array) => gzipSync(bytes)],
  ["zstd", (bytes: Uint8Array) => zstdCompressSync(bytes)],
])("a program alone: %s", async (_, wrap) => {
  const found = await look(wrap(elf("amd64", { size: 300_000 })));
  expect(found).toEqual([{ machine: "x86-64" }]);
  expect(platformMismatch("runc", ["linux/arm64"], found)).toBe("arm64/runc holds x86-64 code");
});

test("text, empty files, archives without programs and unknown formats hold no code", async () => {
  const others = ["", "apiVersion: v1\n", "BZh91AY&SY", "PK", "\x1f\x8b"].map((text) => new TextEncoder().encode(text));
  for (const bytes of [
    ...others,
    new Uint8Array(5000),
    tar([]),
    zip([]),
    gzipSync(""),
    gzipSync(gzipSync(elf("arm64"))),
  ])
    for (const deep of [false, true]) expect(await look(bytes, deep).catch(() => "broken")).toBeOneOf([[], "broken"]);
  expect(await look(new TextEncoder().encode("apiVersion: v1\n"), true)).toEqual([]);
});

test("names of any length: ustar's prefix, PAX, GNU", async () => {
  const long = `${"deep/".repeat(60)}youki`;
  for (const before of [pax({ path: long }), { name: "././@LongLink", flag: "L", content: `${long}\0` }]) {
    const archive = tar([before, { name: "cut", content: elf("arm64") }, { name: "next", content: elf("arm64") }]);
    expect((await look(archive)).map((one) => one.member?.length)).toEqual([255, 4]);
  }
  const [named] = await look(tar([pax({ path: "./ü/\n\u202eyouki" }), { name: "x", content: elf("arm64") }]));
  expect(named?.member).toBe("ü/\\n\\u202eyouki");
});

test("a PAX size and a base-256 size count, and nothing of a huge member is kept", async () => {
  const huge = 8 ** 11 + 512;
  for (const header of [
    tar([{ name: "disk", size: huge }], { end: false }),
    tar([pax({ size: `${huge}` }), { name: "disk" }], { end: false }),
  ]) {
    // Nothing after the header: the member is known to be cut off.
    expect(await look(header)).toEqual([]);
    expect(look(header, true)).rejects.toThrow("file: the archive is broken at member disk: it ends too early");
  }
});

test("headers that lie are refused: an endless PAX header, a negative size, a wrong checksum", async () => {
  const flipped = tar(members("arm64"));
  flipped[1024 + 512 + 3] = 0x21;
  for (const [bytes, reason] of [
    [tar([{ name: "x", flag: "x", size: 2 ** 40 }]), /a header of 1099511627776 bytes/],
    [tar([{ name: "x", flag: "x", content: "99999 path=x\n" }]), /a PAX header is malformed/],
    [tar([pax({ size: "-1" }), { name: "x" }]), /a size that no file can have/],
    [
      concat([tar([{ name: "a" }], { end: false }), new Uint8Array(512).fill(65)]),
      /member a: a header's checksum is wrong/,
    ],
  ] as const) {
    expect(await look(bytes)).toEqual([]);
    expect(look(bytes, true)).rejects.toThrow(reason);
  }
});

test("every truncation: never an error when not deep, what was found is kept; deep names the member", async () => {
  const random = noise(300_000);
  const archive = [
    { name: "first", content: elf("arm64") },
    { name: "second", content: random },
  ];
  for (const whole of [
    gzipSync(tar(archive)),
    zstdCompressSync(tar(archive)),
    tar(archive),
    zip(archive),
    zip(archive, { descriptors: true }),
  ]) {
    // zstd gives nothing of a block, 128 KiB, that is not whole.
    const cut = whole.subarray(0, whole.length - 30_000);
    expect(await look(cut)).toEqual([{ machine: "AArch64", member: "first" }]);
    const thrown = await look(cut, true).catch((error) => error);
    expect(thrown).toBeInstanceOf(KsoError);
    expect(thrown).toMatchObject({ code: "verify" });
    expect(thrown.message).toStartWith("file: the archive is broken at member second: ");
    for (let length = 0; length < whole.length; length += 4999) await look(whole.subarray(0, length));
  }
  const xz = fixture("youki-arm64.tar.xz");
  for (let length = 0; length < xz.length; length++) await look(xz.subarray(0, length));
  expect(look(xz.subarray(0, 150), true)).rejects.toThrow(
    `file: the archive is broken at member ${member}: it ends too early`,
  );
  // The one decoder of xz is free again.
  expect(await look(xz)).toHaveLength(1);
});

test("xz with a check that the decoder does not know is no broken archive", async () => {
  const sha256 = fixture("youki-arm64.tar.xz").slice();
  sha256.set([0, 0x0a, 0xe1, 0xfb, 0x0c, 0xa1], 6); // the stream's flags, and their CRC
  for (const deep of [false, true]) expect(await look(sha256, deep)).toEqual([]);
});

test("an error of the disk is not reported as a broken archive", async () => {
  const bytes = gzipSync(tar(members("arm64")));
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 40);
    throw new Error("the disk is gone");
  };
  for (const deep of [false, true]) expect(findPrograms("file", failing, deep)).rejects.toThrow(/^the disk is gone$/);
});

test("random bytes, and random damage, never throw when not deep", async () => {
  const archives = Object.values(kinds).map((make) => make("arm64"));
  const damaged = fc
    .record({ of: fc.constantFrom(...archives), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) })
    .map(({ of, at, bytes }) => {
      const copy = of.slice();
      copy.set(bytes.subarray(0, Math.max(0, copy.length - (at % copy.length))), at % copy.length);
      return copy;
    });
  const magic = fc
    .tuple(
      fc.constantFrom(
        [0x1f, 0x8b, 8],
        [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
        [0x28, 0xb5, 0x2f, 0xfd],
        [0x50, 0x4b, 3, 4],
        [0x7f, 0x45, 0x4c, 0x46],
      ),
      fc.uint8Array({ maxLength: 2000 }),
    )
    .map(([head, tail]) => Uint8Array.from([...head, ...tail]));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 2000 }), magic, damaged), async (bytes) => {
      await look(bytes);
      await look(bytes, true).catch((error) => expect(error).toBeInstanceOf(KsoError));
    }),
    { numRuns: 400 },
  );
});

test("reads no further than the first programs", async () => {
  const program = concat([elf("arm64"), noise(4 * 1024 * 1024)]);
  const big = tar([
    { name: "bin/kata", content: program },
    { name: "bin/other", content: elf("amd64") },
  ]);
  for (const bytes of [
    big,
    gzipSync(big, { level: 1 }),
    zstdCompressSync(big),
    zip([{ name: "bin/kata", content: program }]),
    program,
  ]) {
    const counted = source(bytes);
    expect(await findPrograms("file", counted.open, false)).toHaveLength(1);
    expect(counted.pulled).toBeLessThan(2 * 1024 * 1024);
    expect(counted.closed).toBe(1);
  }
  const small = tar([1, 2, 3, 4].map((at) => ({ name: `bin/${at}`, content: elf("arm64") })));
  expect(await look(small)).toHaveLength(3);
  expect(await look(small, true)).toHaveLength(4);
});

test("archives inside an archive are read one level deep, and only with deep", async () => {
  const inner = gzipSync(tar(members("amd64")));
  const broken = inner.subarray(0, 60);
  const outer = tar([
    { name: "broken.tgz", content: broken },
    { name: "inner.tgz", content: inner },
    { name: "inner.tar.xz", content: fixture("youki-amd64.tar.xz") },
    { name: "again.tar.xz", content: fixture("youki-amd64.tar.xz") },
    {
      name: "inner.zip",
      content: zip([
        { name: "x.tgz", content: inner },
        { name: "y", content: elf("arm64") },
      ]),
    },
  ]);
  expect(await look(outer)).toEqual([]);
  expect(await look(gzipSync(outer), true)).toEqual([
    { machine: "x86-64", member: `inner.tgz!/${member}` },
    { machine: "x86-64", member: `inner.tar.xz!/${member}` },
    { machine: "x86-64", member: `again.tar.xz!/${member}` },
    { machine: "AArch64", member: "inner.zip!/y" },
  ]);
});

test("many searches at once, also in xz, do not block one another", async () => {
  const looks = Array.from({ length: 20 }, (_, at) =>
    look(Object.values(kinds)[at % 10]?.("arm64") as Uint8Array, at % 3 === 0),
  );
  const xz = Array.from({ length: 5 }, () => look(fixture("youki-arm64.tar.xz")));
  for (const found of await Promise.all([...looks, ...xz])) expect(found).toEqual([{ machine: "AArch64", member }]);
});

test("memory stays bounded: a gigabyte of zeros, made while it is read", async () => {
  const zeros = gzipSync(new Uint8Array(16 * 1024 * 1024));
  const head = tar([{ name: "zeros", size: 1024 ** 3 }], { end: false });
  const tail = tar([{ name: "bin/late", content: elf("arm64") }]);
  async function* bomb(): AsyncGenerator<Uint8Array> {
    yield gzipSync(head);
    for (let at = 0; at < 64; at++) yield zeros;
    yield gzipSync(tail);
  }
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  expect(await findPrograms("bomb", bomb, true)).toEqual([{ machine: "AArch64", member: "bin/late" }]);
  // Far from the gigabyte; how far is the garbage collector's choice, which a busy machine delays.
  expect(process.memoryUsage.rss() - before).toBeLessThan(400 * 1024 * 1024);
  // Not deep: a gigabyte without a program is far enough.
  expect(await findPrograms("bomb", bomb, false)).toEqual([]);
});

test("memory stays bounded: xz and zip bombs", async () => {
  const zeros = fixture("zeros-1MiB.xz");
  const before = process.memoryUsage.rss();
  expect(await look(concat(Array<Uint8Array>(64).fill(zeros)), true)).toEqual([]);
  const bomb = zip(
    [
      { name: "zeros", content: new Uint8Array(64 * 1024 * 1024) },
      { name: "x", content: elf("arm64") },
    ],
    { descriptors: true },
  );
  expect(await look(bomb, true)).toEqual([{ machine: "AArch64", member: "x" }]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(160 * 1024 * 1024);
});

test("what counts as a mismatch", async () => {
  const of = (...machines: string[]) => machines.map((machine, at) => ({ machine, member: `m${at}` }));
  expect(platformMismatch("x", ["linux/arm64"], [])).toBeUndefined();
  const both = ["linux/amd64", "linux/arm64"];
  expect(platformMismatch("x", both, [])).toBeUndefined();
  expect(platformMismatch("x", both, of("x86-64"))).toBe("arm64/x holds x86-64 code (member m0)");
  expect(platformMismatch("x", both, [{ machine: "AArch64" }])).toBe("amd64/x holds AArch64 code");
  expect(platformMismatch("x", both, of("x86-64", "i386", "AArch64"))).toBeUndefined();
  expect(platformMismatch("x", [], of("x86-64"))).toBeUndefined();
  expect(platformMismatch("x", ["linux/arm64"], of("i386"))).toBe("arm64/x holds i386 code (member m0)");
  // Firmware for other machines comes with emulators; a program for the other shipped machine does not belong there.
  expect(platformMismatch("kata", ["linux/amd64"], of("s390x", "ppc", "x86-64", "i386"))).toBeUndefined();
  expect(platformMismatch("kata", ["linux/amd64"], of("s390x", "x86-64", "AArch64", "AArch64"))).toBe(
    "amd64/kata holds AArch64 code (member m2 and 1 more)",
  );
  // An archive for all architectures names them in its paths.
  const krew = [
    { machine: "x86-64", member: "krew-linux_amd64" },
    { machine: "AArch64", member: "krew-linux_arm64" },
  ];
  expect(platformMismatch("krew", ["linux/arm64"], krew)).toBeUndefined();
  expect(platformMismatch("krew", ["linux/arm64"], krew.slice(0, 1))).toContain(
    "holds x86-64 code (member krew-linux_amd64)",
  );
});

test("kernel modules and eBPF objects are no mismatch", async () => {
  const archive = tar([
    { name: "lib/probe.o", content: elf("bpf", { type: 1 }) },
    { name: "lib/module.ko", content: elf("amd64", { type: 1 }) },
    { name: "bin/agent", content: elf("arm64") },
  ]);
  expect(await look(archive, true)).toEqual([{ machine: "AArch64", member: "bin/agent" }]);
});
