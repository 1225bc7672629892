// `bun tests/bench/fetch.ts UPSTREAM FILES-URL REGISTRY-URL [ROUNDS] [WORK]`: kso against what people script today, whole
// processes in turn (A B C, A B C, …). Needs wget, curl, openssl, skopeo and tar. UPSTREAM is a folder with files.json,
// files.list, files.curl, SHA256SUMS and images.list, served at the two addresses. Prints medians and ratios; never judges.
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { labFlags } from "../support/lab.ts";
import { binaryFor } from "../support/paths.ts";

const [upstreamArg, files, registry, roundsArg = "3", workArg = "/tmp/kso-bench-fetch"] = process.argv.slice(2);
if (!upstreamArg || !files || !registry) throw new Error("bun tests/bench/fetch.ts UPSTREAM FILES-URL REGISTRY-URL");
const upstream = resolve(upstreamArg);
const work = resolve(workArg);
const rounds = Number(roundsArg);
const kso = binaryFor("amd64");
const at = (name: string): string => join(work, name);
mkdirSync(work, { recursive: true });

interface Row {
  readonly name: string;
  /** Not timed. */
  readonly before?: () => void;
  readonly command: readonly string[];
}

function run(command: readonly string[]): { seconds: number; megabytes: number } {
  const start = performance.now();
  const { success, stderr, resourceUsage } = Bun.spawnSync([...command], { cwd: work, stdout: "ignore" });
  const seconds = (performance.now() - start) / 1000;
  if (!success) throw new Error(`${command.join(" ").slice(0, 300)}: ${stderr.toString().slice(-2000)}`);
  return { seconds, megabytes: (resourceUsage?.maxRSS ?? 0) / 1e6 };
}

function compare(title: string, rows: readonly Row[]): void {
  const seen = new Map(rows.map(({ name }) => [name, [] as { seconds: number; megabytes: number }[]]));
  for (let round = 0; round <= rounds; round++)
    for (const { name, before, command } of rows) {
      before?.();
      Bun.spawnSync(["sync"]);
      const result = run(command);
      // The first round warms the page cache.
      if (round > 0) seen.get(name)?.push(result);
    }
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
  const base = median((seen.get(rows[0]?.name ?? "") ?? []).map(({ seconds }) => seconds));
  console.log(`\n${title}`);
  for (const [name, results] of seen) {
    const seconds = results.map((result) => result.seconds);
    const range = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
    const peak = Math.max(...results.map(({ megabytes }) => megabytes)).toFixed(0);
    const middle = median(seconds);
    console.log(
      `  ${name.padEnd(46)} ${middle.toFixed(2).padStart(7)} s (${range})  ${(middle / base).toFixed(2)}  ${peak} MB`,
    );
  }
}

const empty = (name: string) => (): void => {
  rmSync(at(name), { recursive: true, force: true });
  mkdirSync(at(name), { recursive: true });
};
const lab = (only?: "files" | "images"): string[] =>
  labFlags(upstream, at(`plugin-${only ?? "all"}`), { files, registry }, only);
const fetch = (store: string, flags: readonly string[]): string[] => [
  ...[kso, "fetch", "--quiet", "--store", at(store), "--lock", at(`${store}.lock.json`)],
  ...flags,
];
const shell = (script: string): string[] => ["sh", "-ec", script];
const host = new URL(registry).host;
const images = readFileSync(join(upstream, "images.list"), "utf8").trim().split("\n");

compare("Files, fetched and verified", [
  {
    name: "wget -x -i, then sha256sum -c",
    before: empty("wget"),
    command: shell(
      `cd ${at("wget")}; wget -q -x -i ${upstream}/files.list; sha256sum --quiet -c ${upstream}/SHA256SUMS`,
    ),
  },
  {
    name: "curl -Z 8, then openssl dgst, two at a time",
    before: empty("curl"),
    command: shell(
      `cd ${at("curl")}; curl -sS -Z --parallel-max 8 --create-dirs -K ${upstream}/files.curl; find . -type f -print0 | xargs -0 -P 2 -n 8 openssl dgst -sha256`,
    ),
  },
  { name: "kso fetch", before: empty("files"), command: fetch("files", [...lab("files"), "--update"]) },
]);
for (const name of ["wget", "curl", "files"]) empty(name)();

compare("Images", [
  {
    name: "skopeo copy --all, one after another",
    before: empty("skopeo"),
    command: shell(
      images
        .map(
          (image) =>
            `skopeo copy -q --all --src-tls-verify=false docker://${image} oci:${at("skopeo")}:${image.replace(`${host}/`, "")}`,
        )
        .join("\n"),
    ),
  },
  { name: "kso fetch", before: empty("images"), command: fetch("images", [...lab("images"), "--update"]) },
]);
for (const name of ["skopeo", "images"]) empty(name)();

const all = lab();
run(fetch("all", all));
const seal = (output: string): string[] => [
  ...[kso, "export", "--format", "tarball", "--quiet", "-o", at(output), "--store", at("all")],
  ...["--lock", at("all.lock.json"), ...all],
];
run(seal("bundle.tar"));
empty("tree")();
run(["tar", "xf", at("bundle.tar"), "-C", at("tree")]);
// Both, before each: what lies there takes room in the page cache, and then the next one reads from the disk.
const withoutOutputs = (): void => {
  for (const name of ["tar.tar", "kso.tar"]) rmSync(at(name), { force: true });
};
compare(`Sealing ${(statSync(at("bundle.tar")).size / 1e9).toFixed(2)} GB from a warm store`, [
  {
    name: "tar cf",
    before: withoutOutputs,
    command: ["tar", "cf", at("tar.tar"), "-C", at("tree"), "."],
  },
  {
    name: "kso export --format tarball",
    before: withoutOutputs,
    command: seal("kso.tar"),
  },
]);
withoutOutputs();
empty("tree")();
compare("Verifying the bundle", [
  { name: "sha256sum", command: ["sha256sum", at("bundle.tar")] },
  { name: "kso verify", command: [kso, "verify", "--quiet", at("bundle.tar")] },
]);
compare("Nothing to do", [{ name: "kso fetch", command: fetch("all", all) }]);
rmSync(work, { recursive: true, force: true });
