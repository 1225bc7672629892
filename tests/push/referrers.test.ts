// Signatures and SBOMs: listed by the registry, or by the client under the fallback tag.
import { expect, test } from "bun:test";
import { artifact } from "../support/images.ts";
import { nginx, pushBench, threeImages } from "../support/push-bench.ts";
import { held, push as pushTo } from "../support/pushing.ts";

const bench = pushBench(threeImages);

test("signatures and SBOMs arrive before the tag, listed by the registry or by the fallback tag", async () => {
  const signed = {
    ...nginx,
    referrers: [artifact({ kind: "sbom" }, nginx.root), artifact({ kind: "signature" }, nginx.root)],
  };
  for (const referrers of [true, false]) {
    const target = await bench.start({ referrers });
    const one = held(bench.path, { "docker.io/library/nginx:1": signed });
    for (let times = 0; times < 2; times++) expect((await pushTo(one, target)).failed).toEqual([]);
    // One that the registry has lost is put again, and listed once.
    target.lose("library/nginx", signed.referrers[0]?.root.digest ?? "");
    expect((await pushTo(one, target)).failed).toEqual([]);
    for (const { root } of signed.referrers) expect(target.manifest("library/nginx", root.digest)).toBeDefined();
    const fallback = target.tags[`library/nginx:${nginx.root.digest.replace(":", "-")}`];
    if (referrers) expect(fallback).toBeUndefined();
    else {
      const { manifests } = JSON.parse(new TextDecoder().decode(target.manifest("library/nginx", fallback ?? "")));
      const listed = manifests.map((entry: { digest: string; artifactType: string }) => [
        entry.digest,
        entry.artifactType,
      ]);
      expect(listed.toSorted()).toEqual(
        signed.referrers.map(({ root }) => [root.digest, "application/vnd.example.sbom"]).toSorted(),
      );
    }
  }
});
