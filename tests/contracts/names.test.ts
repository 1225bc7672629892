// One rule for names, whatever comes of a plan: what one format cannot hold none takes, and what one takes all take.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { assertPlanNames, namesFault } from "../../src/core/bundle-names.ts";
import type { Digest } from "../../src/core/digest.ts";
import type { Artifact } from "../../src/core/plan.ts";
import { exporters } from "../../src/export/exporters.ts";
import { sampleLock } from "../support/bundle.ts";
import { baseIn } from "../support/exporting.ts";
import { planFor } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

type Names = readonly (readonly [name: string, content: string])[];
const common = { component: "demo", version: "1", platforms: ["linux/amd64"], listed: false, reason: "test" };
const provenance = { version: "test", name: "test" };

/** A digest for a content, the same for the same. */
const digestOf = (content: string): Digest =>
  `sha256:${new Bun.CryptoHasher("sha256").update(content).digest("hex")}` as Digest;

function planned(files: Names, images: Names): Artifact[] {
  return [
    ...files.map(([path, content], at): Artifact => {
      const url = `https://${path}`;
      return { ...common, provenance, kind: "file", name: `f${at}`, url, path, digest: digestOf(content) };
    }),
    ...images.map(([image, content], at): Artifact => {
      const pin = content === "" ? {} : { digest: digestOf(content) };
      return { ...common, provenance, kind: "image", name: `i${at}`, image, ...pin };
    }),
  ];
}

/** What each taker says of these names: the first line of a refusal, or "taken". */
function answers(files: Names, images: Names): Record<string, string> {
  using folder = temporary();
  const plan = { ...planFor({ selection: { only: ["etcd"] } }), artifacts: planned(files, images) };
  const bytes = files.map(([path, content]) => [path, new TextEncoder().encode(content)] as const);
  const sample = sampleLock(join(folder.path, "blobs"), { files: bytes, images });
  const base = baseIn(sample);
  const answerOf = (act: () => unknown): string => {
    try {
      act();
      return "taken";
    } catch (thrown) {
      expect(thrown).toMatchObject({ name: "KsoError", code: "unresolvable" });
      return (thrown as Error).message;
    }
  };
  const formats = exporters.map((exporter) => {
    const act = (): unknown =>
      exporter.needs === "plan"
        ? exporter.render(plan)
        : exporter.forecast({
            ...sample,
            output: join(folder.path, "out"),
            baseImages: { files: base, images: base },
          });
    return [exporter.name, answerOf(act)] as const;
  });
  return Object.fromEntries([["resolve, fetch", answerOf(() => assertPlanNames(plan))], ...formats]);
}

const pause = "registry.k8s.io/pause:3.10";
const refused: Record<string, [files: Names, images: Names, words: string]> = {
  "one path with two digests": [
    [
      ["h.example/a", "one"],
      ["h.example/a", "two"],
    ],
    [],
    "h.example/a",
  ],
  "two paths that a web server takes for one": [
    [
      ["h.example/a%2Bb", "one"],
      ["h.example/a+b", "two"],
    ],
    [],
    "a+b",
  ],
  "a path that climbs": [[["../etc/passwd", "x"]], [], "climbs"],
  "a path that climbs behind the host": [[["h.example/../../etc/passwd", "x"]], [], "climbs"],
  "a path that climbs in percent-encoding": [[["h.example/%2e%2e/x", "x"]], [], "climbs"],
  "a slash in percent-encoding": [[["h.example/a%2fb", "x"]], [], "a%2fb"],
  "a file that is a folder, too": [
    [
      ["h.example/a", "x"],
      ["h.example/a/b", "y"],
    ],
    [],
    "h.example/a",
  ],
  "one deep below another": [
    [
      ["h.example/a", "x"],
      ["h.example/a-b", "z"],
      ["h.example/a/b/c", "y"],
    ],
    [],
    "h.example/a",
  ],
  "a folder where a file is when decoded": [
    [
      ["h.example/x%2By", "x"],
      ["h.example/x+y/z", "y"],
    ],
    [],
    "x+y",
  ],
  "a part that no file system takes": [[[`h.example/${"n".repeat(256)}`, "x"]], [], "255 bytes"],
  "a host that no file system takes": [[[`${"n".repeat(256)}/a`, "x"]], [], "255 bytes"],
  "a path that no object storage takes": [
    [[`h.example/${"n".repeat(200)}/`.repeat(5).concat("x"), "x"]],
    [],
    "960 bytes",
  ],
  "an empty part": [[["h.example/a//b", "x"]], [], "h.example/a//b"],
  "a slash at the end": [[["h.example/a/", "x"]], [], "h.example/a/"],
  "a dot as a part": [[["h.example/./a", "x"]], [], "h.example/./a"],
  "no path": [[["h.example", "x"]], [], "h.example"],
  "no host": [[["/etc/passwd", "x"]], [], "/etc/passwd"],
  "a blank": [[["h.example/a b", "x"]], [], "a b"],
  "a blank in percent-encoding": [[["h.example/a%20b", "x"]], [], "a%20b"],
  "a quote": [[["h.example/it's", "x"]], [], "it's"],
  "a backslash": [[["h.example/a\\b", "x"]], [], "backslash"],
  "a line feed": [[["h.example/a\nb", "x"]], [], "control"],
  "a direction mark": [[["h.example/\u202egpj", "x"]], [], "h.example/"],
  "a letter that has two spellings": [[["h.example/caf\u00e9", "x"]], [], "h.example/caf"],
  "one in percent-encoding": [[["h.example/caf%C3%A9", "x"]], [], "h.example/caf"],
  "a broken percent-encoding": [[["h.example/a%zz", "x"]], [], "percent-encoding"],
  "a query": [[["h.example/a?b=c", "x"]], [], "h.example/a?b=c"],
  "a fragment": [[["h.example/a#b", "x"]], [], "h.example/a#b"],
  "an option": [[["-o/a", "x"]], [], "-o/a"],
  "what removes a file in an image": [[["h.example/.wh.a", "x"]], [], ".wh."],
  "images that share a name": [
    [],
    [
      [pause, "one"],
      ["docker.io/pause:3.10", "two"],
    ],
    "pause:3.10",
  ],
  "images that share a name below k8s/": [
    [],
    [
      [pause, "one"],
      ["docker.io/k8s/pause:3.10", "two"],
    ],
    "pause:3.10",
  ],
};

describe("every format refuses", () => {
  test.each(Object.entries(refused))("%s", (_, [files, images, words]) => {
    const all = answers(files, images);
    expect(Object.keys(all)).toHaveLength(exporters.length + 1);
    for (const [format, answer] of Object.entries(all))
      expect([format, answer]).toEqual([format, expect.stringContaining(words)]);
  });
});

const taken: Record<string, [files: Names, images: Names]> = {
  "ordinary names": [[["dl.k8s.io/v1/kubelet", "x"]], [[pause, "x"]]],
  "one file twice": [
    [
      ["h.example/a", "x"],
      ["h.example/a", "x"],
    ],
    [],
  ],
  "a host with a port": [[["h.example:8443/a", "x"]], [["h.example:5000/a:1", "x"]]],
  "an IPv6 host": [[["[2001:db8::1]:8080/a", "x"]], []],
  "a plus, as it is and in percent-encoding": [
    [
      ["h.example/v1+up1/a", "x"],
      ["h.example/b%2Bc", "y"],
    ],
    [],
  ],
  "a part of 255 bytes": [[[`h.example/${"n".repeat(255)}`, "x"]], []],
  "names that differ in case": [
    [
      ["h.example/A", "x"],
      ["h.example/a", "y"],
    ],
    [],
  ],
  "one image under two names": [
    [],
    [
      [pause, "x"],
      ["docker.io/pause:3.10", "x"],
    ],
  ],
  "one name, two tags": [
    [],
    [
      [pause, "x"],
      ["docker.io/pause:3.9", "y"],
    ],
  ],
};

describe("every format takes", () => {
  test.each(Object.entries(taken))("%s", (_, [files, images]) => {
    expect(new Set(Object.values(answers(files, images)))).toEqual(new Set(["taken"]));
  });
});

test("where a digest is not known yet, what cannot be told apart is refused", () => {
  expect(namesFault([], [{ image: pause }, { image: "docker.io/pause:3.10" }])).toContain("share the name");
  expect(namesFault([], [{ image: pause }, { image: pause, digest: digestOf("x") }])).toBeUndefined();
  const path = "h.example/a";
  expect(
    namesFault(
      [
        { path, url: "https://h.example/a" },
        { path, url: "http://h.example/a" },
      ],
      [],
    ),
  ).toContain("two files");
  expect(
    namesFault(
      [
        { path, url: "https://h.example/a" },
        { path, url: "https://h.example/a" },
      ],
      [],
    ),
  ).toBeUndefined();
});
