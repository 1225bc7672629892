// Digests against kubespray's own download role (run with recording stubs) and against each release's checksum tables,
// release by release.
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesFor, imagesOf, type Plan } from "../../src/core/plan.ts";
import { entriesOf, testGroundTruth } from "../support/ground-truth.ts";
import { catalog, planFor } from "../support/plan.ts";

const read = <T>(root: string, path: string): T => JSON.parse(readFileSync(join(root, path), "utf8")) as T;

interface Item {
  readonly file: boolean | null;
  readonly url: string | null;
  readonly checksum_normalized: string | null;
  readonly container: boolean | null;
  readonly repo: string | null;
  readonly tag: string | null;
  readonly would_download: boolean;
}

const everything = new Map<string, Plan>();
/** All that a release may ask for, listed or not. */
function all(release: string): Plan {
  const known = everything.get(release);
  if (known) return known;
  const there = planFor({ release }).components.filter(({ reason }) => !reason.includes(" has no "));
  const plan = planFor({
    release,
    unavailable: "include",
    selection: { with: there.map(({ component }) => component) },
  });
  everything.set(release, plan);
  return plan;
}

const scenariosIn = (root: string): { tag: string; name: string }[] =>
  entriesOf(root, "downloads").flatMap((tag) =>
    entriesOf(root, `downloads/${tag}`)
      // The sample inventory of some tags has another Kubernetes version; "pins" scenarios change versions by hand.
      .filter((name) => !/^(sample|pins)-/.test(name))
      .map((name) => ({ tag, name })),
  );

testGroundTruth("downloads", "$tag $name, byte for byte", scenariosIn, ({ tag, name, root }) => {
  const arch = name.endsWith("-arm64.json") ? "arm64" : "amd64";
  const { downloads } = read<{ downloads: Record<string, Item> }>(root, `downloads/${tag}/${name}`);
  const plan = all(tag);
  const files = new Map(filesFor(plan, `linux/${arch}`).map((file) => [file.url, file.digest]));
  const images = new Set(imagesOf(plan).map(({ image }) => image));
  const wanted = Object.values(downloads).filter((item) => item.would_download);
  expect(wanted.length).toBeGreaterThan(10);
  for (const item of wanted) {
    if (item.file) {
      expect(files.has(item.url ?? "")).toBeTrue();
      const sum = item.checksum_normalized ?? "";
      if (/^sha(256|512):[0-9a-f]{64,}$/.test(sum))
        expect(files.get(item.url ?? "") ?? "none").toBe(sum as `sha256:${string}`);
    } else if (item.container) expect(images).toContain(`${item.repo}:${item.tag}`);
  }
});

type Tables = Record<string, Record<string, Record<string, string | number>>>;

const tagsIn = (root: string): { tag: string }[] =>
  entriesOf(root, "facts").map((name) => ({ tag: name.replace(".json", "") }));

testGroundTruth("digests", "$tag: every digest is the release's own", tagsIn, ({ tag, root }) => {
  const { checksums } = read<{ checksums: Tables }>(root, `facts/${tag}.json`);
  const manifest = catalog.release(tag.slice(1));
  for (const kubernetes of manifest.kubernetes.versions) {
    for (const [arch, other] of [
      ["amd64", "linux/amd64"],
      ["arm64", "linux/arm64"],
    ] as const) {
      const plan = planFor({ release: tag, kubernetes, unavailable: "include" });
      for (const file of filesFor(plan, `linux/${arch}`)) {
        const rows = Object.values(checksums).flatMap((table) => [table[arch], table[other], table.no_arch]);
        const said = new Set(
          rows
            .flatMap((row) => [row?.[file.version], row?.[`v${file.version}`]])
            .map((sum) => String(sum).replace(/^sha(256|512):/, "")),
        );
        if (file.digest) expect(said).toContain(file.digest.replace(/^sha(256|512):/, ""));
        else
          expect(
            plan.unavailable.some(
              (unavailable) => unavailable.name === file.name && unavailable.platform === `linux/${arch}`,
            ),
          ).toBeTrue();
      }
    }
  }
});
