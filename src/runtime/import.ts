// Importing a plugin from a TypeScript or JavaScript file. What the file imports as "kso/plugin" is this program's own copy, so
// that nothing has to be installed beside it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import * as contract from "../core/plugin.ts";

/** Imports the file at an absolute path. Throws whatever parsing or running it throws. */
export async function importPlugin(path: string): Promise<Record<string, unknown>> {
  if ("Deno" in globalThis) return await importCopy(path);
  await Bun.plugin({
    name: "kso/plugin",
    setup: (builder) =>
      void builder.module("kso/plugin", () => ({
        exports: { ...contract } as Record<string, unknown>,
        loader: "object",
      })),
  });
  return await import(pathToFileURL(path).href);
}

/** Deno resolves imports before a hook could: this imports a copy whose specifiers are URLs. */
async function importCopy(path: string): Promise<Record<string, unknown>> {
  const base = pathToFileURL(path);
  const contractUrl = new URL("../core/plugin.ts", import.meta.url).href;
  const text = readFileSync(path, "utf8")
    .replace(/(\bfrom\s*)(["'])kso\/plugin\2/g, (_, from) => `${from}${JSON.stringify(contractUrl)}`)
    .replace(
      /(\bfrom\s*)(["'])(\.\.?\/[^"']+)\2/g,
      (_, from, __, to) => `${from}${JSON.stringify(new URL(to, base).href)}`,
    );
  const folder = mkdtempSync(join(tmpdir(), "kso-plugin-"));
  try {
    const copy = join(folder, `plugin${extname(path)}`);
    writeFileSync(copy, text);
    return await import(pathToFileURL(copy).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
