// What a plan is made of: kso.yaml, lists of extra artifacts, mirrors, command lines, manifests, and what a plugin gives.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readText } from "../../../src/files/read.ts";
import { addExtraArtifacts } from "../../../src/plan/extra-artifacts.ts";
import { plant } from "../../support/checkout.ts";
import { planOf } from "../../support/fetching.ts";
import { root } from "../../support/paths.ts";
import type { Step, Target } from "../target.ts";

const text = (value: string): Uint8Array => Buffer.from(value);

const configuration: Target = {
  name: "config",
  seeds: () => [
    text("kubespray: 2.31.0\nkube: 1.35.4\narch: amd64\nonly: [etcd, coredns]\nunavailable: include\n"),
    text(
      'with:\n  - helm\n  - metrics-server\nmirror:\n  dl.k8s.io: http://10.0.0.5/dl.k8s.io\n  quay.io: ["http://a.example", "http://b.example"]\n',
    ),
    text("cni: &list [calico]\nwith: *list\njobs: 4\nextra: extra.txt\n"),
    text('{"only": "etcd", "mirror": ["dl.k8s.io=http://x.example/y"], "store": "st"}'),
  ],
  words: [
    "kubespray:",
    "kube:",
    "arch:",
    "only:",
    "mirror:",
    "plugin:",
    "extra:",
    "manifests:",
    "inventory:",
    "- ",
    "&x ",
    "*x",
    "<<: ",
    "!!binary ",
    "? ",
  ],
  prepare(folder, input) {
    plant(folder, { "extra.txt": "https://example.com/a\n" });
    writeFileSync(join(folder, "given.yaml"), input);
    return {
      steps: [
        ["resolve", "--config", "given.yaml", "--arch", "amd64", "--json"],
        ["export", "--format", "list", "--config", "given.yaml", "-o", "out"],
      ],
    };
  },
};

const extras: Target = {
  name: "extra",
  seeds: () => [
    text(
      "https://example.com/tool/v1/tool\nregistry.example/team/app:1.0 linux/amd64\nquay.io/a/b@sha256:".concat(
        "a".repeat(64),
        "\n# a comment\n",
      ),
    ),
    text(
      JSON.stringify({
        schema: "kso.extra/1",
        bundles: [{ release: "2.31.0", kubernetes: "1.35.4", lock: `sha256:${"b".repeat(64)}` }],
        dropped: 0,
        artifacts: [
          {
            kind: "file",
            name: "dl.k8s.io/release/v1/x",
            complete: true,
            component: "x",
            platforms: ["linux/amd64"],
            requests: 2,
            first: "2026-01-01T00:00:00Z",
            last: "2026-01-02T00:00:00Z",
            clients: ["10.0.0.1"],
          },
          {
            kind: "image",
            name: "registry.k8s.io/pause:3.10",
            complete: true,
            requests: 1,
            first: "2026-01-01T00:00:00Z",
            last: "2026-01-01T00:00:00Z",
            clients: [],
          },
        ],
      }),
    ),
  ],
  words: [
    "https://",
    "linux/amd64",
    "linux/arm64,",
    "docker.io/library/",
    ":latest",
    "@sha256:",
    "#",
    "oci://",
    "xn--",
    "[::1]:80/",
  ],
  prepare(folder, input) {
    writeFileSync(join(folder, "extra.txt"), input);
    const add = (): unknown =>
      addExtraArtifacts(planOf(), [{ path: "extra.txt", text: readText("extra.txt", "--extra") }]);
    return { steps: [{ name: "extra artifacts", run: add }], kept: [folder] };
  },
};

const mirrors: Target = {
  name: "mirror",
  seeds: () =>
    [
      "dl.k8s.io=http://10.0.0.5/dl.k8s.io",
      "quay.io=https://user:pw@[::1]:5000/x?y#z",
      "*=http://mirror.example",
      "docker.io=registry.example/proxy",
    ].map(text),
  words: ["=", "http://", "https://", "@", "?", "#", "[::1]", "xn--a", ":0", ":99999", ".."],
  prepare: (_, input) => ({
    steps: [
      [
        "export",
        "--format",
        "list",
        "--only",
        "helm,etcd",
        "--mirror",
        Buffer.from(input).toString("utf8").replaceAll("\0", ""),
        "-o",
        "out",
      ],
    ],
  }),
};

const commands: ReadonlySet<string> = new Set([
  "resolve",
  "components",
  "inspect",
  "verify",
  "diff",
  "completion",
  "config",
  "help",
  "export",
]);

/** Whether a command line stays on this machine and in its folder. */
function isHarmless(argv: readonly string[]): boolean {
  const [command = "", ...rest] = argv;
  if (rest.some((word) => word.includes("..") || /(?:^|=)[/~]/.test(word))) return false;
  if (command === "export")
    return (
      rest.some((word) => ["list", "--format=list"].includes(word)) &&
      !rest.some((word) => /tarball|image|registry|compose|sbom|report/.test(word))
    );
  return commands.has(command) || !/^[a-z]/.test(command);
}

const argv: Target = {
  name: "argv",
  seeds: () =>
    [
      "resolve\n--kubespray\n2.31.0\n--kube\n1.35\n--only\netcd\n--json",
      "components\n--arch\namd64\n--json",
      "diff\n--releases\n2.30.0\n2.31.0\n--only\netcd",
      "export\n--format\nlist\n-o\nout\n--only\nhelm",
      "completion\nbash",
      "inspect\nx.tar\n--json",
      "config\nkubespray\nx.tar\n--registry-host\n10.0.0.5:5000\n--files-url\nhttp://10.0.0.5:8080/k8s",
      "verify\nx.tar\n--kubespray-dir\nd\n-i\ni",
      "resolve\n--explain\nmetallb\n--cni=calico\n--without\nhelm",
    ].map(text),
  words: [
    "--",
    "-",
    "--json",
    "--quiet",
    "--help",
    "-h",
    "-o",
    "--only",
    "--kube",
    "=",
    "\n",
    "--no-json",
    "--unavailable",
    "--explain",
    "--limit",
    "-e",
    "--config",
    "--manifests",
    "--mirror",
    "__proto__",
    "--__proto__",
  ],
  prepare(folder, input) {
    const words = Buffer.from(input).toString("utf8").replaceAll("\0", "").split("\n").slice(0, 200);
    plant(folder, { "x.tar": "no bundle\n" });
    return { steps: isHarmless(words) ? [words] : [] };
  },
};

const manifests: Target = {
  name: "manifests",
  seeds: () =>
    ["helm.json", "releases/kubespray-2.31.0.json"].map((path) => readFileSync(join(root, "manifests", path))),
  prepare(folder, input) {
    mkdirSync(join(folder, "m/releases"), { recursive: true });
    const isRelease = Buffer.from(input.subarray(0, 200)).includes("kubespray-");
    writeFileSync(join(folder, isRelease ? "m/releases/kubespray-2.31.0.json" : "m/helm.json"), input);
    return { steps: [["resolve", "--manifests", "m", "--only", "helm", "--json"]] };
  },
};

/** A plugin's answers are JSON that its file prints; the file itself is a user's own program. */
const plugin: Target = {
  name: "plugin",
  seeds: () => [
    text(
      JSON.stringify({
        name: "given",
        category: "tool",
        description: "made up",
        items: [
          {
            kind: "file",
            name: "given",
            version: "1",
            url: "https://example.com/given",
            digest: `sha256:${"a".repeat(64)}`,
          },
          { kind: "image", name: "app", version: "1", image: "registry.example/app:1" },
          { kind: "file", name: "other", version: "1", url: "https://example.com/other", unavailable: "no asset" },
        ],
      }),
    ),
  ],
  prepare(folder, input) {
    writeFileSync(join(folder, "given.json"), input);
    plant(folder, {
      "given.mjs":
        'import { readFileSync } from "node:fs";\nconst given = JSON.parse(readFileSync(new URL("given.json", import.meta.url), "utf8"));\nconst { items, ...rest } = given;\nexport default { ...rest, contribute: () => items };\n',
    });
    const steps: Step[] = [["resolve", "--plugin", "given.mjs", "--only", "given", "--json"]];
    return { steps };
  },
};

/** Targets about what a plan is made of. */
export const planningTargets: readonly Target[] = [configuration, extras, mirrors, argv, manifests, plugin];
