// argv as people type it: values stay words, and what is wrong is named.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { KsoError } from "../../src/core/errors.ts";
import { parseArguments } from "../../src/flags/argv.ts";

const sample = { name: "sample", flags: ["kube", "with", "json", "output", "unavailable", "kubesprayDir"] } as const;
const parse = (...argv: string[]): [readonly string[], Record<string, readonly string[]>] => {
  const { positionals, options } = parseArguments(argv, sample);
  return [positionals, Object.fromEntries(options)];
};

test.each<[readonly string[], readonly string[], Record<string, readonly string[]>]>([
  [["--kube", "1.30"], [], { kube: ["1.30"] }],
  [["--kube=1.30"], [], { kube: ["1.30"] }],
  [["--kube", "1.30", "--kube=2.30.0=1.34"], [], { kube: ["1.30", "2.30.0=1.34"] }],
  [["--kube=a=b"], [], { kube: ["a=b"] }],
  [["--with", "a", "b", "--with=c"], ["b"], { with: ["a", "c"] }],
  [["-o", "out", "--json"], [], { output: ["out"], json: [""] }],
  [["-o=out"], [], { output: ["out"] }],
  [["--kube", "--json"], [], { kube: ["--json"] }],
  [["a", "--", "--kube", "b"], ["a", "--kube", "b"], {}],
  [["-"], ["-"], {}],
  [["--kubespray-dir", "."], [], { kubesprayDir: ["."] }],
  [["--kube", "016"], [], { kube: ["016"] }],
  [[], [], {}],
])("%j", (argv, positionals, words) => {
  expect(parse(...argv)).toEqual([positionals, words]);
});

describe("a mistake", () => {
  test.each<[readonly string[], string]>([
    [["--kubee", "1"], 'Unknown flag "--kubee": did you mean "--kube"?; see kso sample --help'],
    [["--gaps=x"], 'Unknown flag "--gaps"; see kso sample --help'],
    [["-x"], 'Unknown flag "-x"; see kso sample --help'],
    [["-xyz"], 'Unknown flag "-xyz"; see kso sample --help'],
    [["--no-json"], 'Unknown flag "--no-json"; see kso sample --help'],
    [["--kube"], "--kube wants a value: --kube VERSION"],
    [["--with", "--kube", "1"], "--with wants a value: --with LIST"],
    [["--kube="], "--kube wants a value: --kube VERSION"],
    [["--kube", ""], "--kube wants a value: --kube VERSION"],
    [["-o"], "--output wants a value: --output PATH"],
    [["--json=yes"], "--json takes no value"],
    [["--json="], "--json takes no value"],
    [["-o", "1", "--json", "--output", "1"], '--output is given twice ("1" and "1"); give it once'],
    [["-o", "a", "--output=b"], '--output is given twice ("a" and "b"); give it once'],
    [["-oa", "-o=b"], '--output is given twice ("a" and "b"); give it once'],
    [["--json", "--json"], "--json is given twice; give it once"],
  ])("%j", (argv, message) => {
    expect(() => parse(...argv)).toThrow(new KsoError("usage", message));
  });
});

test("every word of any command line is read, or is a usage error", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("--kube", "--kube=1.30", "--json", "-o", "--", "-", "--with", "a,b", "-oout", "--constructor"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
      try {
        const { positionals, options } = parseArguments(argv, sample);
        const given = [...options.values()].flat().filter(Boolean);
        for (const value of [...positionals, ...given]) expect(argv.join("\0")).toContain(value);
      } catch (thrown) {
        if (!(thrown instanceof KsoError)) throw thrown;
        expect(thrown.code).toBe("usage");
      }
    }),
    { numRuns: 2000 },
  );
});
