// Builds the standalone binaries into dist/: `bun build.ts [amd64] [linux-arm64-musl] …`, by default those of glibc that a bundle brings along.
// Manifests are embedded file by file, so that a run reads only those it needs. One commit gives one set of bytes, wherever it lies.
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signProgram } from "./release/mach-o.ts";

/** What each binary is compiled for, by the end of its name. The baseline targets run on machines without AVX2. */
export const targets = {
  "linux-amd64": "bun-linux-x64-baseline",
  "linux-arm64": "bun-linux-arm64",
  "linux-amd64-musl": "bun-linux-x64-baseline-musl",
  "linux-arm64-musl": "bun-linux-arm64-musl",
  "darwin-arm64": "bun-darwin-arm64",
  "darwin-amd64": "bun-darwin-x64-baseline",
  "windows-amd64": "bun-windows-x64-baseline",
} as const;

export type TargetName = keyof typeof targets;

const root = import.meta.dir;

async function main(): Promise<void> {
  const requested = process.argv.length > 2 ? process.argv.slice(2) : ["amd64", "arm64"];
  const names = requested.map((name) => (name in targets ? name : `linux-${name}`));
  const unknown = names.find((name) => !(name in targets));
  if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.keys(targets).join(", ")}`);
  await buildBinaries(names as TargetName[], join(root, "dist"));
}

/** Builds binaries, and writes the sums of all of them beside them. @returns their names. */
export async function buildBinaries(names: readonly TargetName[], folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const name of names) {
    const file = `kso-${name}${name.startsWith("windows") ? ".exe" : ""}`;
    await build(targets[name], join(folder, file));
    if (name === "darwin-amd64") signProgram(join(folder, file));
    files.push(file);
  }
  await writeSums(folder, files);
  return files;
}

/** Writes SHA256SUMS, which `sha256sum -c` reads, for files of a folder. */
export async function writeSums(folder: string, names: readonly string[]): Promise<void> {
  const lines: string[] = [];
  for (const name of [...names].sort()) lines.push(`${await sha256(join(folder, name))}  ${name}\n`);
  writeFileSync(join(folder, "SHA256SUMS"), lines.join(""));
}

async function build(target: (typeof targets)[TargetName], outfile: string): Promise<void> {
  await Bun.build({
    // A thread is a program of its own, found beside the code that starts it.
    entrypoints: ["cli/main.ts", "store/hash-worker.ts", "runtime/guard-worker.ts"].map((path) =>
      join(root, "src", path),
    ),
    naming: { entry: "[name].[ext]", chunk: "[name]-[hash].[ext]" },
    compile: {
      target,
      outfile,
      // Without these the binary would run what a bunfig.toml in the working directory preloads, and take variables from a .env there.
      autoloadBunfig: false,
      autoloadDotenv: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      // A site's own authority, and that of a proxy which looks into TLS, are in the system's store, where curl finds them too.
      execArgv: ["--use-system-ca"],
    },
    bytecode: true,
    splitting: true,
    format: "esm",
    minify: { whitespace: true, syntax: true },
    define: { KSO_COMMIT: JSON.stringify(commit()) },
    plugins: [
      {
        name: "embed manifests",
        setup: (builder) =>
          void builder.onLoad({ filter: /\/src\/runtime\/assets\.ts$/ }, () => ({
            contents: embeddedAssets(),
            loader: "ts",
          })),
      },
    ],
  });
}

/** What takes the place of src/runtime/assets.ts: the same two functions over a table of embedded files. */
function embeddedAssets(): string {
  const folder = join(root, "manifests");
  const jsonFiles = (path: string): string[] =>
    readdirSync(join(folder, path)).filter((name) => name.endsWith(".json"));
  const below = ["releases", "profiles", "mirrors"];
  const names = [
    ...jsonFiles("."),
    ...below.flatMap((path) => jsonFiles(path).map((name) => `${path}/${name}`)),
  ].sort();
  return [
    `import { readFileSync } from "node:fs";`,
    ...names.map(
      (name, index) => `import file${index} from ${JSON.stringify(join(folder, name))} with { type: "file" };`,
    ),
    `const files = { ${names.map((name, index) => `${JSON.stringify(name)}: file${index}`).join(", ")} };`,
    `export function assetNames() { return Object.keys(files); }`,
    `export function readAsset(name) { return readFileSync(files[name], "utf8"); }`,
  ].join("\n");
}

/** The commit that the binaries are built from; null outside a git checkout. */
function commit(): string | null {
  const git = Bun.spawnSync(["git", "rev-parse", "HEAD"], { cwd: root, stderr: "ignore" });
  return git.success ? git.stdout.toString().trim() : null;
}

/** The digest of a file, in hex. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

if (import.meta.main) await main();
