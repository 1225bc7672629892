// What an image's layers hold together, within bounded memory.
import { expect, test } from "bun:test";
import type { FileNode } from "../../src/machine-code/layer-entries.ts";
import { LayeredFiles } from "../../src/machine-code/layered-files.ts";
import { elf, type Member, source, tar } from "../support/archives.ts";

const file = (name: string, content: Uint8Array | string = elf("arm64", { size: 5000 }), mode = 0o755): Member => ({
  name,
  content,
  mode,
});

test("a layer with more files than are kept is read again", async () => {
  const many = Array.from({ length: 50 }, (_, at) => file(`usr/share/${at}`, ""));
  const files = (...layers: Member[][]) =>
    new LayeredFiles(
      layers.map((layer) => source(tar(layer))),
      2000,
    );
  const program = { type: "file", executable: true, machine: "AArch64" };
  expect(await files([...many, file("bin/sh")]).lookup("/bin/sh")).toEqual(program as FileNode);
  expect(await files([...many, file("bin/sh")], [file("etc/motd", "")]).lookup("/bin/sh")).toEqual(program as FileNode);
  expect(await files([file("bin/sh")], [...many, file("bin/.wh.sh", "")]).lookup("/bin/sh")).toBeUndefined();
  expect(await files([file("bin/sh")], [...many, file(".wh.bin", "")]).lookup("/bin/sh")).toBeUndefined();
  const hard = { name: "bin/name", flag: "1", link: "bin/sh" };
  expect(await files([...many, file("bin/sh"), hard]).lookup("/bin/name")).toEqual(program as FileNode);
});
