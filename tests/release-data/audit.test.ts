// What roles name in the world outside is owned by a plugin or waived by name: over made-up roles, over every release's facts
// beside the project, and over every tag of a kubespray clone that KUBESPRAY_CLONE names.
import { describe, expect, test } from "bun:test";
import { auditReferences } from "../../src/release-data/audit.ts";
import { isPartOfRun, referencesIn } from "../../src/release-data/references.ts";
import { waivers } from "../../src/release-data/waivers.ts";
import { readFacts, referencesOfFacts } from "../support/facts.ts";
import { entriesOf, testGroundTruth } from "../support/ground-truth.ts";
import { catalog, contributionsFor } from "../support/plan.ts";

const roles = (files: Record<string, string>): ReturnType<typeof referencesIn> => referencesIn(Object.entries(files));
const image = (name: string): { kind: "image"; name: string; version: string; image: string } => ({
  kind: "image",
  name: "x",
  version: "1",
  image: name,
});
const file = (url: string): { kind: "file"; name: string; version: string; url: string } => ({
  kind: "file",
  name: "x",
  version: "1",
  url,
});
const defaults = "roles/x/defaults/main.yml";
const template = "roles/x/templates/x.yml.j2";
const reads = (
  files: Record<string, string>,
  contributions: Parameters<typeof auditReferences>[1] = [],
): (readonly string[])[] => auditReferences(roles(files), contributions, []).unowned.map(({ reads }) => reads);

describe("references", () => {
  test("variables, image lines and literals, with their places", () => {
    const { references } = roles({
      [defaults]: `---
# x_image_repo: docker.io/old/x
docker_image_repo: "docker.io"
x_image_repo: "{{ docker_image_repo }}/new/x"   # moved
x_download_url: https://example.org/x-{{ x_version }}
x_enabled: false
nested:
  y_image_repo: ignored
`,
      [template]: `{# image: docker.io/a/comment:1
 #}
      - image: "{{ x_image_repo }}:{{ x_image_tag }}"
        args: ["--sidecar=quay.io/a/sidecar:v2"] # and ghcr.io/not/this:1
  # image: docker.io/a/remark:1
{"image": "registry.example.org:5000/z:1",}
`,
      "roles/x/molecule/default/templates/y.yml": "image: docker.io/a/test:1\n",
      "roles/x/README.md": "image: docker.io/a/read:1\n",
    });
    expect(references.map(({ kind, text, where }) => `${kind} ${text} ${where}`)).toEqual([
      `repository docker.io ${defaults}:3`,
      `repository {{ docker_image_repo }}/new/x ${defaults}:4`,
      `url https://example.org/x-{{ x_version }} ${defaults}:5`,
      `image {{ x_image_repo }}:{{ x_image_tag }} ${template}:3`,
      `image quay.io/a/sidecar:v2 ${template}:4`,
      `image registry.example.org:5000/z:1 ${template}:6`,
    ]);
  });
  test("files that a run cannot use are left out", () => {
    for (const path of [
      "roles/x/meta/argument_specs.yml",
      "roles/x/files/dash.json",
      "playbooks/a.yml",
      "roles/x/tests/tasks/a.yml",
    ])
      expect([path, isPartOfRun(path)]).toEqual([path, false]);
    for (const path of [defaults, "roles/a/b/c/files/x.sh", "roles/a/tasks/sub/x.yaml"])
      expect([path, isPartOfRun(path)]).toEqual([path, true]);
  });
});

describe("an audit", () => {
  const variables = `quay_image_repo: quay.io
x_image_repo: "{{ quay_image_repo }}/a/x"
x_image_tag: v1
`;
  test("owned: the variable, its head, and the image made of it", () => {
    const own = [image("quay.io/a/x:v1")];
    expect(reads({ [defaults]: variables, [template]: "image: {{ x_image_repo }}:{{ x_image_tag }}\n" }, own)).toEqual(
      [],
    );
  });
  test("a repository that moved, and another tag, are found with their values", () => {
    const files = { [defaults]: variables, [template]: "image: {{ x_image_repo }}:{{ x_image_tag }}\n" };
    expect(reads(files, [image("quay.io/b/x:v1")])).toEqual([["quay.io/a/x"], ["quay.io/a/x:v1"]]);
    expect(reads(files, [image("quay.io/a/x:v2")])).toEqual([["quay.io/a/x:v1"]]);
  });
  test("a role's own default beside another: both must be owned", () => {
    const files = {
      [defaults]: variables,
      "roles/y/defaults/main.yml": "x_image_tag: latest\n",
      [template]: "image: {{ x_image_repo }}:{{ x_image_tag }}\n",
    };
    expect(reads(files, [image("quay.io/a/x:v1")])).toEqual([["quay.io/a/x:latest"]]);
    expect(reads(files, [image("quay.io/a/x:v1"), image("quay.io/a/x:latest")])).toEqual([]);
  });
  test("both branches of a condition", () => {
    const text = "image: {% if a is defined %}{{ a }}/x:1{% else %}busybox{% endif %}\n";
    expect(reads({ [template]: text }, [image("quay.io/a/x:1")])).toEqual([["docker.io/library/busybox"]]);
    expect(reads({ [template]: text }, [image("quay.io/a/x:1"), image("docker.io/library/busybox:latest")])).toEqual(
      [],
    );
  });
  test("an unknown value may be anything, but a name of nothing else matches nothing", () => {
    expect(reads({ [template]: "image: {{ a }}/x:{{ b | c }}\n" }, [image("quay.io/a/x:1")])).toEqual([]);
    expect(reads({ [template]: "image: {{ a }}/y:{{ b | c }}\n" }, [image("quay.io/a/x:1")])).toEqual([["*/y:*"]]);
    expect(reads({ [template]: "image: {{ a }}\n" }, [image("quay.io/a/x:1")])).toEqual([["*"]]);
  });
  test("URLs, folded texts, and variables in a circle", () => {
    const url = "x_version: 1\nx_download_url: https://example.org/v{{ x_version }}/x-{{ image_arch }}\n";
    expect(reads({ [defaults]: url }, [file("https://example.org/v1/x-amd64")])).toEqual([]);
    expect(reads({ [defaults]: url }, [file("https://example.org/v2/x-amd64")])).toEqual([
      ["https://example.org/v1/x-*"],
    ]);
    expect(
      reads({ [defaults]: `x_version: >-\n  1\n${url.slice(url.indexOf("\n") + 1)}` }, [
        file("https://example.org/v2/x-amd64"),
      ]),
    ).toEqual([]);
    expect(reads({ [defaults]: 'a_url: "{{ b_url }}/a"\nb_url: "{{ a_url }}"\n' })).toEqual([["*/a/a"], ["*/a"]]);
  });
  test("a waiver is by name, and only for what no plugin owns", () => {
    const waiver = { name: /^x_image_repo$/, reason: "because" };
    const files = { [defaults]: "x_image_repo: quay.io/a/x\nxx_image_repo: quay.io/a/y\n" };
    const { waived, unowned } = auditReferences(roles(files), [], [waiver]);
    expect(waived).toMatchObject([{ reason: "because", reference: { name: "x_image_repo" } }]);
    expect(unowned.map(({ name }) => name)).toEqual(["xx_image_repo"]);
    expect(auditReferences(roles(files), [image("quay.io/a/x:1"), image("quay.io/a/y:1")], [waiver])).toMatchObject({
      owned: 2,
      waived: [],
    });
  });
  test("it ends, however templates multiply", () => {
    const lines = Array.from({ length: 40 }, (_, at) => `v${at}: "{{ v${at + 1} }}{{ v${at + 1} }}"\n`).join("");
    expect(reads({ [defaults]: `${lines}x_url: "{{ v0 }}"\n` })).toHaveLength(1);
  });
});

const tagsIn = (root: string): { tag: string }[] =>
  entriesOf(root, "facts").map((name) => ({ tag: name.replace(".json", "") }));

testGroundTruth("references", "$tag: every repository and URL is owned or waived", tagsIn, ({ tag, root }) => {
  const references = referencesOfFacts(readFacts(root, tag).facts);
  const result = auditReferences(references, contributionsFor(tag.slice(1)));
  expect(result.unowned).toEqual([]);
  expect(result.owned).toBeGreaterThan(80);
});

const clone = process.env["KUBESPRAY_CLONE"];

/** Every file of the roles at a tag, from git's own archive. */
function filesAt(tag: string): [string, string][] {
  const listed = Bun.spawnSync(["git", "-C", clone as string, "ls-tree", "-r", "--name-only", tag, "roles"]).stdout;
  const paths = listed.toString().split("\n").filter(isPartOfRun);
  const input = paths.map((path) => `${tag}:${path}\n`).join("");
  const out = Bun.spawnSync(["git", "-C", clone as string, "cat-file", "--batch"], {
    stdin: Buffer.from(input),
  }).stdout;
  let at = 0;
  return paths.map((path) => {
    const end = out.indexOf(10, at);
    const size = Number(out.subarray(at, end).toString().split(" ")[2]);
    at = end + 1 + size + 1;
    return [path, out.subarray(end + 1, end + 1 + size).toString()];
  });
}

const releases = clone === undefined ? [] : catalog.releases.map((version) => `v${version}`);

test.each(releases)("%s: every reference of its roles is owned or waived", (tag) => {
  const result = auditReferences(referencesIn(filesAt(tag)), contributionsFor(tag.slice(1)));
  expect(result.unowned).toEqual([]);
  expect(result.owned).toBeGreaterThan(150);
});

test.each(clone === undefined ? [] : [clone])("every waiver is needed in %s", () => {
  const used = new Set(
    releases.flatMap((tag) =>
      auditReferences(referencesIn(filesAt(tag)), contributionsFor(tag.slice(1))).waived.map(
        ({ reference }) => reference.name,
      ),
    ),
  );
  expect(waivers.filter(({ name }) => ![...used].some((one) => name.test(one)))).toEqual([]);
});
