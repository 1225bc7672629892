// What the summary says a profile would save.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { readProfile } from "../../src/catalog/presets.ts";
import type { LockedImage } from "../../src/core/lock.ts";
import { profileSavings } from "../../src/plan/profile-savings.ts";
import { sampleLock } from "../support/bundle.ts";
import { planFor } from "../support/plan.ts";
import { temporary } from "../support/temp.ts";

const profile = readProfile("on-premises", undefined);

test("what nobody asked for and nothing else needs is counted; what is asked for is not", () => {
  const plan = planFor({ release: "2.31.0" });
  const without = planFor({ release: "2.31.0", selection: { profile } });
  const gone = plan.artifacts.length - without.artifacts.length;
  expect(gone).toBeGreaterThan(0);
  expect(profileSavings(plan, profile)).toEqual({
    profile: "on-premises",
    counts: { files: 0, images: gone },
    bytes: undefined,
  });
  expect(profileSavings(without, profile)).toBeUndefined();
  expect(profileSavings(planFor({ selection: { only: ["aws-ebs-csi"] } }), profile)).toBeUndefined();
});

test("bytes are those of blobs that nothing else needs", () => {
  using folder = temporary();
  const { lock } = sampleLock(join(folder.path, "blobs"));
  const ownOf = (image: LockedImage): Map<string, number> => {
    const others = lock.images.filter((other) => other !== image).flatMap(({ blobs }) => blobs);
    const shared = new Set([...others, ...lock.files].map(({ digest }) => digest));
    return new Map(image.blobs.filter(({ digest }) => !shared.has(digest)).map(({ digest, size }) => [digest, size]));
  };
  const one = lock.images.find((image) => ownOf(image).size > 0 && ownOf(image).size < image.blobs.length);
  if (!one) throw new Error("no image shares a part of its blobs");
  const plan = planFor({ selection: { only: ["coredns"] } });
  const [artifact] = plan.artifacts;
  if (artifact?.kind !== "image") throw new Error("no image");
  const decision = { component: "alb-ingress", category: "addon" as const, included: true, reason: "listed" };
  const wanted = {
    ...plan,
    artifacts: [{ ...artifact, component: "alb-ingress", image: one.image }],
    components: [decision],
  };
  const own = ownOf(one);
  const bytes = [...own.values()].reduce((sum, size) => sum + size, 0);
  expect(profileSavings(wanted, profile, lock)).toMatchObject({ counts: { files: 0, images: 1 }, bytes });
  expect(bytes).toBeGreaterThan(0);
});
