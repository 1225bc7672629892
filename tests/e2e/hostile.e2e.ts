// Bundles that were made to harm whoever reads them, against the compiled kso verify and kso inspect: each is refused by name
// with exit code 5, nothing is written, and nobody waits for ever.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeSync, openSync, readdirSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { encodeEntry } from "../../src/bundle/tar.ts";
import { altered, type Piece, pack, piece, piecesOf, rewritten, sealed } from "../support/sealed.ts";
import { start } from "../support/site.ts";
import { temporary } from "../support/temp.ts";

const folder = temporary();
let sound: string;
beforeAll(async () => {
  sound = (await sealed(folder.path)).path;
});
afterAll(() => folder[Symbol.dispose]());

type Change = (pieces: Piece[]) => readonly Piece[];
const link = (name: string, target: string): Piece => ({ ...piece(name, ""), type: "link", target });
const blob = "blobs/sha256/";

/** What both commands refuse. */
const hostile: Record<string, [change: Change, words: string]> = {
  "a name that climbs": [(all) => [piece("../evil", "x"), ...all], '"../evil": the name climbs'],
  "a name that climbs in the middle": [(all) => [...all, piece("files/a/../../evil", "x")], "the name climbs"],
  "an absolute name": [(all) => [piece("/etc/evil", "x"), ...all], "the name is absolute"],
  "a link out of the tree": [(all) => [...all, link("files/h/l", "../../etc/passwd")], "the name climbs"],
  "a link to an absolute name": [(all) => [...all, link("files/h/l", "/etc/passwd")], "the name is absolute"],
  "a link to itself": [(all) => [...all, link("files/h/l", "files/h/l")], "it leads to itself"],
  "two entries with one name": [
    (all) => [...all, ...all.filter(({ name }) => name === "index.json")],
    '"index.json": two entries have this name',
  ],
  "a file where a directory must be": [(all) => [piece("blobs", "x"), ...all], '"blobs'],
  "a control character in a name": [(all) => [...all, piece("files/h/\u001b[2Jx", "x")], "control character"],
  "a lock whose sizes lie": [
    rewritten("kso/lock.json", (text) => text.replace('"size": 1024', '"size": 1025')),
    "has 1024 bytes here and 1025 elsewhere",
  ],
  "a lock that climbs": [
    rewritten("kso/lock.json", (text) => text.replace('"dl.k8s.io/', '"../dl.k8s.io/')),
    "files.0.path: must be HOST/PATH and stay below it",
  ],
  "a lock nested without end": [rewritten("kso/lock.json", () => "[".repeat(1_000_000)), "it is not"],
  "an index that is none": [rewritten("index.json", () => '{"schemaVersion":2,"manifests":{"0":1}}'), "manifests"],
};

async function refused(path: string, words: string): Promise<void> {
  const before = readdirSync(folder.path).sort();
  for (const command of ["verify", "inspect"]) {
    const { code, out, err, memory } = await start([command, path], folder.path).ended;
    expect([command, code, out + err]).toEqual([command, 5, expect.stringContaining(words)]);
    expect(out + err).toContain(path);
    expect(out + err).not.toMatch(/\n\s+at /);
    expect(out + err).not.toContain("\u001b");
    expect(memory).toBeLessThan(200_000_000);
  }
  expect(readdirSync(folder.path).sort()).toEqual(before);
}

test.each(Object.entries(hostile))("%s", async (_, [change, words]) => {
  const evil = join(folder.path, "evil.tar");
  pack(evil, change(piecesOf(sound)));
  await refused(evil, words);
});

test("an entry whose size lies: more than the archive has, and more than anything has", async () => {
  const evil = join(folder.path, "evil.tar");
  for (const size of [1_000_000, 0o77777777777, 2 ** 52]) {
    writeFileSync(evil, Buffer.concat([encodeEntry({ ...piece("oci-layout", ""), size }), new Uint8Array(2048)]));
    await refused(evil, `its ${size} bytes do not fit into the archive`);
  }
});

test("an index without end: it is there in full, and is not read", async () => {
  const evil = join(folder.path, "evil.tar");
  const size = 2 ** 33;
  writeFileSync(evil, encodeEntry({ ...piece("index.json", ""), size }));
  // Sparse: the size is real, the disk is not used.
  truncateSync(evil, 512 + size);
  const rest = pack(
    join(folder.path, "rest.tar"),
    piecesOf(sound).filter(({ name }) => name !== "index.json"),
  );
  writeFileSync(evil, readFileSync(rest), { flag: "a" });
  await refused(evil, `index.json has ${size} bytes`);
  truncateSync(evil, 0);
});

test("more entries than anybody has, all of them sound", async () => {
  const evil = join(folder.path, "evil.tar");
  // Piece by piece: a child's peak counts from what this process had when it started it.
  const file = openSync(evil, "w");
  for (let at = 0; at < 100_001; at++) writeSync(file, encodeEntry({ ...piece(`files/h/${at}`, ""), size: 0 }));
  writeSync(file, new Uint8Array(1024));
  closeSync(file);
  await refused(evil, "the archive has more than 100000 entries");
  truncateSync(evil, 0);
});

test("names that are sound and too long together", async () => {
  const evil = join(folder.path, "evil.tar");
  const file = openSync(evil, "w");
  const long = `${"n".repeat(250)}/`.repeat(16);
  for (let at = 0; at < 9000; at++) writeSync(file, encodeEntry({ ...piece(`files/${long}${at}`, ""), size: 0 }));
  writeSync(file, new Uint8Array(1024));
  closeSync(file);
  await refused(evil, "the names of the archive are too long together");
  truncateSync(evil, 0);
});

test("cut off anywhere, and with a bit flipped anywhere", async () => {
  const bytes = readFileSync(sound);
  const evil = join(folder.path, "evil.tar");
  for (const share of [0, 0.01, 0.3, 0.7, 0.99]) {
    writeFileSync(evil, bytes.subarray(0, Math.floor(bytes.length * share)));
    await refused(evil, evil);
  }
  for (const share of [0.05, 0.4, 0.8]) {
    const flipped = Buffer.from(bytes);
    const at = Math.floor(bytes.length * share);
    flipped[at] = (flipped[at] as number) ^ 1;
    writeFileSync(evil, flipped);
    expect((await start(["verify", evil], folder.path).ended).code).toBe(5);
  }
});

test("what lies with care, sums made right again: verify names it", async () => {
  const evil = join(folder.path, "evil.tar");
  const lies: [Change, string][] = [
    [(all) => [...all, piece("files/h/extra", "x")], "extra: files/h/extra"],
    [(all) => all.map((one) => (one.size === 70_000 ? piece(one.name, "y") : one)), "linux/amd64/kubeadm"],
    [(all) => all.map((one) => (one.type === "link" ? { ...one, target: firstBlob(all) } : one)), "leads to sha256:"],
    [
      rewritten("index.json", (text) => text.replace("registry.k8s.io/pause:3.10", "evil.test/pause:3.10")),
      "evil.test/pause:3.10",
    ],
  ];
  for (const [change, words] of lies) {
    altered(sound, evil, (pieces) => [...change(pieces)]);
    const { code, out } = await start(["verify", evil], folder.path).ended;
    expect([code, out]).toEqual([5, expect.stringContaining(words)]);
  }
});

function firstBlob(pieces: readonly Piece[]): string {
  return pieces.find(({ name, type }) => type === "file" && name.startsWith(blob))?.name ?? "";
}
