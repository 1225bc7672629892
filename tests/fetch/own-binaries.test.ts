// kso's own binaries out of a release: checked against its sums, kept in the store, and never half.
import { expect, test } from "bun:test";
import { silentProgress } from "../../src/core/progress.ts";
import { fetchOwnBinary } from "../../src/fetch/own-binaries.ts";
import { type Bench, bench, digestOf } from "../support/fetching.ts";
import { rejection, sample, testHttp } from "../support/http.ts";

const binary = sample(70_000, 3);
const name = "kso-linux-arm64";
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const sums = text(`${"0".repeat(64)}  install.sh\n${digestOf(binary).slice(7)}  ${name}\n`);

function get(lab: Bench, urls: readonly string[] = [lab.upstream.url], sources = urls): Promise<string> {
  const release = { version: "0.1.0", urls, sums: sources };
  return fetchOwnBinary(name, release, { store: lab.store, http: testHttp().http, progress: silentProgress });
}
const asked = ({ upstream }: Bench): string[] => upstream.requests.map(({ method, path }) => `${method} ${path}`);

test("it is fetched once, through cuts, and found in the store the next time", async () => {
  await using lab = await bench({ SHA256SUMS: sums, [name]: binary });
  lab.upstream.script(`/${name}`, { fault: "cut", after: 1000 });
  const path = await get(lab);
  expect(path).toBe(lab.store.locate(digestOf(binary))?.[0]?.path as string);
  const count = lab.upstream.requests.length;
  expect(await get(lab)).toBe(path);
  expect(asked(lab).slice(count)).toEqual(["GET /SHA256SUMS"]);
});

test.each([
  ["a release that is not there", {}, "404 Not Found"],
  ["sums without it", { SHA256SUMS: text("") }, "has no line for kso-linux-arm64"],
  ["a web page for sums", { SHA256SUMS: text("<!doctype html><title>Log in</title>") }, "has no line for"],
  ["other bytes", { SHA256SUMS: sums, [name]: sample(70_000, 4) }, `and not ${digestOf(binary)}`],
])("%s: exit code 4, the cause, and the three ways", async (_, files, words) => {
  await using lab = await bench(files);
  const cause = await rejection(get(lab));
  expect(cause).toMatchObject({ code: "fetch" });
  for (const word of [
    words,
    "--with-binaries needs kso-linux-arm64",
    "beside this kso",
    "--binaries DIR",
    "KSO_MIRROR",
  ])
    expect(cause.message).toContain(word);
  expect(lab.store.digests()).toEqual([]);
});

test("the next address is asked where the first does not have it", async () => {
  await using empty = await bench();
  await using lab = await bench({ SHA256SUMS: sums, [name]: binary });
  expect(await get(lab, [empty.upstream.url, lab.upstream.url])).toContain(digestOf(binary).slice(7));
});

test("a mirror gives bytes, and its sums are not believed where home has some", async () => {
  const other = sample(70_000, 5);
  await using lab = await bench({ SHA256SUMS: sums, [name]: binary });
  await using mirror = await bench({ SHA256SUMS: text(`${digestOf(other).slice(7)}  ${name}\n`), [name]: other });
  expect(await get(lab, [mirror.upstream.url, lab.upstream.url], [lab.upstream.url])).toContain(
    digestOf(binary).slice(7),
  );
  expect(asked(mirror)).not.toContain("GET /SHA256SUMS");
});
