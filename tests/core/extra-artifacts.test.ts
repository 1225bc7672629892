import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  formatMissingList,
  type MissingArtifact,
  type MissingList,
  parseExtraArtifacts,
} from "../../src/core/extra-artifacts.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const missing = (more: Partial<MissingArtifact>): MissingArtifact => ({
  kind: "file",
  name: "dl.k8s.io/v1/bin/linux/amd64/kubelet",
  complete: true,
  requests: 1,
  first: "2026-11-24T10:00:00.000Z",
  last: "2026-11-24T11:00:00.000Z",
  clients: ["10.0.0.7"],
  ...more,
});
const list = (entries: readonly MissingArtifact[]): MissingList => ({
  schema: "kso.extra/1",
  bundles: [{ release: "kubespray-2.31.0", kubernetes: "1.35.4", lock: digest as string }],
  dropped: 0,
  artifacts: entries,
});

test("text: files by URL, images by full name, platforms behind them, comments left out", () => {
  const text = `# what we lack
https://dl.k8s.io/v1/kubelet linux/amd64 # kubernetes; twice

registry.k8s.io/pause:3.9
\t quay.io/a/b@${digest}   linux/amd64,linux/arm64\r
`;
  expect(parseExtraArtifacts(text, "w").artifacts).toEqual([
    { kind: "file", name: "dl.k8s.io/v1/kubelet", platforms: ["linux/amd64"], where: "line 2 of w" },
    { kind: "image", name: "registry.k8s.io/pause:3.9", where: "line 4 of w" },
    { kind: "image", name: `quay.io/a/b@${digest}`, platforms: ["linux/amd64", "linux/arm64"], where: "line 5 of w" },
  ]);
});

test("JSON: complete names are artifacts, incomplete ones are named as skipped", () => {
  const entries = [
    missing({ component: "kubernetes", platforms: ["linux/amd64"] }),
    missing({ kind: "image", name: "pause:3.9", complete: false }),
    missing({ kind: "blob", name: `quay.io/a/b@${digest}`, complete: false }),
    missing({ kind: "image", name: "quay.io/a/b:1" }),
  ];
  expect(parseExtraArtifacts(JSON.stringify(list(entries)), "w.json")).toEqual({
    artifacts: [
      {
        kind: "file",
        name: "dl.k8s.io/v1/bin/linux/amd64/kubelet",
        component: "kubernetes",
        platforms: ["linux/amd64"],
        where: "entry 1 of w.json",
      },
      { kind: "image", name: "quay.io/a/b:1", where: "entry 4 of w.json" },
    ],
    skipped: ["pause:3.9", `quay.io/a/b@${digest}`],
  });
});

test.each([
  ["http://dl.k8s.io/kubelet", "a file's URL begins with https://"],
  ["file:///etc/shadow", "a file's URL begins with https://"],
  ["https://dl.k8s.io/../../etc/shadow", "it is not HOST/PATH of a file"],
  ["https://dl.k8s.io/%2e%2e/shadow", "it is not HOST/PATH of a file"],
  ["https://dl.k8s.io//shadow", "a part of its path is empty"],
  ["https://dl.k8s.io/", "it is not HOST/PATH of a file"],
  ["https://dl.k8s.io", "it is not HOST/PATH of a file"],
  ["https://dl.k8s.io/a?token=1", "it is not HOST/PATH of a file"],
  ["https://user:pw@dl.k8s.io/a", "it is not HOST/PATH of a file"],
  ["https://DL.k8s.io/a", "it is not HOST/PATH of a file"],
  ["https://169.254.169.254/latest/meta-data/iam", "its host is an address"],
  ["https://[::1]:8080/a", "its host is an address"],
  ["https://0x7f.0.0.1/a", "it is not HOST/PATH of a file"],
  ["https://localhost/a", "a name of a private network"],
  ["https://metadata.google.internal/computeMetadata", "a name of a private network"],
  ["https://nas.local:9000/a", "a name of a private network"],
  [`https://dl.k8s.io/${"a".repeat(300)}`, "too long"],
  ["10.0.0.5:5000/pause:3.9", "its host is an address"],
  ["localhost:5000/pause:3.9", "a name of a private network"],
  ["pause:3.9", "it is not a full image name"],
  ["registry.k8s.io/pause", "it is not a full image name"],
  ["registry.k8s.io/Pause:1", "it is not a full image name"],
  ["registry.k8s.io/pause@sha256:12", "it is not a full image name"],
  ["registry.k8s.io/pause:1 arm64", '"arm64" is not a platform'],
  ["registry.k8s.io/pause:1 linux/arm64 more", '"more" is not a platform'],
  ["\u001b[2Jbad", '"\\u001b[2Jbad": it is not a full image name'],
])("a line that leads elsewhere or nowhere is refused by its number: %j", (line, reason) => {
  const act = (): unknown => parseExtraArtifacts(`# head\n\n${line}\n`, "w");
  expect(act).toThrow("Cannot use line 3 of w: ");
  expect(act).toThrow(reason);
});

test.each([
  ["{", "it is not JSON"],
  ['{"schema":"kso.artifacts/2"}', 'schema: must be "kso.extra/1"'],
  [JSON.stringify({ ...list([]), more: 1 }), "more"],
  [JSON.stringify(list([missing({ requests: -1 })])), "artifacts.0.requests: must not be negative"],
  [JSON.stringify(list([missing({ platforms: ["x"] })])), "artifacts.0.platforms.0: must be like linux/amd64"],
  [JSON.stringify(list([missing({}), missing({ name: "127.0.0.1/a" })])), "entry 2 of w"],
  // Whoever says that it is complete is not believed.
  [JSON.stringify(list([missing({ kind: "image", name: "pause:1" })])), "entry 1 of w"],
])("JSON that is broken or lies is refused with the place: %s", (text, reason) => {
  expect(() => parseExtraArtifacts(text, "w")).toThrow("Cannot use ");
  expect(() => parseExtraArtifacts(text, "w")).toThrow(reason);
});

test("an endless list is refused", () => {
  const text = Array.from({ length: 20_001 }, (_, at) => `registry.k8s.io/a:${at}`).join("\n");
  expect(() => parseExtraArtifacts(text, "w")).toThrow("it names more than 20000 artifacts");
});

test("the text of a list has the same artifacts as its JSON, whatever names are in it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ host: fc.domain(), path: fc.stringMatching(/^[a-z0-9._~+-]{1,20}$/) }), { maxLength: 20 }),
      (names) => {
        const entries = names.map(({ host, path }) => missing({ name: `${host}/x${path}`, component: "# c" }));
        const usable = entries.filter(({ name }) => {
          try {
            return parseExtraArtifacts(`https://${name}`, "w").artifacts.length === 1;
          } catch {
            return false;
          }
        });
        const strip = ({ artifacts }: ReturnType<typeof parseExtraArtifacts>): string[] =>
          artifacts.map(({ kind, name }) => `${kind} ${name}`);
        expect(strip(parseExtraArtifacts(formatMissingList(list(usable)), "t"))).toEqual(
          strip(parseExtraArtifacts(JSON.stringify(list(usable)), "j")),
        );
      },
    ),
  );
});

test("in text an incomplete name is a comment, and so is the number of dropped requests", () => {
  const text = formatMissingList({
    ...list([missing({ kind: "image", name: "pause:3.9", complete: false })]),
    dropped: 7,
  });
  expect(text).toContain("# 7 further requests are not listed\n");
  expect(text).toContain(
    "# not complete: pause:3.9 # unknown component; once, last 2026-11-24T11:00:00.000Z by 10.0.0.7\n",
  );
  expect(parseExtraArtifacts(text, "t")).toEqual({ artifacts: [], skipped: [] });
});

test("no name of a release or a component begins a line: it would be one more artifact to fetch", () => {
  const evil = "x\nevil.example/file\u2028https://evil.example/x\r\n";
  const text = formatMissingList({
    ...list([missing({ component: evil })]),
    bundles: [{ release: evil, kubernetes: "1.35.4", lock: evil }],
  });
  expect(text.match(/\n/g)).toHaveLength(2);
  expect(text).not.toContain("\u2028");
  expect(parseExtraArtifacts(text, "t").artifacts.map(({ name }) => name)).toEqual([missing({}).name]);
});
