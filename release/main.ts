// `npm run release`: everything that a release has, into dist/release/. One commit gives one set of bytes, wherever and whenever it is
// built; with `--tag vVERSION` only what may be published under that tag is built, and its notes lie beside it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { buildBinaries, type TargetName, targets, writeSums } from "../build.ts";
import { bashCompletion } from "../src/cli/completion/bash.ts";
import { completedCommands } from "../src/cli/completion/candidates.ts";
import { fishCompletion } from "../src/cli/completion/fish.ts";
import { zshCompletion } from "../src/cli/completion/zsh.ts";
import { allCommands } from "../src/cli/dispatch.ts";
import { textEntry } from "../src/export/archive/entry.ts";
import { version } from "../src/runtime/build.ts";
import { arranged, packed } from "./archive.ts";
import { releaseNotes } from "./changelog.ts";
import { writeImage } from "./image.ts";
import { manPages } from "./man.ts";
import { sbom } from "./sbom.ts";

const root = join(import.meta.dir, "..");

const { values } = parseArgs({ options: { tag: { type: "string" }, output: { type: "string", short: "o" } } });
const folder = values.output ?? join(root, "dist", "release");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
if (values.tag !== undefined) writeNotes(values.tag);
const names = await writeRelease();
await writeSums(folder, names);
for (const name of [...names, "SHA256SUMS"]) process.stdout.write(`${join(folder, name)}\n`);

/** Makes every file of the release. @returns their names. */
async function writeRelease(): Promise<string[]> {
  const created = `${new Date(sourceDate() * 1000).toISOString().slice(0, 19)}Z`;
  const commands = await allCommands();
  const pages = (["en", "zh"] as const).flatMap((language) => manPages(commands, language, created.slice(0, 10)));
  const completed = completedCommands(commands);
  const completions = {
    "bash-completion/completions/kso": bashCompletion(completed),
    "fish/vendor_completions.d/kso.fish": fishCompletion(completed),
    "zsh/site-functions/_kso": zshCompletion(completed),
  };
  const files: Readonly<Record<string, string | Uint8Array>> = {
    "install.sh": readFileSync(join(root, "release/install.sh")),
    "kso.cdx.json": sbom(created),
    "kso-man.tar.gz": packed(arranged(pages.map(({ path, text }) => textEntry(path, text)))),
    "kso-completions.tar.gz": packed(
      arranged(Object.entries(completions).map(([path, text]) => textEntry(path, text))),
    ),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const binaries = await buildBinaries(Object.keys(targets) as TargetName[], folder);
  const work = join(folder, ".work");
  mkdirSync(work);
  const cache = join(root, "node_modules/.cache/kso-release");
  const image = await writeImage({ folder, work, cache, created, commit: git("rev-parse", "HEAD") });
  rmSync(work, { recursive: true });
  return [...Object.keys(files), ...binaries, image];
}

/** What the release says of itself, beside its files and not among them. @throws Error for a tag of another version. */
function writeNotes(tag: string): void {
  if (tag !== `v${version}`) throw new Error(`package.json says ${version}, and the tag ${tag}`);
  const notes = releaseNotes(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version);
  writeFileSync(join(root, "dist", "release-notes.md"), notes);
}

/** When the sources were committed, or what SOURCE_DATE_EPOCH says. Seconds since 1970. */
function sourceDate(): number {
  const seconds = Number(process.env["SOURCE_DATE_EPOCH"] ?? git("log", "-1", "--format=%ct"));
  if (!Number.isSafeInteger(seconds)) throw new Error("outside a git checkout SOURCE_DATE_EPOCH must be set");
  return seconds;
}

function git(...words: string[]): string | undefined {
  const { success, stdout } = Bun.spawnSync(["git", ...words], { cwd: root, stderr: "ignore" });
  return success ? stdout.toString().trim() : undefined;
}
