// A checkout becomes manifests, and both roads give one answer: over a release that is made up from what is embedded, and over every
// tag of a kubespray clone that KUBESPRAY_CLONE names.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { plugins } from "../../plugins/index.ts";
import { openCatalog } from "../../src/catalog/open.ts";
import { evaluateRelease } from "../../src/catalog/release.ts";
import type { ComponentManifest, ReleaseManifest } from "../../src/core/manifest.ts";
import type { Plan } from "../../src/core/plan.ts";
import { platforms } from "../../src/core/platform.ts";
import { newestOfEachMinor } from "../../src/core/version.ts";
import { openCheckout } from "../../src/kubespray/checkout.ts";
import { planCheckout } from "../../src/kubespray/plan.ts";
import { readRelease } from "../../src/release-data/checkout-release.ts";
import { compareWithPlugins } from "../../src/release-data/compare-plugins.ts";
import { mergeReleases } from "../../src/release-data/merge.ts";
import { plant, type Tree } from "../support/checkout.ts";
import { catalog, planFor } from "../support/plan.ts";
import { releaseTree } from "../support/release-tree.ts";
import { temporary } from "../support/temp.ts";

const embedded = {
  components: new Map(plugins.map(({ name }) => [name, catalog.component(name) as ComponentManifest])),
  releases: new Map(catalog.releases.map((version) => [`kubespray-${version}`, catalog.release(version)])),
};

/** What a plan promises, without the words for where it comes from. */
function promised({ artifacts, unavailable }: Plan): string[] {
  return [
    ...artifacts.map((one) =>
      [
        one.kind,
        one.component,
        one.name,
        one.version,
        one.platforms,
        one.listed,
        one.kind === "file" ? `${one.url} ${one.digest}` : one.image,
      ].join(" "),
    ),
    ...unavailable
      .map((unavailable) =>
        [
          "unavailable",
          unavailable.kind,
          unavailable.name,
          unavailable.version,
          unavailable.platform,
          unavailable.locator,
        ].join(" "),
      )
      .sort(),
  ];
}

/** `origins`: the checkout writes them as kubespray does. */
function assertOneAnswer(path: string, version: string, origins: boolean): void {
  const checkout = openCheckout(path);
  const read = readRelease(checkout, version);
  const own = catalog.release(version);
  expect(compareWithPlugins(checkout, read.manifest, plugins)).toEqual([]);
  const { components, releases } = mergeReleases(
    plugins,
    [{ ...read, manifest: { ...read.manifest, source: own.source } }],
    embedded,
  );
  const found = releases.get(own.name) as ReleaseManifest;
  // A checkout decides some tags that facts leave open; whatever is embedded, it says the same of.
  const { pins, byKubernetes } = own;
  expect({ ...found, pins, byKubernetes, ...(!origins && { origins: own.origins }) } as unknown).toEqual(own);
  for (const kubernetes of own.kubernetes.versions)
    expect(evaluateRelease(found, kubernetes).pins).toMatchObject(evaluateRelease(own, kubernetes).pins);
  for (const [name, manifest] of embedded.components) expect(components.get(name)).toEqual(manifest);
  const newest = newestOfEachMinor(own.kubernetes.versions);
  for (const kubernetes of new Set([own.kubernetes.default, ...newest])) {
    const asked = { platforms, selection: {}, unavailable: "exclude" as const, kubernetes };
    expect(promised(planCheckout(checkout, catalog, asked).plan)).toEqual(
      promised(planFor({ ...asked, release: version })),
    );
  }
}

const clone = process.env["KUBESPRAY_CLONE"];
test.each(clone === undefined ? [] : catalog.releases)(
  "v%s of the clone: manifests and plans are the embedded ones",
  (version) => {
    using folder = temporary();
    const archive = Bun.spawnSync([
      "git",
      "-C",
      clone as string,
      "archive",
      `v${version}`,
      "roles",
      "galaxy.yml",
    ]).stdout;
    expect(Bun.spawnSync(["tar", "x", "-C", folder.path], { stdin: archive }).exitCode).toBe(0);
    assertOneAnswer(folder.path, version, true);
  },
  60_000,
);

test.each(["2.31.0", "2.28.0"])("a made-up %s: manifests and plans are the embedded ones", (version) => {
  using folder = temporary();
  assertOneAnswer(plant(folder.path, releaseTree(version)), version, false);
});

const defaults = "roles/kubespray_defaults/defaults/main/download.yml";
function changed(tree: Tree, from: string | RegExp, to: string, path = defaults): Tree {
  const text = (tree[path] ?? "").replace(from, to);
  if (text === tree[path]) throw new Error(`there is no ${from}`);
  return { ...tree, [path]: text };
}
function wrongIn(tree: Tree): string[] {
  using folder = temporary();
  const checkout = openCheckout(plant(folder.path, tree));
  return compareWithPlugins(checkout, readRelease(checkout, undefined).manifest, plugins);
}

test("a URL that moved, a repository that moved, an item that no plugin knows, and a pin that went are all named", () => {
  const tree = releaseTree("2.31.0");
  expect(wrongIn(tree)).toEqual([]);
  const url = wrongIn(changed(tree, "https://get.helm.sh/", "https://downloads.helm.sh/"));
  expect(url).toHaveLength(2);
  expect(url[0]).toMatch(
    /^file helm for linux\/amd64: kubespray says https:\/\/downloads\.helm\.sh\/helm-v[\d.]+-linux-amd64\.tar\.gz, and the plugin helm https:\/\/get\.helm\.sh\//,
  );
  expect(wrongIn(changed(tree, '"quay.io/calico/node"', '"quay.io/projectcalico/node"'))[0]).toContain(
    "image calico_node for linux/amd64: kubespray says quay.io/projectcalico/node:v3.31.5, and the plugin calico quay.io/calico/node:v3.31.5",
  );
  const item =
    "downloads:\n  k9s: { enabled: true, file: true, url: https://example.org/k9s, groups: [k8s_cluster] }\n";
  expect(wrongIn(changed(tree, "downloads:\n", item))).toEqual([
    "file k9s: no plugin describes it; kubespray says https://example.org/k9s",
  ]);
  expect(wrongIn(changed(tree, /^etcd_version:.*\n/m, ""))).toContainEqual(
    expect.stringContaining("pins no etcd_version"),
  );
});

test("the next release: imported into a user's folder, it is planned like an embedded one", () => {
  using folder = temporary();
  const release = releaseTree("2.31.0");
  const pinned = changed(release, /^helm_version: .*$/m, 'helm_version: "9.9.9"');
  const row = `    9.9.9: sha256:${"9".repeat(64)}\n`;
  const rows = `helm_archive_checksums:\n  amd64:\n${row}  arm64:\n${row}`;
  const tables = "roles/kubespray_defaults/vars/main/checksums.yml";
  const tree = changed(pinned, /^helm_archive_checksums:\n( {2}.*\n)+/m, rows, tables);
  const next = { ...tree, "galaxy.yml": "version: 2.32.0\n" };
  const checkout = openCheckout(plant(join(folder.path, "checkout"), next));
  const read = readRelease(checkout, undefined);
  expect(compareWithPlugins(checkout, read.manifest, plugins)).toEqual([]);
  const { components, releases } = mergeReleases(plugins, [read], embedded);
  plant(join(folder.path, "own"), {
    "helm.json": JSON.stringify(components.get("helm")),
    "releases/kubespray-2.32.0.json": JSON.stringify(releases.get("kubespray-2.32.0")),
  });
  const wider = openCatalog({ plugins, folder: join(folder.path, "own") });
  expect(wider.releases.at(-1)).toBe("2.32.0");
  expect(wider.release("2.32.0").pins["helm_version"]).toBe("9.9.9");
});
