// Files and images that are made for another architecture than they were fetched for.
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { type machines, elf as program, tar } from "../support/archives.ts";
import { bench, digestOf, file, lockOf, planOf, pulled } from "../support/fetching.ts";
import { sample } from "../support/http.ts";
import { image } from "../support/images.ts";

/** The head of a program for a machine: 62 is x86-64, 183 AArch64. */
function elf(machine: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.set([2, 0, machine], 16);
  return bytes;
}

describe("the architecture is not what it should be", () => {
  const youki = (machine: number) => ({
    bytes: elf(machine),
    plan: planOf(file("youki", digestOf(elf(machine)), { platforms: ["linux/arm64"] })),
  });

  test("a file: both are named; on record it is let through", async () => {
    const { bytes, plan } = youki(62);
    await using lab = await bench({ youki: bytes });
    const { failures } = await lab.fetch(plan);
    expect(failures[0]?.cause).toContain("arm64/youki holds x86-64 code");
    expect(failures[0]?.cause).toContain("--allow-arch-mismatch youki");
    // From the store as well: it was not forgotten what it holds.
    expect((await lab.fetch(plan)).failures).toHaveLength(1);
    const [extent] = lab.store.locate(digestOf(bytes)) ?? [];
    // It is not looked into again.
    writeFileSync(extent?.path ?? "", elf(183));
    expect((await lab.fetch(plan)).failures).toHaveLength(1);
    writeFileSync(extent?.path ?? "", bytes);
    const lock = lockOf(await lab.fetch(plan, { allowMismatch: ["youki"] }));
    expect(lock.files[0]?.mismatch).toContain("holds x86-64 code");
    expect(lockOf(await lab.fetch(plan, { lock }))).toEqual(lock);
    const right = youki(183);
    await using good = await bench({ youki: right.bytes });
    expect(lockOf(await good.fetch(right.plan)).files[0]?.mismatch).toBeUndefined();
  });

  test("a file for both: a program for one of them is named, also in an archive; one for both and none at all are right", async () => {
    const programs = (...names: (keyof typeof machines)[]): Uint8Array =>
      tar(names.map((machine, at) => ({ name: `bin/${machine}/${at}`, content: program(machine) })));
    const files: Record<string, Uint8Array> = {
      tool: program("amd64"),
      "tools.tar": programs("arm64", "arm64"),
      "begins-with-amd64.tar": programs("amd64", "amd64", "amd64", "amd64", "arm64"),
      "chart.tar": tar([{ name: "Chart.yaml", content: "name: x" }]),
      script: new TextEncoder().encode("#!/bin/sh\n"),
    };
    await using lab = await bench(files);
    const plan = planOf(...Object.entries(files).map(([path, bytes]) => file(path, digestOf(bytes))));
    const { failures } = await lab.fetch(plan);
    expect(failures.map(({ artifact, cause, allow }) => [artifact, cause.replace(/;.*/, ""), allow])).toEqual([
      ["files.test/tool", "arm64/tool holds x86-64 code", "--allow-arch-mismatch tool"],
      [
        "files.test/tools.tar",
        "amd64/tools.tar holds AArch64 code (member bin/arm64/0 and 1 more)",
        "--allow-arch-mismatch tools.tar",
      ],
    ]);
    const lock = lockOf(await lab.fetch(plan, { allowMismatch: ["tool", "tools.tar"] }));
    expect(lock.files.flatMap(({ name, mismatch }) => (mismatch === undefined ? [] : [name]))).toEqual([
      "tool",
      "tools.tar",
    ]);
  });

  test("an image whose index calls arm64 what its configuration calls amd64", async () => {
    await using lab = await bench();
    const lying = image({
      platforms: {
        "linux/amd64": { layers: [sample(10)] },
        "linux/arm64": { layers: [sample(11)], architecture: "amd64" },
      },
    });
    lab.registry.add("team/app", lying, "1");
    const plan = planOf(pulled("team/app:1"));
    const { failures } = await lab.fetch(plan);
    expect(failures[0]?.cause).toContain("what its index calls linux/arm64 is an image for amd64");
    const lock = lockOf(await lab.fetch(plan, { allowMismatch: ["images.test/team/app:1"] }));
    expect(lock.images[0]?.mismatch).toContain("an image for amd64");
  });

  test("an image that lacks a platform is a failure, or unavailable on record", async () => {
    await using lab = await bench();
    const half = image({ platforms: { "linux/amd64": { layers: [sample(10)] } } });
    lab.registry.add("team/app", half, "1");
    const plan = planOf(pulled("team/app:1"));
    const { failures } = await lab.fetch(plan);
    expect(failures[0]?.cause).toContain("upstream has nothing for linux/arm64 (it has linux/amd64)");
    const lock = lockOf(await lab.fetch(plan, { allowMissing: ["images.test/team/app:1"] }));
    expect(lock.images[0]?.unavailable).toEqual(["linux/arm64"]);
    // What is on record is known; without the record it is not.
    expect(lockOf(await lab.fetch(plan, { lock }))).toEqual(lock);
    expect((await lab.fetch(plan)).failures).toHaveLength(1);
    const amd64 = planOf(pulled("team/app:1", { platforms: ["linux/amd64"] }));
    expect(lockOf(await lab.fetch(amd64)).images[0]?.unavailable).toBeUndefined();
  });
});
