// kso.yaml as people write it, rightly and wrongly: versions stay text, and a message names the line.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { configSchema } from "../../../src/cli/kso-yaml/schema.ts";
import { readSettings } from "../../../src/cli/kso-yaml/settings.ts";
import { KsoError } from "../../../src/core/errors.ts";
import { flags } from "../../../src/flags/table.ts";

test("a setting is a flag that may be set in the file, under its own name", () => {
  const settable = Object.values(flags).filter(({ setting }) => setting !== undefined);
  expect(Object.keys((configSchema as unknown as { entries: object }).entries)).toEqual(
    settable.map(({ name }) => name),
  );
});

test("every scalar is text, lists and maps are kept", () => {
  const text = `# the site's cluster
kubespray: 2.30
kube: 1.30
arch: [amd64, arm64]
jobs: 016
cni:
  - calico
  - no
unavailable: include
store: ~/store
mirror:
  dl.k8s.io: http://10.0.0.5/k8s
  ghcr.io: [http://a.example, http://b.example]
`;
  expect(readSettings(text, "kso.yaml")).toEqual({
    kubespray: "2.30",
    kube: "1.30",
    arch: ["amd64", "arm64"],
    jobs: "016",
    cni: ["calico", "no"],
    unavailable: "include",
    store: "~/store",
    mirror: { "dl.k8s.io": "http://10.0.0.5/k8s", "ghcr.io": ["http://a.example", "http://b.example"] },
  });
});

test("an anchor may be repeated", () => {
  expect(readSettings("with: &a [helm]\nwithout: *a\n", "f")).toEqual({ with: ["helm"], without: ["helm"] });
});

test.each(["", "\n", "# nothing yet\n", "---\n", "{}"])("%j sets nothing", (text) => {
  expect(readSettings(text, "f")).toEqual({});
});

const bomb = `with: &a [x,x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f", "g", "h"]
  .map((name, at) => `${name}: &${name} [${Array(10).fill(`*${"abcdefg"[at]}`).join(",")}]`)
  .join("\n")}\n`;

describe("a broken file", () => {
  test.each([
    [
      "kube: 1.35\ncnii: calico\n",
      'Cannot use f: line 2: "cnii" is not a setting: did you mean "cni"?; there are: kubespray',
    ],
    ["kube: 1.35\n\ncni:\n", "Cannot use f: line 3: cni has no value"],
    ["cni:\n  - calico\n  - { a: b }\n", "Cannot use f: line 2: cni must be one or a list"],
    ["kube: [1.35]\n", "Cannot use f: line 1: kube must be a version"],
    ["unavailable: some\n", "Cannot use f: line 1: unavailable is exclude or include"],
    ["mirror:\n  dl.k8s.io: { a: b }\n", "Cannot use f: line 2: mirror must be host: url"],
    ["kube: 1.35\nkube: 1.34\n", "Cannot use f: line 2: Map keys must be unique"],
    ["kube: 1.35\n\tcni: calico\n", "Cannot use f: line 2: "],
    ["cni: [calico\n", "Cannot use f: line 2: "],
    ["- calico\n", "Cannot use f: line 1: it must be settings, one a line: kube: 1.35"],
    ["calico\n", "Cannot use f: line 1: it must be settings"],
    ["kube: 1.35\n---\nkube: 1.34\n", "Cannot use f: line 2: "],
    ["with: *nowhere\n", "Cannot use f: "],
    ["? [a]\n: b\n", 'Cannot use f: line 1: "" is not a setting'],
    [bomb, 'Cannot use f: line 2: "b" is not a setting'],
    [bomb.replaceAll(/^([b-h]): /gm, "mirror: "), "Cannot use f: line 3: Map keys must be unique"],
  ])("%j", (text, message) => {
    expect(() => readSettings(text, "f")).toThrow(message);
  });

  test("any text gives settings or a usage error", () => {
    const pieces = fc.constantFrom(
      "kube",
      "mirror",
      ": ",
      "\n",
      "  ",
      "- ",
      "&a ",
      "*a",
      "[",
      "]",
      "{",
      "}",
      "!!js ",
      "<<",
      "|",
      "\t",
      "1.30",
      "'",
      '"',
      "%",
      "---",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          for (const value of Object.values(readSettings(text, "f"))) expect(value).toBeDefined();
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(KsoError);
          expect((thrown as KsoError).code).toBe("usage");
        }
      }),
      { numRuns: 2000 },
    );
  });
});
