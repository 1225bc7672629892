// A whole fetch against servers of a test's own: files and images that a plan names, and the servers that hold them.

import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { parseLock } from "../../src/bundle/lock.ts";
import type { Digest } from "../../src/core/digest.ts";
import { formatLock, type Lock } from "../../src/core/lock.ts";
import { Meter } from "../../src/core/meter.ts";
import type { Artifact, FileArtifact, ImageArtifact, Plan } from "../../src/core/plan.ts";
import { fetchArtifacts } from "../../src/fetch/artifacts.ts";
import type { FetchOptions, FetchOutcome } from "../../src/fetch/options.ts";
import { readCredentials } from "../../src/oci/credentials.ts";
import { applyMirrors, locationsOf, type Mirrors } from "../../src/plan/mirrors.ts";
import { writeBody } from "../../src/runtime/write-body.ts";
import { startHashing } from "../../src/store/hashing.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { sample, testHttp } from "./http.ts";
import { image, type SeededImage } from "./images.ts";
import { startRegistry, type TestRegistry } from "./registry.ts";
import { temporary } from "./temp.ts";
import { serveFiles, type Upstream, type UpstreamFile } from "./upstream.ts";

export const both: readonly string[] = ["linux/amd64", "linux/arm64"];

export function digestOf(bytes: Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** A file of the origin files.test; `digest: undefined` for one that nobody published a digest of. */
export function file(path: string, digest: Digest | undefined, more: Partial<FileArtifact> = {}): FileArtifact {
  return {
    ...common(path.split("/").at(-1) ?? path),
    kind: "file",
    url: `https://files.test/${path}`,
    path: `files.test/${path}`,
    provenance: { version: "test", name: "test", ...(digest && { digest: "kubespray 2.31.0" }) },
    ...(digest && { digest }),
    ...more,
  };
}

/** An image of the origin images.test. */
export function pulled(repository: string, more: Partial<ImageArtifact> = {}): ImageArtifact {
  const image = `images.test/${repository}`;
  return { ...common(repository), kind: "image", image, ...more };
}

function common(name: string): Omit<FileArtifact, "kind" | "url" | "path"> {
  const provenance = { version: "test", name: "test" };
  return { name, component: "test", version: "1", platforms: both, listed: true, reason: "test", provenance };
}

export function planOf(...artifacts: Artifact[]): Plan {
  return {
    schema: "kso.plan/1",
    release: { name: "kubespray-2.31.0", version: "2.31.0", commit: "c" },
    kubernetes: "1.35.4",
    platforms: both,
    artifacts,
    unavailable: [],
    unresolved: [],
    components: [],
    notes: [],
  };
}

export interface Bench extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly registry: TestRegistry;
  readonly store: Store;
  /** What the last fetch told. */
  readonly notes: string[];
  /** How long it was told to wait between tries. Milliseconds. */
  readonly waits: number[];
  /** Resolves when so much of some blob is in the store's partial files. Bytes. */
  landed(bytes: number): Promise<void>;
  fetch(plan: Plan, more?: Partial<FetchOptions> & { readonly mirrors?: Mirrors }): Promise<FetchOutcome>;
}

/** Servers and a store; files by their path below files.test. */
export async function bench(
  files: Readonly<Record<string, Uint8Array | UpstreamFile>> = {},
  registry: Parameters<typeof startRegistry>[0] = {},
): Promise<Bench> {
  const folder = temporary();
  const hashing = startHashing(1);
  const store = openStore(folder.path, hashing, writeBody);
  const upstream = await serveFiles(Object.fromEntries(Object.entries(files).map(([path, one]) => [`/${path}`, one])));
  const images = await startRegistry(registry);
  const byDefault: Mirrors = new Map([
    ["files.test", [upstream.url]],
    ["images.test", [images.url]],
  ]);
  const { http, waits } = testHttp();
  const notes: string[] = [];
  return {
    upstream,
    registry: images,
    store,
    notes,
    waits,
    async landed(bytes) {
      const partial = join(folder.path, "partial");
      const sizes = (): number[] =>
        readdirSync(partial).map((name) => statSync(join(partial, name), { throwIfNoEntry: false })?.size ?? 0);
      while (Math.max(0, ...sizes()) < bytes) await setImmediate();
    },
    async fetch(plan, { mirrors = byDefault, ...more } = {}) {
      notes.length = 0;
      const progress = new Meter((event) => void (event.event === "note" && notes.push(event.text)));
      return await fetchArtifacts({
        plan: applyMirrors(plan, mirrors),
        store,
        http,
        probe: http,
        progress,
        credentials: readCredentials({}, folder.path),
        locationsOf: (url) => locationsOf(url, mirrors),
        jobs: 4,
        allowMissing: [],
        allowMismatch: [],
        accept: new Map(),
        deep: false,
        today: "2026-11-24",
        version: "0.1.0",
        ...more,
      });
    },
    async [Symbol.asyncDispose]() {
      await upstream[Symbol.asyncDispose]();
      await images.close();
      await hashing.close();
      folder[Symbol.dispose]();
    },
  };
}

/** The lock of an outcome; what is written of it can be read. */
export function lockOf({ lock }: { readonly lock: Lock | undefined }): Lock {
  if (!lock) throw new Error("there is no lock");
  return parseLock(formatLock(lock), "test");
}

/** An image for two platforms that share a layer. */
export const multi: SeededImage = image({
  platforms: {
    "linux/amd64": { layers: [sample(3000, 5), sample(2000, 6)] },
    "linux/arm64": { layers: [sample(3000, 5), sample(2500, 7)] },
  },
});
