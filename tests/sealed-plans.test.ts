// Any plan that is fetched and sealed: verify passes it, a server starts with it and answers every name by its bytes, and inspect,
// diff, config and the page read it. A failure prints the seed; KSO_SEED repeats it.
import { expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { checkedLock } from "../src/bundle/read-back.ts";
import { configCommand } from "../src/cli/commands/config.ts";
import { diffCommand } from "../src/cli/commands/diff.ts";
import { inspectCommand } from "../src/cli/commands/inspect.ts";
import type { Digest } from "../src/core/digest.ts";
import { KsoError } from "../src/core/errors.ts";
import type { Lock } from "../src/core/lock.ts";
import { type Artifact, artifactName, type Plan, type Unavailable, type Unresolved } from "../src/core/plan.ts";
import { distinctPins } from "../src/plan/artifacts.ts";
import { addExtraArtifacts } from "../src/plan/extra-artifacts.ts";
import { MissingRequests } from "../src/serve/missing/missing-requests.ts";
import { pageModel } from "../src/serve/page/model.ts";
import { run } from "./support/command.ts";
import { type Bench, bench, both, digestOf, file, planOf, pulled } from "./support/fetching.ts";
import { image, type SeededImage } from "./support/images.ts";
import { sealed, verifying } from "./support/sealed.ts";
import { noise } from "./support/seed.ts";
import { served } from "./support/serving.ts";
import { temporary } from "./support/temp.ts";

const runs = 40;

/** Files and images that upstream has: odd names, all of them legal. */
const files = [
  "dl.example/v1.2.3/bin/linux/amd64/tool",
  "dl.example:8443/v1/tool%2Bbuild.tgz",
  "dl.example/~user/a+b/c=d,e;f@g!h'(i).tgz",
  "xn--bcher-kva.example/%E6%96%87.yaml",
  "127.0.0.1:8080/index.yaml",
  "[fd00::1]/chart-1.0.0.tgz",
];
const hosts = [
  "registry.example",
  "localhost",
  "localhost:5000",
  "UPPER.example",
  "10.0.0.5:35000",
  "[::1]:5000",
  "docker.io",
];
const repositories = ["pause", "library/nginx", "a/b/c-d__e.f", "k8s/pause"];
const tags = ["1", "v1.2.3_amd64", "UPPER", "_", "a.", "latest", `x${"9".repeat(127)}`];

/** The image that upstream has under a repository and a tag: for both platforms, or a manifest for one. */
function imageOf(repository: string, tag: string): SeededImage {
  const layers = (platform: string): Uint8Array[] => [
    noise(`${repository} ${tag} ${platform}`, 500),
    noise("shared", 800),
  ];
  const isSingle = tag === "_";
  return image({
    platforms: Object.fromEntries((isSingle ? both.slice(0, 1) : both).map((one) => [one, { layers: layers(one) }])),
    index: !isSingle,
  });
}

const words = fc.string({ unit: fc.constantFrom(..."aA0{}'\"<>/:@é\\ \u202e\n".split("")), maxLength: 12 });
const platforms = fc.constantFrom(both, both.slice(0, 1), both.slice(1));

/** One way of publishing a digest for each file, or none. */
const fileArtifact: fc.Arbitrary<Artifact> = fc
  .record({ path: fc.constantFrom(...files), platforms })
  .map(({ path, platforms: on }) => {
    const published = [undefined, "sha256", "sha512"] as const;
    const algorithm = published[path.length % published.length];
    const digest = algorithm && digestOf(noise(path, 300), algorithm);
    return { ...file("x", digest, { platforms: on }), name: path.slice(-8), url: `https://${path}`, path };
  });

const imageArtifact: fc.Arbitrary<Artifact> = fc
  .record({
    host: fc.constantFrom(...hosts),
    repository: fc.constantFrom(...repositories),
    tag: fc.constantFrom(...tags),
    other: fc.constantFrom(...tags),
    pin: fc.constantFrom("none", "root", "other", "manifest"),
    platforms,
  })
  .map(({ host, repository, tag, other, pin, platforms: on }) => {
    const { platforms: parts, root } = imageOf(repository, pin === "other" ? other : tag);
    const digest = pin === "manifest" ? Object.values(parts)[0]?.manifest.digest : root.digest;
    const name = `${host}/${repository}:${tag}`;
    return {
      ...pulled("x"),
      name: repository,
      image: name,
      platforms: on,
      ...(pin !== "none" && digest && { digest }),
    };
  });

const unavailable: fc.Arbitrary<Unavailable> = fc.record({
  kind: fc.constantFrom("file", "image"),
  name: fc.constantFrom("calico_node", "x"),
  component: fc.constant("calico"),
  version: words,
  platform: fc.constantFrom(...both),
  locator: words,
  reason: words,
  included: fc.boolean(),
});

const unresolved: fc.Arbitrary<Unresolved> = fc.record(
  {
    kind: fc.constantFrom("file", "image"),
    name: fc.constantFrom("helm", "coredns"),
    component: fc.constant("helm"),
    platforms,
    field: fc.constantFrom("", "url", "repo"),
    expression: words,
    reason: words,
    hosts: fc.constant(["cp1", "w1"]),
    allowed: fc.constant(true as const),
  },
  { requiredKeys: ["kind", "name", "component", "platforms", "field", "expression", "reason", "allowed"] },
);

const extra = fc.subarray([
  "https://extra.example/a%2Bb/tool.tgz linux/amd64",
  "extra.example/lib/app:1",
  `extra.example/pause@${imageOf("pause", "1").root.digest}`,
  `extra.example/pause:other@${imageOf("pause", "latest").root.digest}`,
]);

const plan: fc.Arbitrary<Plan> = fc
  .record({
    artifacts: fc.array(fc.oneof(fileArtifact, imageArtifact), { maxLength: 6 }),
    unavailable: fc.array(unavailable, { maxLength: 2 }),
    unresolved: fc.array(unresolved, { maxLength: 2 }),
    extra,
  })
  .map(({ artifacts, extra: lines, ...records }) => {
    const planned = { ...planOf(...distinctPins(artifacts)), ...records };
    return addExtraArtifacts(planned, lines.length > 0 ? [{ path: "extra.txt", text: lines.join("\n") }] : []);
  });

/** An upstream that has all of it. */
async function upstream(): Promise<Bench> {
  const lab = await bench();
  const paths = [...files, "extra.example/a%2Bb/tool.tgz"];
  for (const path of paths) lab.upstream.set(path.replace(/^[^/]+/, ""), noise(path, 300));
  for (const repository of [...repositories, "lib/app"])
    for (const tag of tags) lab.registry.add(repository, imageOf(repository, tag), tag);
  return lab;
}

/** Whether the bundle is what its lock says, and every reader of bundles takes it. */
async function assertUsable(path: string, lock: Lock): Promise<void> {
  expect((await verifying([path])).problems).toEqual([]);
  const { ask, index } = served(path);
  for (const { path: name, digest } of lock.files)
    for (const prefix of ["/", "/k8s/"]) expect(await bodyDigest(await ask(prefix + name))).toBe(digest);
  for (const { image: name, root } of lock.images) {
    const [, repository, tag] = /^(.*):([^:]*)$/.exec(name) as unknown as [string, string, string];
    for (const reference of [tag, root.digest])
      expect(await bodyDigest(await ask(`/v2/${repository}/manifests/${reference}`))).toBe(root.digest);
  }
  const missing = new MissingRequests({ bundles: [], locks: index.locks });
  missing.add({ kind: "image", name: "nobody.example/x:1", client: "192.0.2.7" });
  const [release] = pageModel(index.served, () => undefined).releases;
  const present = release.rows.filter(({ absence }) => !absence);
  expect(present).toHaveLength(lock.files.length + lock.images.length);
  for (const argv of [[path], [path, "--json"]]) expect((await run(inspectCommand, ...argv)).error).toBeUndefined();
  expect((await run(diffCommand, path, path)).data).toStartWith("nothing changed");
  const endpoints = ["--registry-host", "10.0.0.5:5000", "--files-url", "http://10.0.0.5:8080/k8s"];
  expect((await run(configCommand, "kubespray", path, ...endpoints)).error).toBeUndefined();
  const folder = join(path, "..", "certs.d");
  expect((await run(configCommand, "containerd", path, ...endpoints, "-o", folder)).error).toBeUndefined();
}

async function bodyDigest(response: Response): Promise<Digest | undefined> {
  expect(response.status).toBe(200);
  return digestOf(new Uint8Array(await response.arrayBuffer()));
}

test("any plan that can be sealed is verified, served and read", async () => {
  await using lab = await upstream();
  const mirrors = new Map(
    [...new Set([...files, ...hosts, "extra.example"].map((name) => name.replace(/\/.*/s, "")))].map((host) => [
      host,
      [files.some((path) => path.startsWith(`${host}/`)) ? lab.upstream.url : lab.registry.url],
    ]),
  );
  const seed = Number(process.env["KSO_SEED"]);
  let sealedPlans = 0;
  const property = fc.asyncProperty(plan, fc.boolean(), async (made, isRequested) => {
    // What nobody asked for goes without an architecture by itself.
    const decision = { component: "test", category: "addon" as const, included: true, reason: "listed" };
    const planned = isRequested ? made : { ...made, components: [...made.components, decision] };
    const allowMissing = isRequested ? planned.artifacts.map(artifactName) : [];
    const { lock } = await lab.fetch(planned, { mirrors, allowMissing });
    if (!lock) return;
    using folder = temporary();
    checkedLock(lock, "kso.lock.json");
    const sample = {
      lock,
      blobs: lab.store,
      pathOf: () => "",
      put: () => ({ mediaType: "", digest: "sha256:" as const, size: 0 }),
    };
    const path = await sealed(folder.path, "bundle.tar", { sample }).then(
      (result) => result.path,
      (thrown) => {
        // Two names that collide inside the air gap.
        if (!(thrown instanceof KsoError && thrown.code === "unresolvable")) throw thrown;
        return undefined;
      },
    );
    if (path === undefined) return;
    sealedPlans++;
    await assertUsable(path, lock);
  });
  await fc.assert(property, { numRuns: runs, ...(seed && { seed }) });
  expect(sealedPlans).toBeGreaterThan(runs / 8);
}, 60_000);
