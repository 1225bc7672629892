// `kso diff`: what it prints, and what it ends with.
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { diffCommand } from "../../../src/cli/commands/diff.ts";
import { inspectCommand } from "../../../src/cli/commands/inspect.ts";
import { blobsOf, formatLock } from "../../../src/core/lock.ts";
import { sampleLock, sampleOptions } from "../../support/bundle.ts";
import { run } from "../../support/command.ts";
import { sealed } from "../../support/sealed.ts";
import { noise } from "../../support/seed.ts";
import { temporary } from "../../support/temp.ts";

describe("diff", () => {
  test("names what was added, removed and changed, and counts the bytes", async () => {
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
