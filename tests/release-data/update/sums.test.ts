// Checksum files as upstream writes them, and as nobody should.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { KsoError } from "../../../src/core/errors.ts";
import { digestInSums, singleDigest } from "../../../src/release-data/update/sums.ts";

const a = "a".repeat(64);
const b = "b".repeat(64);

describe("a file of sums", () => {
  test.each([
    ["sha256sum", `${b}  other\n${a}  tool-linux-amd64\n`],
    ["binary mode", `${a} *tool-linux-amd64\n`],
    ["a path", `${a}  ./dist/tool-linux-amd64\n`],
    ["Windows line ends", `${b}  other\r\n${a}  tool-linux-amd64\r\n`],
    ["upper case", `${a.toUpperCase()}  tool-linux-amd64`],
    ["BSD", `MD5 (tool-linux-amd64) = 1234\nSHA256 (tool-linux-amd64) = ${a}\nSHA512 (tool-linux-amd64) = ${a}${a}\n`],
    [
      "signed",
      `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${a}  tool-linux-amd64\n-----BEGIN PGP SIGNATURE-----\n`,
    ],
    ["said twice", `${a}  tool-linux-amd64\n${a}  tool-linux-amd64\n`],
  ])("%s", (_, text) => {
    expect(digestInSums(text, "tool-linux-amd64", "sha256")).toBe(`sha256:${a}`);
  });
  test("names it or does not", () => {
    expect(digestInSums(`${a}  tool-linux-amd64.tar.gz\n`, "tool-linux-amd64", "sha256")).toBeUndefined();
    expect(digestInSums("<html>Not here</html>", "tool", "sha256")).toBeUndefined();
    expect(digestInSums("", "tool", "sha256")).toBeUndefined();
    expect(digestInSums(`${a}${a}  tool\n`, "tool", "sha512")).toBe(`sha512:${a}${a}`);
  });
  test.each([
    [`${a.slice(1)}  tool\n`, "is no sha256 digest of tool"],
    [`${a}${a}  tool\n`, "is no sha256 digest of tool"],
    ["deadbeef  tool\n", '"deadbeef" is no sha256 digest of tool'],
    [`${a}  tool\n${b}  tool\n`, "it says two things about tool"],
    [`SHA256 (tool) = ${"g".repeat(64)}\n`, "is no sha256 digest of tool"],
  ])("%j is refused", (text, message) => {
    expect(() => digestInSums(text, "tool", "sha256")).toThrow(message);
  });
});

describe("a file beside another", () => {
  test.each([`${a}`, `${a}\n`, `${a}  tool\n`, `\n${a} *tool\n\n`, `SHA256 (tool) = ${a}\n`])("%j", (text) => {
    expect(singleDigest(text, "tool", "sha256")).toBe(`sha256:${a}`);
  });
  test.each([
    ["", "it is empty"],
    ["<html>\n<body>\n", "it is more than one line"],
    [`${a}  other\n`, 'it is about "other" and not tool'],
    [`${a}\n${b}\n`, "it is more than one line"],
    [a.slice(2), "is no sha256 digest of tool"],
    [`${a}${a}`, "is no sha256 digest of tool"],
    ["Not Found", 'it is about "Found" and not tool'],
    ["\u001b[31mred", '"\\u001b[31mred" is no sha256 digest of tool'],
  ])("%j is refused", (text, message) => {
    expect(() => singleDigest(text, "tool", "sha256")).toThrow(message);
  });
});

test("any text gives a digest, undefined, or a KsoError", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const read of [digestInSums, singleDigest])
        try {
          const digest = read(`${text}  tool`, "tool", "sha256");
          if (digest !== undefined) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(KsoError);
        }
    }),
  );
});
