// From words to values, for each type that a flag may have.
import { describe, expect, test } from "bun:test";
import { type FlagKey, flags } from "../../src/flags/table.ts";
import { readValue } from "../../src/flags/values.ts";

const read = (key: FlagKey, ...words: string[]): Promise<unknown> =>
  readValue(flags[key], words.length > 0 ? words : undefined);
const digest = `sha256:${"a".repeat(64)}`;

test.each<[FlagKey, readonly string[], unknown]>([
  ["json", [""], true],
  ["json", [], false],
  ["kube", ["1.30"], ["1.30"]],
  ["kube", ["2.30.0=1.34", "2.29.1=1.33, 1.32"], ["2.30.0=1.34", "2.29.1=1.33", "1.32"]],
  ["kube", [], undefined],
  ["plugin", ["a", "b,c"], ["a", "b,c"]],
  ["plugin", [], []],
  ["with", ["a, b", "c,"], ["a", "b", "c"]],
  ["with", [], undefined],
  ["allowArchMismatch", [], []],
  ["jobs", ["016"], 16],
  ["jobs", ["256"], 256],
  ["jobs", [], 8],
  ["threads", [], undefined],
  ["grace", ["0"], 0],
  ["grace", [], 30],
  ["split", ["4.7G"], 4_700_000_000],
  ["split", ["700M"], 700_000_000],
  ["split", ["1GiB"], 1 << 30],
  ["split", ["1048576"], 1 << 20],
  ["split", ["1kB"], 1000],
  ["unavailable", [], "exclude"],
  ["unavailable", ["include"], "include"],
  ["mapping", [], undefined],
  ["credentials", ["files,registry"], ["files", "registry"]],
  ["naming", ["keep-host"], "keep-host"],
  ["acceptDigest", [`a=b=${digest}`, `a=b=${digest}`], new Map([["a=b", [digest, digest]]])],
  ["acceptDigest", [], new Map()],
  ["mirror", ["a=http://m/", "a=http://n"], new Map([["a", ["http://m", "http://n"]]])],
  ["mirror", [], new Map()],
  ["files", [":8080"], { port: 8080 }],
  ["files", ["10.0.0.5:80"], { port: 80, host: "10.0.0.5" }],
  ["files", ["[::1]:443"], { port: 443, host: "::1" }],
  ["files", ["kso.site:80"], { port: 80, host: "kso.site" }],
  ["files", ["off"], "off"],
  [
    "pushRegistry",
    ["http://10.0.0.5:5000/k8s"],
    { base: "http://10.0.0.5:5000", host: "10.0.0.5:5000", prefix: "k8s" },
  ],
  ["filesTo", ["s3://bucket/a/"], { bucket: "bucket", prefix: "a" }],
  ["filesTo", [], undefined],
])("--%s %j is %p", async (key, words, value) => {
  expect(await read(key, ...words)).toEqual(value);
});

test("architectures come in kso's order, under any of their names", async () => {
  const platforms = (await read("arch", "aarch64,amd64", "x86_64")) as { arch: string }[];
  expect(platforms.map(({ arch }) => arch)).toEqual(["amd64", "arm64"]);
});

describe("a mistake", () => {
  test.each<[FlagKey, string, string]>([
    ["unavailable", "some", '--unavailable is exclude or include, not "some"'],
    ["mapping", "strip-hos", '--map is strip-host, keep-host, flatten, not "strip-hos": did you mean "strip-host"?'],
    ["credentials", "files,x", '--credentials is files or registry, not "x"'],
    ["naming", "flatten", "Cannot configure for --map flatten"],
    ["with", " , ", "--with wants a value"],
    ["arch", "amd46", 'Unknown architecture "amd46": did you mean "amd64"?'],
    ["jobs", "0", '--jobs wants a number from 1 to 256, not "0"'],
    ["jobs", "257", '--jobs wants a number from 1 to 256, not "257"'],
    ["jobs", "1e1", '--jobs wants a number from 1 to 256, not "1e1"'],
    ["threads", "x", '--jobs wants a number from 1 to 256, not "x"'],
    ["grace", "-1", '--grace wants a number of seconds, not "-1"'],
    ["grace", "100000", '--grace wants a number of seconds, not "100000"'],
    ["split", "i", '--split wants a size such as 4.7G, 700M or 1GiB, not "i"'],
    ["split", "1X", '--split wants a size such as 4.7G, 700M or 1GiB, not "1X"'],
    ["acceptDigest", "youki", '"youki" is not NAME=DIGEST'],
    ["acceptDigest", `=${digest}`, "is not NAME=DIGEST"],
    ["mirror", "dl.k8s.io", '"dl.k8s.io" is not HOST=URL'],
    ["files", "nonsense", "--files wants an address like :8080, 10.0.0.5:8080 or [::1]:8080"],
    ["pushRegistry", "user@host", "Credentials do not belong into --registry"],
    ["filesTo", "s3://b", '"s3://b" does not name a bucket'],
    ["registry", ":65536", "--registry wants an address like"],
    ["files", "256.1.1.1:80", '--files wants an address like :8080, 10.0.0.5:8080 or [::1]:8080, not "256.1.1.1:80"'],
    ["files", "1.2.3:80", '[::1]:8080, not "1.2.3:80"'],
    ["files", "[10.0.0.5]:80", '[::1]:8080, not "[10.0.0.5]:80"'],
    ["files", "[::g]:80", '[::1]:8080, not "[::g]:80"'],
    ["files", "[:::]:80", '[::1]:8080, not "[:::]:80"'],
    ["files", "a b:80", '[::1]:8080, not "a b:80"'],
    ["files", "http://a:80", '[::1]:8080, not "http://a:80"'],
  ])("--%s %s", async (key, word, message) => {
    await expect(read(key, word)).rejects.toThrow(message);
  });
});
