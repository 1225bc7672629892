// The tar codec: what it writes, others read; what it reads and others could understand otherwise, it refuses.
import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { encodeEntry, paddingOf, type TarEntry, trailerSize } from "../../src/bundle/tar.ts";
import { readEntries } from "../../src/bundle/tar-reader.ts";
import { temporary } from "../support/temp.ts";

const file = (name: string, size = 0): TarEntry => ({ name, type: "file", size, mode: 0o644 });
const link = (name: string, target: string): TarEntry => ({ name, type: "link", size: 0, mode: 0o644, target });
const directory = (name: string): TarEntry => ({ name, type: "directory", size: 0, mode: 0o755 });

/** An archive whose contents are all `x`. */
function archive(entries: readonly TarEntry[], end = trailerSize): Buffer {
  const parts = entries.flatMap((entry) => [
    encodeEntry(entry),
    new Uint8Array(entry.size).fill(0x78),
    new Uint8Array(paddingOf(entry.size)),
  ]);
  return Buffer.concat([...parts, new Uint8Array(end)]);
}

function read(bytes: Uint8Array): (TarEntry & { offset: number })[] {
  return [...readEntries((offset, length) => bytes.subarray(offset, offset + length), bytes.length)];
}

function plain(bytes: Uint8Array): TarEntry[] {
  return read(bytes).map(({ offset: _, ...entry }) => entry);
}

/** The archive with a change in the header at an offset, its checksum made right again. */
function changed(bytes: Buffer, at: number, change: (header: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  const header = copy.subarray(at, at + 512);
  change(header);
  header.write("        ", 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return copy;
}

describe("what is written", () => {
  const long = `${"d".repeat(90)}/${"e".repeat(90)}`;
  const entries = [
    directory("a/"),
    file("a/one", 1),
    file(`a/${"n".repeat(98)}`, 512),
    file(`a/${"n".repeat(99)}`, 513),
    file(`${long}/split`, 3),
    file(`${"p".repeat(155)}/${"q".repeat(100)}`, 4),
    file(`${"p".repeat(156)}/${"q".repeat(100)}`, 5),
    file(`${"long/".repeat(60)}name`, 6),
    file("straße/名前", 7),
    link("b/short", "a/one"),
    link(`b/${"m".repeat(120)}`, `${long}/split`),
    directory(`${"deep/".repeat(70)}`),
  ];

  test("has a PAX record only for a name that does not fit into a header", () => {
    const sizeOf = (name: string): number => encodeEntry(file(name)).length;
    expect(sizeOf("n".repeat(100))).toBe(512);
    expect(sizeOf(`${"p".repeat(155)}/${"q".repeat(100)}`)).toBe(512);
    expect(sizeOf("n".repeat(101))).toBe(3 * 512);
    expect(sizeOf(`${"p".repeat(156)}/${"q".repeat(99)}`)).toBe(3 * 512);
  });

  test("is read back, with the offset of each content", () => {
    const bytes = archive(entries);
    expect(plain(bytes)).toEqual(entries);
    for (const { offset, size } of read(bytes)) {
      expect(bytes.subarray(offset, offset + size).every((byte) => byte === 0x78)).toBeTrue();
      expect(offset % 512).toBe(0);
    }
  });

  test("is read by GNU tar, bsdtar and Python, names, sizes, kinds and time", () => {
    using folder = temporary();
    const path = join(folder.path, "a.tar");
    writeFileSync(path, archive(entries));
    const gnu = spawnSync("tar", ["--list", "--verbose", "--utc", "--numeric-owner", "--file", path], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
    });
    expect(gnu.stderr).toBe("");
    const lines = gnu.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(entries.length);
    for (const [index, entry] of entries.entries()) {
      const line = lines[index] as string;
      expect(line).toMatch(/^(d|-|h)[rwx-]{9} 0\/0 +\d+ 1980-01-01 00:00 /);
      expect(line.endsWith(entry.target ? ` ${entry.name} link to ${entry.target}` : ` ${entry.name}`)).toBeTrue();
    }
    const names = entries.map(({ name }) => name).join("\n");
    const bsd = spawnSync("bsdtar", ["-tf", path], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
    });
    if (!bsd.error) expect(bsd.stdout.trimEnd()).toBe(names);
    const script = "import sys,tarfile\nfor m in tarfile.open(sys.argv[1]): print(m.name, m.size, m.linkname, sep='|')";
    const python = spawnSync("python3", ["-c", script, path], { encoding: "utf8" });
    if (!python.error) {
      expect(python.stdout.trimEnd().split("\n")).toEqual(
        entries.map(({ name, size, target = "" }) => `${name.replace(/\/$/, "")}|${size}|${target}`),
      );
    }
  });

  test("holds sizes above 8 GiB, for this reader and for GNU tar", () => {
    const sizes = [0o77777777777, 0o77777777777 + 1, 12_345_678_901_234, 2 ** 52];
    for (const size of sizes) {
      const head = encodeEntry(file("huge", size));
      const end = head.length + size + paddingOf(size);
      const at = (offset: number, length: number): Uint8Array =>
        Buffer.concat([
          head.subarray(Math.min(offset, head.length), Math.min(offset + length, head.length)),
          new Uint8Array(length - Math.max(0, Math.min(head.length - offset, length))),
        ]);
      expect([...readEntries(at, end + trailerSize)]).toEqual([{ ...file("huge", size), offset: head.length }]);
    }
    using folder = temporary();
    const sparse = join(folder.path, "huge.tar");
    writeFileSync(sparse, encodeEntry(file("huge", 9_000_000_000)));
    spawnSync("truncate", ["--size", String(1536 + 9_000_000_000 + paddingOf(9_000_000_000) + trailerSize), sparse]);
    expect(spawnSync("tar", ["tvf", sparse], { encoding: "utf8" }).stdout).toContain(" 9000000000 ");
  });

  const part = fc.stringMatching(/^[\w.+~é名 -]{1,60}$/).filter((text) => text !== "." && text !== "..");
  const path = fc.array(part, { minLength: 1, maxLength: 9 }).map((parts) => parts.join("/"));
  const any = fc.uniqueArray(fc.record({ path, kind: fc.nat(2), size: fc.nat(1500), mode: fc.nat(0o7777) }), {
    // Nothing below what is no directory: each begins with a part of its own.
    selector: ({ path: name }) => name.split("/")[0],
    maxLength: 12,
  });
  const entriesOf = any.map((all) =>
    all.map(({ path: name, kind, size, mode }): TarEntry => {
      if (kind === 0) return { name, type: "file", size, mode };
      if (kind === 1) return { name: `${name}/`, type: "directory", size: 0, mode };
      return { name, type: "link", size: 0, mode, target: `elsewhere/${name}` };
    }),
  );

  test("is read back, whatever the entries are", () => {
    fc.assert(fc.property(entriesOf, (all) => expect(plain(archive(all))).toEqual(all)));
  });

  test("with one byte of a header changed is refused, or reads the same", () => {
    const one = fc.record({ all: entriesOf, which: fc.nat(), at: fc.nat(511), to: fc.nat(255) });
    fc.assert(
      fc.property(one, ({ all, which, at, to }) => {
        const bytes = archive(all);
        const starts = [...read(bytes).map(({ offset }) => offset - 512), bytes.length - 1024, bytes.length - 512];
        bytes[(starts[which % starts.length] as number) + at] = to;
        let found: TarEntry[];
        try {
          found = plain(bytes);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: "KsoError", code: "verify" });
          return;
        }
        expect(found).toEqual(all);
      }),
      { numRuns: 300 },
    );
  });

  test("cut off anywhere is refused", () => {
    const bytes = archive(entries);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        expect(() => read(bytes.subarray(0, length))).toThrow(/cut off|do not fit|not a tar/);
      }),
    );
  });

  test("random bytes are refused with a KsoError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => {
        expect(() => read(bytes)).toThrow("Cannot read the archive: at byte ");
      }),
    );
  });
});

describe("what others wrote", () => {
  test.each(["gnu", "ustar", "pax"])("GNU tar's own %s archives are read", (format) => {
    using folder = temporary();
    const dir = folder.path;
    spawnSync("sh", ["-c", "mkdir -p t/d; echo hello >t/d/file; ln t/d/file t/d/link"], { cwd: dir });
    spawnSync("tar", ["cf", "t.tar", `--format=${format}`, "--sort=name", "t"], { cwd: dir });
    const bytes = readFileSync(join(dir, "t.tar"));
    const found = read(bytes).map(({ name, type, target }) => [name, type, target]);
    expect(found).toEqual([
      ["t/", "directory", undefined],
      ["t/d/", "directory", undefined],
      ["t/d/file", "file", undefined],
      ["t/d/link", "link", "t/d/file"],
    ]);
  });
});

test("a byte order mark is a part of the name", () => {
  const bytes = changed(archive([file("a"), file("b___")]), 512, (head) => head.set([0xef, 0xbb, 0xbf, 0x61], 0));
  expect(read(bytes).map(({ name }) => name)).toEqual(["a", "\ufeffa"]);
});

describe("what is refused", () => {
  const good = archive([file("a", 10), file("b", 10)]);
  const second = 1024;
  const cases: [string, Buffer, RegExp][] = [
    ["a climbing name", archive([file("a/../../etc/passwd")]), /at byte 0, "a\/..\/..\/etc\/passwd": .*climbs/],
    ["an absolute name", archive([file("/etc/passwd")]), /"\/etc\/passwd": the name is absolute/],
    ["a backslash", archive([file("a\\b")]), /backslash/],
    ["an empty name", archive([file("")]), /empty/],
    ["an empty part", archive([file("a//b")]), /empty part/],
    ["a dot", archive([file("./a")]), /empty part or "\."/],
    ["a file that is named as a directory", archive([file("a/")]), /empty part/],
    ["the root as a directory", archive([directory("/")]), /empty/],
    ["a newline", archive([file("a\nb")]), /"a\\nb": the name holds a control character/],
    ["an escape sequence", archive([file("a\u001b[31m")]), /control character/],
    ["NUL in a PAX name", archive([file(`${"n".repeat(101)}\0.tar`)]), /control character/],
    ["an endless part", archive([file("n".repeat(256))]), /longer than 255 bytes/],
    ["an endless name", archive([file("n/".repeat(3000))]), /longer than 4096 bytes/],
    [
      "a link that climbs",
      archive([link("a", "../../etc/passwd")]),
      /"a": it leads to "..\/..\/etc\/passwd": .*climbs/,
    ],
    ["an absolute link", archive([link("a", "/etc/passwd")]), /it leads to "\/etc\/passwd": the name is absolute/],
    ["a link to nothing", archive([link("a", "")]), /it leads to "": the name is empty/],
    ["a link to itself", archive([link("a", "a")]), /leads to itself/],
    [
      "a link to a link",
      archive([file("a"), link("b", "a"), link("c", "b")]),
      /"c": it leads to "b", which is no file/,
    ],
    ["a link to a directory", archive([directory("a/"), link("b", "a")]), /which is no file/],
    ["a link to what comes later", archive([link("a", "b"), file("b")]), /"b": a link before it leads to it/],
    ["two links in a circle", archive([link("a", "b"), link("b", "a")]), /"b": a link before it leads to it/],
    ["two of one name", archive([file("a"), file("b"), file("a")]), /at byte 1024, "a": two entries have this name/],
    ["two directories of one name", archive([directory("a/"), directory("a/")]), /two entries have this name/],
    ["a file and a directory of one name", archive([file("a"), directory("a/")]), /two entries have this name/],
    ["something below a file", archive([file("a"), file("a/b/c")]), /"a\/b\/c": it lies below "a"/],
    ["a file above something", archive([file("a/b/c"), file("a/b")]), /"a\/b": an entry before it lies below it/],
    ["something below a link", archive([link("a", "x"), file("a/b")]), /it lies below "a", which is no directory/],
    [
      "a bad checksum",
      Buffer.concat([good.subarray(0, 1025), Buffer.from("z"), good.subarray(1026)]),
      /at byte 1024: .*checksum/,
    ],
    ["a symbolic link", changed(good, second, (head) => head.write("2", 156)), /at byte 1024, "b": .*unknown type "2"/],
    ["a device", changed(good, second, (head) => head.write("3", 156)), /unknown type "3"/],
    ["GNU tar's long names", changed(good, second, (head) => head.write("L", 156)), /unknown type "L"/],
    [
      "a size beyond the end",
      changed(good, second, (head) => head.write("00000077777\0", 124)),
      /"b": its 32767 bytes do not fit/,
    ],
    [
      "a huge size",
      changed(good, second, (head) => head.set([0x80, 0, 0, 0, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 124)),
      /do not fit/,
    ],
    [
      "a size that is no number",
      changed(good, second, (head) => head.write("12x", 124)),
      /"b": its size is not a number/,
    ],
    ["no size", changed(good, second, (head) => head.fill(0, 124, 136)), /its size is not a number/],
    ["a negative size", changed(good, second, (head) => head.fill(0xff, 124, 136)), /its size is not a number/],
    [
      "a size beyond exact numbers",
      changed(good, second, (head) => head.fill(0x80, 124, 136)),
      /its size is not a number/,
    ],
    [
      "a link with content",
      changed(good, second, (head) => head.write("1", 156) && head.write("a", 157)),
      /it is a link and has content/,
    ],
    [
      "a directory with content",
      changed(good, second, (head) => head.write("5", 156)),
      /it is a directory and has content/,
    ],
    ["a file with a target", changed(good, second, (head) => head.write("a", 157)), /leads elsewhere/],
    ["no magic", changed(good, second, (head) => head.fill(0, 257, 265)), /neither ustar/],
    ["a name that is not UTF-8", changed(good, second, (head) => head.set([0xff, 0xfe], 0)), /not UTF-8/],
    [
      "bytes in the padding",
      Buffer.concat([good.subarray(0, 523), Buffer.from("z"), good.subarray(524)]),
      /at byte 522: there are bytes between/,
    ],
    ["no end", archive([file("a")], 0), /its end is missing/],
    ["half an end", archive([file("a")], 512), /its end is missing/],
    [
      "garbage behind the end",
      Buffer.concat([good, Buffer.from("z".padStart(512, "\0"))]),
      /something follows the end/,
    ],
    ["a second archive behind the end", Buffer.concat([good, good]), /something follows the end/],
    ["endless zeros behind the end", archive([file("a")], (1 << 20) + 512), /bytes follow the end/],
    ["nothing at all", Buffer.alloc(0), /it is not a tar archive/],
    ["a gzip file", Buffer.alloc(2048, Bun.gzipSync(Buffer.alloc(9))), /at byte 0: it is not a tar archive/],
  ];
  test.each(cases)("%s", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });

  test("PAX records that are too large, broken, double, unknown or without an entry", () => {
    const pax = (body: string): Buffer => {
      const bytes = Buffer.from(body);
      const head = changed(Buffer.from(encodeEntry(file("pax", bytes.length))), 0, (header) => header.write("x", 156));
      return Buffer.concat([head, bytes, new Uint8Array(paddingOf(bytes.length))]);
    };
    const rest = archive([file("a", 10)]);
    const refused = (body: string, reason: RegExp): void =>
      expect(() => read(Buffer.concat([pax(body), rest]))).toThrow(reason);
    refused("9 path=b\n9 path=c\n", /two PAX records "path"/);
    refused("23 GNU.sparse.name=xxx\n", /PAX record "GNU.sparse.name"/);
    refused("21 hdrcharset=BINARY\n", /PAX record "hdrcharset"/);
    refused("11 path=b\n", /not `LENGTH key=value`/);
    refused("99 path=b\n", /not `LENGTH key=value`/);
    refused("9 path=bc", /not `LENGTH key=value`/);
    refused("9 path-b\n", /not `LENGTH key=value`/);
    refused("-9 path=b\n", /not `LENGTH key=value`/);
    refused("hello", /not `LENGTH key=value`/);
    refused("5 ab\n=", /not `LENGTH key=value`/);
    refused("9 size=x\n", /"a": its size is not a number/);
    refused("11 size=11\n", /"a": it has two sizes/);
    refused("13 path=../b\n", /"..\/b": the name climbs/);
    refused(`65540 comment=${"x".repeat(65_525)}\n`, /a PAX record of 65540 bytes/);
    expect(() => read(Buffer.concat([pax("9 path=b\n"), pax("9 path=b\n"), rest]))).toThrow(/two PAX records follow/);
    expect(() => read(Buffer.concat([pax("9 path=b\n"), archive([])]))).toThrow(/ends after a PAX record/);
    expect(plain(Buffer.concat([pax("9 path=b\n20 mtime=1234567890\n"), rest]))).toEqual([file("b", 10)]);
  });

  test("more entries than the limit", () => {
    const bytes = archive(Array.from({ length: 21 }, (_, index) => file(`${index}`)));
    const readAtMost = (most?: number): number =>
      [...readEntries((offset, length) => bytes.subarray(offset, offset + length), bytes.length, most)].length;
    expect(() => readAtMost(20)).toThrow(/at byte 10240: the archive has more than 20 entries/);
    expect(readAtMost(21)).toBe(21);
    expect(readAtMost()).toBe(21);
  });
});

test("headers are read, and contents are not", () => {
  const bytes = archive(
    Array.from({ length: 1300 }, (_, index) => file(`blobs/sha256/${String(index).padStart(64, "0")}`, 70_000)),
  );
  let asked = 0;
  const entries = [
    ...readEntries((offset, length) => {
      asked += length;
      return bytes.subarray(offset, offset + length);
    }, bytes.length),
  ];
  expect(entries).toHaveLength(1300);
  // A header and a padding each, and the end.
  expect(asked).toBeLessThan(1300 * 1024 + 2048);
});
