// What a user adds, as people write it: in kso.yaml or in a file of its own, with names in every form, rightly and wrongly.
import { expect, test } from "bun:test";
import { isExtraForm, readExtraForm } from "../../src/plan/extra-form.ts";

const sum = `sha256:${"ab".repeat(32)}` as const;

test("images, files and charts, by their names alone or with more", () => {
  const form = `# ours
images:
  - docker.io/library/nginx:1.27
  - { image: registry.site.local:5000/team/app, digest: ${sum}, architectures: arm64 }
files:
  - https://example.org/tools/a.tgz
  - url: http://10.0.0.5/b
    digest: ${sum}
    architectures: [amd64, arm64]
charts:
  - https://charts.example/stable/podinfo:6.7.1
  - { chart: oci://ghcr.io/org/charts/podinfo, version: 6.7.1+build.2, digest: ${sum} }
`;
  expect(readExtraForm(form, "f")).toEqual({
    artifacts: [
      { kind: "image", name: "docker.io/library/nginx:1.27", where: "line 3 of f" },
      {
        kind: "image",
        name: `registry.site.local:5000/team/app@${sum}`,
        where: "line 4 of f",
        platforms: ["linux/arm64"],
      },
      { kind: "file", name: "example.org/tools/a.tgz", where: "line 6 of f", url: "https://example.org/tools/a.tgz" },
      {
        kind: "file",
        name: "10.0.0.5/b",
        where: "line 7 of f",
        url: "http://10.0.0.5/b",
        digest: sum,
        platforms: ["linux/amd64", "linux/arm64"],
      },
      {
        kind: "chart",
        name: "charts.example/stable/podinfo-6.7.1.tgz",
        where: "line 11 of f",
        chart: { repository: "https://charts.example/stable", name: "podinfo", version: "6.7.1" },
      },
      {
        kind: "chart",
        name: "ghcr.io/org/charts/podinfo-6.7.1+build.2.tgz",
        where: "line 12 of f",
        chart: { repository: "oci://ghcr.io/org/charts", name: "podinfo", version: "6.7.1+build.2" },
        digest: sum,
      },
    ],
    notes: ["f: nobody knows which images its charts run; name them below images"],
  });
});

test("a short name is completed as docker does, and that is said", () => {
  const { artifacts, notes } = readExtraForm("images: [nginx, bitnami/redis:7, quay.io/a/b]\n", "f");
  expect(artifacts.map(({ name }) => name)).toEqual([
    "docker.io/library/nginx:latest",
    "docker.io/bitnami/redis:7",
    "quay.io/a/b:latest",
  ]);
  expect(notes).toEqual([
    'line 1 of f: "nginx" is docker.io/library/nginx:latest',
    'line 1 of f: "bitnami/redis:7" is docker.io/bitnami/redis:7',
    'line 1 of f: "quay.io/a/b" is quay.io/a/b:latest',
  ]);
});

test("the same below extra: in kso.yaml, and as JSON", () => {
  const yaml = "kubespray: 2.31.0\n\nextra:\n  images:\n    - quay.io/a/b:1\n";
  expect(readExtraForm(yaml, "kso.yaml").artifacts).toEqual([
    { kind: "image", name: "quay.io/a/b:1", where: "line 5 of kso.yaml" },
  ]);
  expect(readExtraForm('{\n "images": ["quay.io/a/b:1"]}', "f.json").artifacts).toMatchObject([
    { where: "line 2 of f.json" },
  ]);
});

test.each([
  ["images:\n- a\n", true],
  ["# x\nkubespray: 2.31.0\nextra: {}\n", true],
  ['{ "images": [] }', true],
  ["---\ncharts: []\n", true],
  ["{}", false],
  ['{ "schema": "kso.extra/1" }', false],
  ['{ "artifacts": [], "schema": "kso.extra/1" }', false],
  ["https://example.org/a/b\n", false],
  ["quay.io/a/b:1 linux/arm64\n# images: none\n", false],
])("%j is a form: %p", (text, expected) => {
  expect(isExtraForm(text)).toBe(expected);
});

test.each([
  ["images:\n  - quay.io/UPPER:1\n", 'line 2 of f: "quay.io/UPPER:1": "quay.io/UPPER:1" is not an image name'],
  ["images:\n  - quay.io/a/b:1\n  - { image: a, digest: abc }\n", 'line 3 of f: "a": "abc" is no digest'],
  [`images: [{ image: "a@${sum}", digest: "sha256:${"cd".repeat(32)}" }]\n`, "it is named with two digests"],
  ["images:\n  - name: a\n", "line 2 of f: images.0."],
  ["images: a\n", "line 1 of f: images "],
  ["image: [a]\n", "line 1 of f: image"],
  ["files:\n  - example.org/a\n", `line 2 of f: "example.org/a": a file's URL begins with https://`],
  ["files:\n  - http://example.org/a\n", "it comes over http; name its digest"],
  ["files:\n  - https://example.org/../a\n", "it is not HOST/PATH of a file"],
  ["files:\n  - { url: https://example.org/a, architectures: riscv64 }\n", 'line 2 of f: "https://example.org/a": '],
  ["charts:\n  - https://charts.example/podinfo\n", "it has no version; write https://charts.example/"],
  ["charts:\n  - podinfo:1.0\n", "it is no chart of a repository"],
  ["charts:\n  - https://charts.example/podinfo:latest\n", "it is no chart of a repository"],
  ["charts:\n  - http://charts.example/podinfo:1.0.0\n", "it is no chart of a repository"],
  ["images: [a\n", "line 2 of f: "],
  ["images: *nowhere\n", "Cannot use "],
  ["- quay.io/a/b:1\n", "line 1 of f: it must be images, files and charts"],
])("%j is refused with its line", (text, message) => {
  expect(() => readExtraForm(text, "f")).toThrow(message);
});
