// WWW-Authenticate as registries write it, and as anybody might.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseChallenges } from "../../src/oci/challenge.ts";

const parsed = (header: string): [string, Record<string, string>][] =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test.each<[string, [string, Record<string, string>][]]>([
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull,push"',
    [
      [
        "bearer",
        {
          realm: "https://auth.docker.io/token",
          service: "registry.docker.io",
          scope: "repository:library/nginx:pull,push",
        },
      ],
    ],
  ],
  ['BASIC Realm="a, \\"b\\" \\\\ c"', [["basic", { realm: 'a, "b" \\ c' }]]],
  [
    'Basic realm="x", Bearer realm="y",service=z',
    [
      ["basic", { realm: "x" }],
      ["bearer", { realm: "y", service: "z" }],
    ],
  ],
  [
    "Negotiate, Basic realm=x",
    [
      ["negotiate", {}],
      ["basic", { realm: "x" }],
    ],
  ],
  [
    "Negotiate YII+/=, Basic realm=x",
    [
      ["negotiate", {}],
      ["basic", { realm: "x" }],
    ],
  ],
  [
    "Bearer realm=https://a.example/token?x=1,service=b",
    [["bearer", { realm: "https://a.example/token?x=1", service: "b" }]],
  ],
  ["Bearer realm = a , realm=b", [["bearer", { realm: "a" }]]],
  [', ,Bearer ,realm="a",,', [["bearer", { realm: "a" }]]],
  ['Bearer realm="never ends', [["bearer", {}]]],
  ["", []],
])("%s", (header, challenges) => {
  expect(parsed(header)).toEqual(challenges);
});

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const value = fc.string({ unit: "grapheme-ascii", maxLength: 20 });

test("what is written by the rules is read back", () => {
  const challenge = fc.tuple(word, fc.uniqueArray(fc.tuple(word, value), { selector: ([name]) => name, maxLength: 4 }));
  const written = (quoted: boolean, text: string): string =>
    quoted || !/^[a-z0-9-]+$/i.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
  fc.assert(
    fc.property(
      fc.array(challenge, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.constantFrom(",", ", ", " , "),
      fc.boolean(),
      (challenges, quoted, comma, upper) => {
        const header = challenges
          .map(([scheme, pairs]) =>
            `${upper ? scheme.toUpperCase() : scheme} ${pairs.map(([name, text]) => `${name}=${written(quoted, text)}`).join(comma)}`.trim(),
          )
          .join(comma);
        expect(parsed(header)).toEqual(challenges.map(([scheme, pairs]) => [scheme, Object.fromEntries(pairs)]));
      },
    ),
  );
});

test("nothing that a server sends makes it throw or hang", () => {
  const near = fc.string({ unit: fc.constantFrom(...'aB=", \\\t~'.split(""), "Bearer ", 'realm="'), maxLength: 200 });
  fc.assert(fc.property(fc.oneof(near, fc.string()), (header) => expect(parsed(header)).toBeArray()));
  expect(parsed(`Bearer ${'a="'.repeat(20_000)}`)).toBeArray();
  expect(parsed(`Bearer realm="${"\\".repeat(50_000)}`)).toBeArray();
  expect(parsed("a".repeat(50_000))).toBeArray();
});
