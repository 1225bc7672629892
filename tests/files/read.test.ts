// Files that flags name: whatever lies there, the answer comes at once and names path, flag and reason.
import { expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownText, readBytes, readRegular, readText } from "../../src/files/read.ts";
import { temporary } from "../support/temp.ts";

function pipeAt(path: string): string {
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  return path;
}

test("a regular file is read, through links too, up to its limit", () => {
  using root = temporary();
  writeFileSync(join(root.path, "file"), "größe");
  symlinkSync("file", join(root.path, "link"));
  expect(readText(join(root.path, "link"), "--ca")).toBe("größe");
  expect(readBytes(join(root.path, "file"), "--ca", 7)).toHaveLength(7);
  expect(() => readBytes(join(root.path, "file"), "--ca", 6)).toThrow("it has 7 bytes, and at most 6 are read");
});

test("a file of several steps is read whole, and one without a stated size too", () => {
  using root = temporary();
  const path = join(root.path, "large");
  writeFileSync(path, "abcdefg".repeat(40_000));
  expect(readText(path, "--extra")).toBe("abcdefg".repeat(40_000));
  expect(readText("/proc/self/status", "--extra")).toContain("Pid:");
  expect(() => readRegular("/proc/self/status", 20)).toThrow("it has more than the 20 bytes that are read");
});

test.each([
  ["a device", (path: string) => symlinkSync("/dev/zero", path), "it is no file but a device"],
  ["a pipe", (path: string) => void pipeAt(path), "it is no file but a pipe"],
  ["a folder", (path: string) => mkdirSync(path), "it is no file but a folder"],
  ["nothing", () => undefined, "there is no such file"],
  ["a link to itself", (path: string) => symlinkSync(path, path), "its symbolic links lead in a circle"],
])("%s is refused at once", (_, make, reason) => {
  using root = temporary();
  const path = join(root.path, "it");
  make(path);
  expect(() => readText(path, "--htpasswd")).toThrow(`Cannot read ${path} (--htpasswd): ${reason}`);
});

test("the null device is an empty file: so a variable says that there is none", () => {
  expect(readText("/dev/null", "NETRC")).toBe("");
});

test("a file of kso's own that is gone, is no file or has grown too large is as if it were not there", () => {
  using root = temporary();
  const path = join(root.path, "own");
  expect(ownText(path)).toBeUndefined();
  writeFileSync(path, "größe");
  expect(ownText(path)).toBe("größe");
  expect(ownText(path, 6)).toBeUndefined();
  expect(ownText(root.path)).toBeUndefined();
  expect(ownText(pipeAt(join(root.path, "pipe")))).toBeUndefined();
});

test("ten gigabytes of nothing are not read", () => {
  using root = temporary();
  const path = join(root.path, "sparse");
  writeFileSync(path, "");
  truncateSync(path, 10_000_000_000);
  expect(() => readText(path, "--ca")).toThrow("it has 10000000000 bytes, and at most 16777216 are read");
});

test("where a pipe is taken, its writer is waited for, and it has the same limit", async () => {
  using root = temporary();
  const path = pipeAt(join(root.path, "pipe"));
  const read = async (limit: number): Promise<string> => {
    // Opened for reading too: so opening does not wait. More than a pipe holds, so it is there until it has been read.
    const writer = spawn("sh", ["-c", 'exec 3<>"$0"; echo ready; head -c 200000 /dev/zero >&3', path]);
    try {
      await once(writer.stdout, "data");
      return readText(path, "--vault-password-file", limit, { pipe: true });
    } finally {
      writer.kill("SIGKILL");
    }
  };
  expect(await read(200_000)).toBe("\0".repeat(200_000));
  await expect(read(199_999)).rejects.toThrow("it has more than the 199999 bytes that are read");
});
