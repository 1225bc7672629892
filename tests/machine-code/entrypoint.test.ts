// The program an image starts, found the way a runtime finds it: through links, layers and scripts.
import { expect, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { KsoError } from "../../src/core/errors.ts";
import { entrypointProgram } from "../../src/machine-code/entrypoint.ts";
import { elf, type Member, source, tar } from "../support/archives.ts";

const arm = elf("arm64", { size: 5000 });
const amd = elf("amd64", { size: 5000 });
const file = (name: string, content: Uint8Array | string = arm, mode = 0o755): Member => ({ name, content, mode });
const link = (name: string, to: string): Member => ({ name, flag: "2", link: to });
const busybox = [file("bin/busybox"), link("bin/sh", "busybox"), link("usr/bin/env", "../../bin/busybox")];

/** The layers, the lowest first. */
function start(config: Record<string, unknown>, ...layers: (readonly Member[] | Uint8Array)[]) {
  return entrypointProgram({
    config: { architecture: "arm64", config },
    layers: layers.map((layer, at) => {
      const bytes = layer instanceof Uint8Array ? layer : tar(layer);
      const packed = [bytes, gzipSync(bytes), zstdCompressSync(bytes)][at % 3] as Uint8Array;
      return { mediaType: "application/vnd.oci.image.layer.v1.tar", open: source(packed, 1000).open };
    }),
  });
}

test("an absolute entrypoint, in layers of every packing", async () => {
  const want = { path: "/app/server", machine: "AArch64" };
  expect(await start({ Entrypoint: ["/app/server", "--flag"] }, [file("app/server")])).toEqual(want);
  expect(await start({ Entrypoint: ["/app/server"] }, [], [file("./app/server")])).toEqual(want);
  expect(await start({ Cmd: ["/app/server"] }, [], [], [file("app/server")])).toEqual(want);
  expect(await start({ Entrypoint: ["./server"], WorkingDir: "/app" }, [file("app/server")])).toEqual(want);
  expect(await start({ Entrypoint: ["/app/server"] }, [file("app/server", amd)])).toEqual({
    ...want,
    machine: "x86-64",
  });
});

test("a bare command is looked for along PATH, the image's or the usual one", async () => {
  const layer = [file("usr/bin/tool", "not executable", 0o644), file("bin/tool"), file("opt/tool", amd)];
  expect(await start({ Cmd: ["tool"] }, layer)).toEqual({ path: "/bin/tool", machine: "AArch64" });
  expect(await start({ Cmd: ["tool"], Env: ["A=B", "PATH=/none:/opt:/bin"] }, layer)).toEqual({
    path: "/opt/tool",
    machine: "x86-64",
  });
});

test("links are followed inside the image and across layers", async () => {
  const want = { path: "/bin/busybox", machine: "AArch64" };
  expect(await start({ Cmd: ["/bin/sh", "-c", "exec app"] }, busybox)).toEqual(want);
  expect(await start({ Entrypoint: ["sh"] }, busybox, [file("etc/motd", "hi")])).toEqual(want);
  // A merged /usr, an absolute link, and one that climbs beyond the root.
  const merged = [link("bin", "usr/bin"), file("usr/bin/dash"), link("usr/bin/sh", "/etc/alternatives/sh")];
  const above = [link("etc/alternatives/sh", "../../../../usr/bin/dash")];
  expect(await start({ Cmd: ["/bin/sh"] }, merged, above)).toEqual({ path: "/usr/bin/dash", machine: "AArch64" });
  const hard = [file("bin/real"), { name: "bin/name", flag: "1", link: "bin/real" }];
  expect(await start({ Cmd: ["/bin/name"] }, hard)).toMatchObject({ machine: "AArch64" });
});

test("eight links are followed, and a circle ends the search", async () => {
  const chain = (count: number): Member[] => [
    file("l0"),
    ...Array.from({ length: count }, (_, at) => link(`l${at + 1}`, `l${at}`)),
  ];
  expect(await start({ Cmd: ["/l8"] }, chain(9))).toEqual({ path: "/l0", machine: "AArch64" });
  expect(await start({ Cmd: ["/l9"] }, chain(9))).toBeUndefined();
  expect(await start({ Cmd: ["/a"] }, [link("a", "b"), link("b", "a")])).toBeUndefined();
  expect(await start({ Cmd: ["/a/x"] }, [link("a", "a")])).toBeUndefined();
  const hardLoop = [
    { name: "a", flag: "1", link: "b" },
    { name: "b", flag: "1", link: "a" },
  ];
  expect(await start({ Cmd: ["/a"] }, hardLoop)).toBeUndefined();
});

test("a script leads to its interpreter", async () => {
  const bash = file("usr/bin/bash", amd);
  const run = (first: string, ...more: Member[]) =>
    start({ Entrypoint: ["/entry.sh"] }, [...busybox, ...more], [file("entry.sh", `${first}\nexec "$@"\n`)]);
  expect(await run("#!/bin/sh -e")).toEqual({ path: "/bin/busybox", machine: "AArch64" });
  expect(await run("#! /bin/sh")).toEqual({ path: "/bin/busybox", machine: "AArch64" });
  expect(await run("#!/usr/bin/env bash", bash)).toEqual({ path: "/usr/bin/bash", machine: "x86-64" });
  expect(await run("#!/usr/bin/env -S X=1 bash -e", bash)).toEqual({ path: "/usr/bin/bash", machine: "x86-64" });
  // Without the command that env looks for, env itself is what there is.
  expect(await run("#!/usr/bin/env bash")).toEqual({ path: "/bin/busybox", machine: "AArch64" });
  expect(await run("#!/entry.sh")).toBeUndefined();
  expect(await run("echo no interpreter")).toBeUndefined();
});

test("upper layers hide lower ones", async () => {
  const low = [file("app/server", amd), file("app/other", amd)];
  const run = (...upper: Member[][]) => start({ Cmd: ["/app/server"] }, low, ...upper);
  expect(await run([file("app/server")])).toMatchObject({ machine: "AArch64" });
  expect(await run([file("app/.wh.server", "")])).toBeUndefined();
  expect(await run([file(".wh.app", "")])).toBeUndefined();
  expect(await run([file("app/.wh..wh..opq", "")])).toBeUndefined();
  // A whiteout and an opaque mark speak of what is below, not of what comes with them.
  expect(await run([file("app/server"), file("app/.wh..wh..opq", "")])).toMatchObject({ machine: "AArch64" });
  expect(await run([file("app/.wh.server", "")], [file("app/server")])).toMatchObject({ machine: "AArch64" });
  // A directory that replaces a link, a link that replaces a directory, a file that is no program over one that is.
  expect(await run([link("app", "elsewhere"), file("elsewhere/server")])).toEqual({
    path: "/elsewhere/server",
    machine: "AArch64",
  });
  expect(await run([file("app/server", "text")])).toBeUndefined();
});

test("no entrypoint, a missing file, a directory, odd configurations: no program", async () => {
  for (const config of [
    {},
    { Entrypoint: [], Cmd: null },
    { Cmd: [""] },
    { Cmd: ["/none"] },
    { Cmd: ["none"] },
    { Cmd: ["/bin"] },
  ]) {
    expect(await start(config, [{ name: "bin/", flag: "5" }, ...busybox])).toBeUndefined();
  }
  for (const config of [undefined, null, 7, "x", { config: 7 }, { config: { Cmd: "/bin/sh", Env: [1] } }]) {
    expect(await entrypointProgram({ config, layers: [] })).toBeUndefined();
  }
  // Layers that are no archives: an attestation, an encrypted one.
  const text = new TextEncoder().encode('{"predicateType":"https://slsa.dev/provenance/v0.2"}');
  expect(await start({ Cmd: ["/bin/sh"] }, text)).toBeUndefined();
});

test("a broken layer is an error", async () => {
  const cut = tar([file("app/server", arm)]).subarray(0, 2000);
  const thrown = await start({ Cmd: ["/app/server"] }, cut).catch((error) => error);
  expect(thrown).toBeInstanceOf(KsoError);
  expect(thrown.message).toBe('Cannot look for "/app/server" in the image: a layer is broken: it ends too early');
});
