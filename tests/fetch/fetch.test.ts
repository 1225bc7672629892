// The use case: which files a fetch leaves beside each other, and what of base images stands in the lock.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatLock } from "../../src/core/lock.ts";
import type { ImageArtifact, Plan } from "../../src/core/plan.ts";
import { silentProgress } from "../../src/core/progress.ts";
import { type FetchPlanOptions, type FetchResult, fetchPlan } from "../../src/fetch/fetch.ts";
import type { FetchFailure } from "../../src/fetch/options.ts";
import { readCredentials } from "../../src/oci/credentials.ts";
import { applyMirrors } from "../../src/plan/mirrors.ts";
import { type Bench, bench, digestOf, file, multi, planOf, pulled } from "../support/fetching.ts";
import { rejection, sample, testHttp } from "../support/http.ts";
import { image } from "../support/images.ts";
import { temporary } from "../support/temp.ts";

const one = sample(70_000, 1);
const base = pulled("base/nginx:1");

/** Fetches a plan into a folder, with what the caller is told of failures. */
async function fetching(
  lab: Bench,
  folder: string,
  plan: Plan,
  more: Partial<FetchPlanOptions> = {},
): Promise<FetchResult & { failures: readonly FetchFailure[] }> {
  const mirrors = new Map([
    ["files.test", [lab.upstream.url]],
    ["images.test", [lab.registry.url]],
  ]);
  const { http } = testHttp();
  const failures: FetchFailure[] = [];
  const located = (artifacts: readonly ImageArtifact[]): readonly ImageArtifact[] =>
    applyMirrors(planOf(...artifacts), mirrors).artifacts as readonly ImageArtifact[];
  const { baseImages = [], ...options } = more;
  const result = await fetchPlan(
    {
      plan: applyMirrors(plan, mirrors),
      jobs: 2,
      accept: new Map(),
      allowMissing: [],
      allowMismatch: [],
      deep: false,
      today: "2026-11-24",
      version: "0.1.0",
      lockPath: join(folder, "kso.lock.json"),
      baseImages: located(baseImages),
      ...options,
    },
    {
      store: lab.store,
      http,
      probe: http,
      credentials: readCredentials({}, folder),
      watch: (_, work) => work(silentProgress),
      note: () => undefined,
      onFailure: (failure) => void failures.push(failure),
    },
  ).catch((cause) => {
    throw Object.assign(cause, { failures });
  });
  return { ...result, failures };
}

test("the lock is written; what failed is written instead, until all is there", async () => {
  using folder = temporary();
  const served: Record<string, Uint8Array> = { one };
  await using lab = await bench(served);
  const plan = planOf(file("one", digestOf(one)), file("two", digestOf(sample(50, 2))));
  const cause = await rejection(fetching(lab, folder.path, plan));
  const failuresPath = join(folder.path, "failures.json");
  expect(cause).toMatchObject({
    code: "fetch",
    message: `1 of 2 files could not be fetched (see ${failuresPath}); all others are in the store, run the same command again to go on`,
    failures: [{ artifact: "files.test/two" }],
  });
  expect(readdirSync(folder.path)).toEqual(["failures.json"]);
  expect(JSON.parse(readFileSync(failuresPath, "utf8"))).toMatchObject([{ kind: "file", artifact: "files.test/two" }]);
  expect(lab.store.sizeOf(digestOf(one))).toBe(70_000);

  const { lock, path, fetched, failures } = await fetching(lab, folder.path, planOf(file("one", digestOf(one))));
  expect([failures, fetched]).toEqual([[], { items: 0, bytes: 0 }]);
  expect(path).toBe(join(folder.path, "kso.lock.json"));
  expect(readFileSync(path, "utf8")).toBe(formatLock(lock));
  expect(existsSync(failuresPath)).toBeFalse();
});

test("base images are fetched too, stand apart in the lock, and stay in it at their digests", async () => {
  using folder = temporary();
  await using lab = await bench();
  lab.registry.add("team/app", multi, "1");
  lab.registry.add("base/nginx", multi, "1");
  const plan = planOf(pulled("team/app:1"));
  const first = await fetching(lab, folder.path, plan, { baseImages: [base] });
  const names = (images: readonly { readonly image: string }[] = []): string[] => images.map((item) => item.image);
  expect([names(first.lock.images), names(first.lock.bases)]).toEqual([
    ["images.test/team/app:1"],
    ["images.test/base/nginx:1"],
  ]);
  // The tag has moved since.
  lab.registry.add("base/nginx", image({ platforms: { "linux/amd64": { layers: [sample(40, 9)] } } }), "1");
  const again = await fetching(lab, folder.path, plan, { baseImages: [base], lock: first.lock });
  expect(formatLock(again.lock)).toBe(formatLock(first.lock));
  // A run without base images forgets none.
  expect(names((await fetching(lab, folder.path, plan, { lock: first.lock })).lock.bases)).toEqual([
    "images.test/base/nginx:1",
  ]);
});

test("without room for what is made of it nothing is fetched", async () => {
  using folder = temporary();
  await using lab = await bench({ one });
  const output = {
    path: join(folder.path, "bundle.tar"),
    base: undefined,
    binaries: [{ name: "kso-linux-amd64", digest: digestOf(sample(9)), size: Number.MAX_SAFE_INTEGER }],
    links: false,
  };
  const cause = await rejection(fetching(lab, folder.path, planOf(file("one", digestOf(one))), { output }));
  expect(cause.message).toStartWith("Not enough room for");
  expect(lab.store.sizeOf(digestOf(one))).toBeUndefined();
  expect(lab.upstream.requests.filter(({ method }) => method === "GET")).toEqual([]);
});
