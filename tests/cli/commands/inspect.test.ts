// `kso inspect`: what it prints, and what it ends with.
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspectCommand } from "../../../src/cli/commands/inspect.ts";
import { formatLock, type Lock } from "../../../src/core/lock.ts";
import { sampleLock } from "../../support/bundle.ts";
import { run } from "../../support/command.ts";
import { altered, sealed } from "../../support/sealed.ts";
import { noise, sha } from "../../support/seed.ts";
import { temporary } from "../../support/temp.ts";

describe("inspect", () => {
  test("lists of an image the architectures that it has, and counts no others", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const [image] = sample.lock.images;
    if (!image) throw new Error("no image");
    const missing = { kind: "image", name: "none", component: "none", version: "1", platform: "linux/arm64" } as const;
    const lock: Lock = {
      ...sample.lock,
      images: sample.lock.images.map((each) => ({ ...each, unavailable: ["linux/arm64"] })),
      unavailable: [{ ...missing, locator: "x.test/none:1", reason: "nothing", included: false, allowed: true }],
    };
    const { path } = await sealed(folder.path, "bundle.tar", { sample: { ...sample, lock } });
    const { data } = await run(inspectCommand, path);
    const line = data.split("\n").find((each) => each.endsWith(image.image));
    expect(line).toMatch(/ amd64 /);
    expect(line).not.toContain("arm64");
    expect(data).toContain("on record: none: it is not in the bundle for linux/arm64: nothing\n");
    expect(data).not.toContain("unavailable: none");
    const { components } = JSON.parse((await run(inspectCommand, path, "--json")).data);
    const share = components.find(({ component }: { component: string }) => component === image.component);
    expect(share.platforms["linux/arm64"]).toBe(0);
  });

  test("shows components, items and what is on record", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const lock: Lock = {
      ...sample.lock,
      images: sample.lock.images.map((image) => ({ ...image, mismatch: "arm64/x holds x86-64 code" })),
      unavailable: [
        {
          kind: "file",
          name: "kata",
          component: "kata",
          version: "1",
          platform: "linux/arm64",
          locator: "https://x",
          reason: "no asset",
          included: false,
        },
      ],
      unresolved: [
        {
          kind: "image",
          name: "coredns",
          component: "coredns",
          platforms: ["linux/arm64"],
          field: "repo",
          expression: "{{ site }}/coredns",
          reason: "'site' is undefined",
          allowed: true,
        },
      ],
    };
    const { path } = await sealed(folder.path, "bundle.tar", { sample: { ...sample, lock } });
    const { data, error } = await run(inspectCommand, path);
    expect(error).toBeUndefined();
    for (const words of [
      "kubespray-2.31.0",
      "1.35.4",
      "COMPONENT",
      "LINUX/ARM64",
      "registry.k8s.io/pause:3.10",
      "unavailable: kata 1 for linux/arm64: no asset",
      "holds x86-64 code",
      "pinned on first sight",
      `on record: coredns: it is not in the bundle: its repo ("{{ site }}/coredns") cannot be evaluated: 'site' is undefined`,
    ])
      expect(data).toContain(words);
    const value = JSON.parse((await run(inspectCommand, path, "--json")).data);
    expect(value).toMatchObject({ schema: "kso.inspect/1", kubernetes: "1.35.4", archives: [{ path }] });
    const nginx = value.components.find(({ component }: { component: string }) => component === "nginx");
    const held = lock.images.filter(({ component }) => component === "nginx").flatMap(({ blobs }) => blobs);
    const all = new Map(held.map(({ digest, size }) => [digest, size]));
    expect(nginx.bytes).toBe([...all.values()].reduce((sum, size) => sum + size, 0));
    // Both halves share a layer and the index; signatures belong to neither.
    expect(nginx.platforms["linux/amd64"]).toBeLessThan(nginx.bytes);
    expect(nginx.platforms["linux/amd64"] + nginx.platforms["linux/arm64"]).toBeGreaterThan(nginx.bytes);
  });

  test("shows a delta by itself, and volumes", async () => {
    using folder = temporary();
    const base = await sealed(folder.path, "base.tar");
    const next = sampleLock(join(folder.path, "next"), { files: [["dl.k8s.io/large", noise("large", 1_200_000)]] });
    const { path } = await sealed(folder.path, "delta.tar", {
      sample: next,
      base: { lock: base.sample.lock },
      split: 1 << 20,
    });
    const { data } = await run(inspectCommand, path);
    expect(data).toContain(`over ${sha(Buffer.from(formatLock(base.sample.lock)))}`);
    expect(data).toContain("delta.tar.001, delta.tar.002");
  });

  test("refuses a broken bundle, and shows one whose blobs only verify would find damaged", async () => {
    using folder = temporary();
    const { path, sample } = await sealed(folder.path);
    const [image] = sample.lock.images;
    const evil = altered(path, join(folder.path, "evil.tar"), (pieces) =>
      pieces.map((one) =>
        one.name.endsWith(image?.root.digest.slice(7) as string) ? { ...one, content: noise("x", one.size) } : one,
      ),
    );
    expect((await run(inspectCommand, evil)).error).toBeUndefined();
    writeFileSync(evil, "nothing");
    expect((await run(inspectCommand, evil)).error?.code).toBe("verify");
    expect((await run(inspectCommand)).error?.code).toBe("usage");
  });
});
