// Threads that hash what lies in files.
import { afterAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHashing } from "../../src/store/hashing.ts";
import { sha } from "../support/store.ts";
import { temporary } from "../support/temp.ts";

const hashing = startHashing(2);
afterAll(() => hashing.close());

test("hashing says what it could not read", async () => {
  using folder = temporary();
  const path = join(folder.path, "a");
  writeFileSync(path, "abc");
  expect(await hashing.digest([{ path, offset: 1, length: 2 }])).toBe(sha("bc"));
  // Awaited by hand: the matcher's own waiting does not hear from other threads.
  const refusal = (from: string): Promise<string> =>
    hashing.digest([{ path: from, offset: 0, length: 4 }]).catch(({ message }) => message);
  expect(await refusal(path)).toContain("it ends at byte 3 of 4");
  expect(await refusal(`${path}-none`)).toContain("ENOENT");
});
