// verify, inspect and diff as commands: what they print, and what they end with.
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, runCommand } from "../../src/cli/command.ts";
import { diffCommand } from "../../src/cli/commands/diff.ts";
import { inspectCommand } from "../../src/cli/commands/inspect.ts";
import { verifyCommand } from "../../src/cli/commands/verify.ts";
import { parseArguments } from "../../src/cli/flags/argv.ts";
import { KsoError } from "../../src/core/errors.ts";
import { blobsOf, formatLock, type Lock } from "../../src/core/lock.ts";
import { sampleLock, sampleOptions } from "../support/bundle.ts";
import { altered, piece, sealed } from "../support/sealed.ts";
import { noise, sha } from "../support/seed.ts";
import { temporary } from "../support/temp.ts";

interface Outcome {
  readonly data: string;
  readonly told: string;
  readonly error: KsoError | undefined;
}

async function run(command: Command, ...argv: string[]): Promise<Outcome> {
  const [data, told]: [string[], string[]] = [[], []];
  try {
    const output = { data: (text: string) => void data.push(text), tell: (text: string) => void told.push(text) };
    await runCommand(command, parseArguments(argv, command.flags), output);
    return { data: data.join(""), told: told.join("\n"), error: undefined };
  } catch (thrown) {
    if (!(thrown instanceof KsoError)) throw thrown;
    return { data: data.join(""), told: told.join("\n"), error: thrown };
  }
}

describe("verify", () => {
  test("says nothing on stdout when all is well, and sums up beside it", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const { data, told, error } = await run(verifyCommand, path);
    expect([data, error]).toEqual(["", undefined]);
    expect(told).toContain(
      "kubespray-2.31.0, Kubernetes 1.35.4, linux/amd64 and linux/arm64: 6 files and 3 images are complete",
    );
  });

  test("has one line a problem, or one value, and ends with the number", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const evil = altered(path, join(folder.path, "evil.tar"), (pieces) => [
      ...pieces.filter(({ name }) => name !== "files/get.helm.sh/empty"),
      piece("files/a\u200b/b", "x"),
    ]);
    const { data, error } = await run(verifyCommand, evil, "--jobs", "1");
    expect(data.trimEnd().split("\n")).toEqual([
      `extra: files/a\u200b/b: ${evil} has it and the lock does not name it`,
      "missing: get.helm.sh/empty: files/get.helm.sh/empty is not in the bundle",
    ]);
    expect([error?.code, error?.message]).toEqual(["verify", `Verification failed: 2 problems in ${evil}`]);
    const json = await run(verifyCommand, evil, "--json");
    expect(JSON.parse(json.data)).toMatchObject({
      schema: "kso.verify/1",
      ok: false,
      problems: [{ what: "extra" }, { what: "missing" }],
    });
    expect(json.error?.code).toBe("verify");
  });

  test("takes a broken archive for a problem and a wrong command for a mistake", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    writeFileSync(path, readFileSync(path).subarray(0, 3000));
    const { data, error } = await run(verifyCommand, path);
    expect([data.startsWith("structure: "), error?.code]).toEqual([true, "verify"]);
    for (const argv of [[], [`${path}.gone`], [path, "--jobs", "0"], [path, "--jobs", "x"]])
      expect((await run(verifyCommand, ...argv)).error?.code).toBe("usage");
  });
});

describe("inspect", () => {
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

  test("refuses what is broken, and does not fail on what only verify can say", async () => {
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

describe("diff", () => {
  test("names what came, went and changed, and counts the bytes", async () => {
    using folder = temporary();
    const options = sampleOptions();
    const before = await sealed(folder.path, "before.tar");
    const next = sampleLock(join(folder.path, "next"), {
      files: [...options.files.slice(1), ["dl.k8s.io/kubectl", noise("kubectl", 5_000)]],
      images: [["registry.k8s.io/pause:3.10", "other bytes"], ...options.images.slice(1)],
    });
    const newer = {
      ...next.lock,
      files: next.lock.files.map((file) => (file.path.includes("long") ? { ...file, version: "2.0.0" } : file)),
    };
    const path = join(folder.path, "kso.lock.json");
    writeFileSync(path, formatLock(newer));
    const { data, error } = await run(diffCommand, before.path, path);
    expect(error).toBeUndefined();
    expect(data).toContain("1 added, 1 removed, 1 changed, 1 with other bytes at the same version");
    const value = JSON.parse((await run(diffCommand, before.path, path, "--json")).data);
    const named = value.changes
      .map(({ change, name }: { change: string; name: string }) => `${change} ${name.slice(0, 7)}`)
      .sort();
    expect(named).toEqual(["added kubectl", "changed nnnnnnn", "digest pause", "removed kubeadm"]);
    const [old, fresh] = [blobsOf(before.sample.lock), blobsOf(newer)];
    const only = (these: typeof old, those: typeof old): number =>
      these
        .filter(({ digest }) => those.every((other) => other.digest !== digest))
        .reduce((sum, { size }) => sum + size, 0);
    expect([value.transfer.bytes, value.freed.bytes]).toEqual([only(fresh, old), only(old, fresh)]);
    // The transfer is what a delta carries.
    const delta = await sealed(folder.path, "delta.tar", {
      sample: { ...next, lock: newer },
      base: { lock: before.sample.lock },
    });
    expect(JSON.parse((await run(inspectCommand, delta.path, "--json")).data).bytes).toBeGreaterThan(
      value.transfer.bytes,
    );
    expect((await run(diffCommand, path, path)).data).toStartWith("nothing changed\n");
    expect((await run(diffCommand, delta.path, path)).data).toStartWith("nothing changed\n");
  });

  test("refuses what it cannot read", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    expect((await run(diffCommand, path)).error?.code).toBe("usage");
    expect((await run(diffCommand, path, "gone.lock.json")).error?.code).toBe("usage");
    const wrong = join(folder.path, "x.json");
    writeFileSync(wrong, "{}");
    expect((await run(diffCommand, path, wrong)).error?.code).toBe("verify");
  });
});
