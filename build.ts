// Builds the standalone binaries into dist/: `bun build.ts [amd64] [arm64]`, both by default.
// The baseline target runs on servers without AVX2. Manifests are embedded file by file, so that a run reads only those it needs.
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const targets = { amd64: "bun-linux-x64-baseline", arm64: "bun-linux-arm64" } as const;
const root = import.meta.dir;
const dist = join(root, "dist");

async function main(): Promise<void> {
  const requested = process.argv.slice(2);
  const names = (Object.keys(targets) as (keyof typeof targets)[]).filter(
    (name) => requested.length === 0 || requested.includes(name),
  );
  mkdirSync(dist, { recursive: true });
  const sums: string[] = [];
  for (const name of names) {
    const outfile = join(dist, `kso-linux-${name}`);
    await build(targets[name], outfile);
    sums.push(`${await sha256(outfile)}  kso-linux-${name}\n`);
  }
  writeFileSync(join(dist, "SHA256SUMS"), sums.join(""));
}

async function build(target: (typeof targets)[keyof typeof targets], outfile: string): Promise<void> {
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
  const names = [...jsonFiles("."), ...jsonFiles("releases").map((name) => `releases/${name}`)].sort();
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

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

await main();
