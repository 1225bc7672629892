// Where the access log goes.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { LogWriter } from "../../../src/serve/monitoring/log-writer.ts";
import { temporary } from "../../support/temp.ts";

const never = (text: string): never => {
  throw new Error(text);
};

test("a pipe gets the lines while somebody reads it; one that nobody reads does not hold the start", () => {
  using folder = temporary();
  const path = join(folder.path, "log");
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  expect(() => new LogWriter(path, never)).toThrow(
    `Cannot write to ${path}: nobody reads that pipe; name another file with --access-log-file`,
  );
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = new LogWriter(path, never);
  writer.add("a line");
  writer.close();
  const bytes = Buffer.alloc(100);
  expect(bytes.toString("utf8", 0, readSync(reader, bytes))).toBe("a line\n");
  closeSync(reader);
});
