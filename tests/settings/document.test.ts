// kso.yaml as people write it, rightly and wrongly: versions stay text, and a message names the line.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { KsoError } from "../../src/core/errors.ts";
import { readSettings } from "../../src/settings/document.ts";

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

test("settings of one command stand below its name, and of a subcommand below that", () => {
  const text = `registry-host: https://harbor.example/kubespray
serve:
  files: 10.0.0.5:8080
  grace: 5
push: { registry: harbor.example/kubespray, index: trim }
config:
  credentials: [registry]
  kubespray: { output: offline.yml }
export: { with-binaries: true, split: 4.7G }
accept-digest: { youki: sha256:00 }
`;
  expect(readSettings(text, "f")).toEqual({
    "registry-host": "https://harbor.example/kubespray",
    serve: { files: "10.0.0.5:8080", grace: "5" },
    push: { registry: "harbor.example/kubespray", index: "trim" },
    config: { credentials: ["registry"], kubespray: { output: "offline.yml" } },
    export: { "with-binaries": "true", split: "4.7G" },
    "accept-digest": { youki: "sha256:00" },
  });
  expect(readSettings("push: &a { ca: x }\nconfig: *a\n", "f")).toEqual({ push: { ca: "x" }, config: { ca: "x" } });
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
    ["kube: 1.35\ncnii: calico\n", 'Cannot use f: line 2: "cnii" is not a setting: did you mean "cni"?'],
    ["kube: 1.35\n\ncni:\n", "Cannot use f: line 3: cni has no value"],
    ["cni:\n  - calico\n  - { a: b }\n", "Cannot use f: line 2: cni must be one or a list"],
    [
      "kube: 1.35\nregistry: 10.0.0.5\n",
      'Cannot use f: line 2: "registry" stands below a command\'s name: push, serve',
    ],
    [
      "output: x\nserve:\n  output: x\n",
      'Cannot use f: line 3: "output" is not a setting below serve; there are: files,',
    ],
    ["serve:\n  grade: 5\n", 'Cannot use f: line 2: "grade" is not a setting below serve: did you mean "grace"?'],
    ["push: &a { register: x }\nserve: *a\n", 'Cannot use f: line 1: "register" is not a setting below push'],
    [
      "config: { output: x }\n",
      'Cannot use f: line 1: "output" is not a setting below config; it stands below config.kubespray, config.containerd',
    ],
    ["serve: harbor.example\n", "Cannot use f: line 1: serve must be settings, one a line"],
    ["serve:\n", "Cannot use f: line 1: serve must be settings, one a line"],
    ["export:\n  with-binaries: yes\n", "Cannot use f: line 2: export.with-binaries is true or false"],
    ["config:\n  credentials: [files, registri]\n", "Cannot use f: line 2: config.credentials is files or registry"],
    ["force: true\n", 'Cannot use f: line 1: "force" is not a setting: it is said on the command line alone'],
    ["kube: [{ a: b }]\n", "Cannot use f: line 1: kube must be a version or a list"],
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
