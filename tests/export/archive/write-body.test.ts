// What is read while an archive is written is what was hashed: a change in between is found before anything gets its name.
import { afterAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ArchiveBody } from "../../../src/export/archive/body.ts";
import { type ArchiveEntry, blobEntry } from "../../../src/export/archive/entry.ts";
import { writeArchiveBody } from "../../../src/export/archive/write-body.ts";
import { stampOfTarget } from "../../../src/files/stamp.ts";
import { startHashing } from "../../../src/store/hashing.ts";
import { openStore } from "../../../src/store/store.ts";
import { blob, bytes, overwrite, sha } from "../../support/store.ts";
import { temporary } from "../../support/temp.ts";

const hashing = startHashing(1);
afterAll(() => hashing.close());

test.each(["nothing", "a blob", "a binary"])("%s is changed while the archive is written", async (what) => {
  using folder = temporary();
  const store = openStore(join(folder.path, "store"), hashing);
  await store.put(blob("intact"), bytes("intact"));
  const path = join(folder.path, "kso");
  writeFileSync(path, "binary");
  const entries: ArchiveEntry[] = [
    blobEntry("blob", sha("intact"), 6, "the blob"),
    { name: "kso", type: "file", size: 6, mode: 0o755, content: { path, stamp: stampOfTarget(path) }, label: "kso" },
  ];
  const body = new ArchiveBody(entries, store);
  const writing = writeArchiveBody(body, { write: async () => undefined }, (count) => {
    if (count === 0) return;
    if (what === "a blob") overwrite(store.locate(sha("intact"))?.[0]?.path ?? "", "intakt");
    if (what === "a binary") overwrite(path, "bynary");
  });
  const changed = "it was changed while it was read; run the same command again";
  if (what === "nothing") await writing;
  else
    await expect(writing).rejects.toMatchObject({
      code: "fetch",
      message: `Cannot export ${what === "a blob" ? "the blob" : "kso"}: ${changed}`,
    });
  body.close();
});
