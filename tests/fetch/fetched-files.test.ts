// The lock and failures.json never take the place of somebody's file unasked, and a lock does not lose what it had in silence.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatLock, type Lock } from "../../src/core/lock.ts";
import { FetchedFiles } from "../../src/fetch/fetched-files.ts";
import type { FetchFailure } from "../../src/fetch/options.ts";
import { sampleLock } from "../support/bundle.ts";
import { temporary } from "../support/temp.ts";

const failure: FetchFailure = {
  kind: "file",
  artifact: "h/a",
  name: "a",
  component: "c",
  url: "https://h/a",
  cause: "gone",
  attempts: 1,
};

interface Place extends Disposable {
  readonly path: string;
  readonly lock: Lock;
  readonly at: (name: string) => string;
}

function place(): Place {
  const folder = temporary();
  const { lock } = sampleLock(join(folder.path, "blobs"));
  const path = join(folder.path, "place");
  mkdirSync(path);
  return { path, lock, at: (name) => join(path, name), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

test.each(["kso.lock.json", "failures.json"])("a %s that kso did not write", async (name) => {
  using here = place();
  writeFileSync(here.at(name), "mine");
  const lockPath = here.at("kso.lock.json");
  expect(() => new FetchedFiles(lockPath, false)).toThrow(`Cannot write ${here.at(name)}: there is one already`);
  const files = new FetchedFiles(lockPath, true);
  await files.writeFailures([failure]);
  const told = await files.writeLock(here.lock, undefined);
  expect(readFileSync(here.at(`${name}.bak`), "utf8")).toBe("mine");
  expect(told).toEqual(name === "failures.json" ? [] : [`what was ${lockPath} is kept as ${lockPath}.bak`]);
});

test("failures go with the next lock, and nothing of that name that is not theirs", async () => {
  using here = place();
  const files = new FetchedFiles(here.at("kso.lock.json"), false);
  expect(await files.writeFailures([failure])).toBe(here.at("failures.json"));
  expect(JSON.parse(readFileSync(here.at("failures.json"), "utf8"))).toEqual([failure]);
  await new FetchedFiles(here.at("kso.lock.json"), false).writeLock(here.lock, undefined);
  expect(readdirSync(here.path)).toEqual(["kso.lock.json"]);
  mkdirSync(here.at("failures.json"));
  await new FetchedFiles(here.at("kso.lock.json"), false).writeLock(here.lock, undefined);
  expect(existsSync(here.at("failures.json"))).toBeTrue();
});

test("a lock that loses what it had is kept, and said; one that gains or changes is not", async () => {
  using here = place();
  const path = here.at("kso.lock.json");
  const less: Lock = { ...here.lock, files: here.lock.files.slice(1) };
  const write = async (lock: Lock, replaced?: Lock): Promise<string[]> =>
    await new FetchedFiles(path, false).writeLock(lock, replaced);
  await write(less);
  expect(await write(here.lock, less)).toEqual([]);
  expect(readdirSync(here.path)).toEqual(["kso.lock.json"]);
  expect(await write(less, here.lock)).toEqual([
    `${path} no longer has 1 file that it had: as it was, it is ${path}.bak; name a lock for each bundle with --lock`,
  ]);
  expect(readFileSync(`${path}.bak`, "utf8")).toBe(formatLock(here.lock));
  const fewer: Lock = { ...less, images: [] };
  const [told] = await write(fewer, less);
  expect(told).toContain(`no longer has ${less.images.length} image`);
  // An earlier copy stays, and what is kept already is not kept twice.
  expect(told).toContain(`as it was, it is ${path}.bak.1`);
  expect(readFileSync(`${path}.bak`, "utf8")).toBe(formatLock(here.lock));
  expect(readFileSync(`${path}.bak.1`, "utf8")).toBe(formatLock(less));
  expect((await write(fewer, less))[0]).toContain(`${path}.bak.1`);
  writeFileSync(`${path}.bak`, "mine");
  expect((await write({ ...fewer, files: [] }, fewer))[0]).toContain(`${path}.bak.2`);
  expect(readFileSync(`${path}.bak`, "utf8")).toBe("mine");
});
