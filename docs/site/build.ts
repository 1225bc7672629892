// Builds the documentation into dist/docs: `npm run docs`. VitePress and what it brings along lie in this folder's own node_modules, so
// that nobody who only runs kso or its tests has to fetch them.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { faultsOf } from "./check.ts";
import { englishOnly, onSite, pages, repository, untranslated } from "./pages.ts";

const here = import.meta.dirname;

function run(program: string, ...args: string[]): void {
  const { status } = spawnSync(program, args, { cwd: here, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) process.exit(status ?? 1);
}

function write(place: string, text: string): void {
  mkdirSync(dirname(join(texts, place)), { recursive: true });
  writeFileSync(join(texts, place), text);
}

const texts = join(here, ".pages");
rmSync(texts, { recursive: true, force: true });
for (const page of pages) write(page.place, onSite(page, readFileSync(join(repository, page.source), "utf8")));
for (const { place, text } of englishOnly().map(untranslated)) write(place, text);
for (const images of ["images", "zh/images"])
  cpSync(join(repository, "docs", images), join(texts, images), { recursive: true });

run(process.execPath, "install", "--frozen-lockfile", "--silent");
run("node", "node_modules/vitepress/bin/vitepress.js", "build");
const faults = faultsOf(join(repository, "dist/docs"));
for (const fault of faults) console.error(fault);
console.log(`dist/docs: ${pages.length} pages, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
