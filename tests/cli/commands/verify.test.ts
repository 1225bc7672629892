// `kso verify`: what it prints, and what it ends with.
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyCommand } from "../../../src/cli/commands/verify.ts";
import { sampleLock } from "../../support/bundle.ts";
import { run } from "../../support/command.ts";
import { altered, piece, sealed } from "../../support/sealed.ts";
import { temporary } from "../../support/temp.ts";

describe("verify", () => {
  test("prints nothing on stdout for a good bundle, and a summary on stderr", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const { data, told, error } = await run(verifyCommand, path);
    expect([data, error]).toEqual(["", undefined]);
    expect(told).toContain(
      "kubespray-2.31.0, Kubernetes 1.35.4, linux/amd64 and linux/arm64: 6 files and 3 images are complete",
    );
  });

  test("names what one platform has and another has not once for each platform", async () => {
    using folder = temporary();
    const sample = sampleLock(join(folder.path, "blobs"));
    const files = sample.lock.files.map((file) => ({ ...file, platforms: file.platforms.slice(0, 1) }));
    const { path } = await sealed(folder.path, "one.tar", { sample: { ...sample, lock: { ...sample.lock, files } } });
    const { told, error } = await run(verifyCommand, path);
    expect(error).toBeUndefined();
    expect(told.split("\n").filter((line) => line.startsWith("note: "))).toEqual([
      expect.stringMatching(/^note: linux\/arm64: other platforms have files that it has not: kubeadm, empty, /),
    ]);
  });

  test("prints a line for each problem, or one JSON value, and fails with their number", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    const evil = altered(path, join(folder.path, "evil.tar"), (pieces) => [
      ...pieces.filter(({ name }) => name !== "files/get.helm.sh/empty"),
      piece("files/a\u200b/b", "x"),
    ]);
    const { data, error } = await run(verifyCommand, evil, "--jobs", "1");
    expect(data.trimEnd().split("\n")).toEqual([
      `extra: files/a\\u200b/b: ${evil} has it and the lock does not name it`,
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

  test("reports a broken archive as a problem, and a wrong command line as a usage error", async () => {
    using folder = temporary();
    const { path } = await sealed(folder.path);
    writeFileSync(path, readFileSync(path).subarray(0, 3000));
    const { data, error } = await run(verifyCommand, path);
    expect([data.startsWith("structure: "), error?.code]).toEqual([true, "verify"]);
    for (const argv of [[], [`${path}.gone`], [path, "--jobs", "0"], [path, "--jobs", "x"]])
      expect((await run(verifyCommand, ...argv)).error?.code).toBe("usage");
  });
});
