// `bun tests/bench/same-bytes.ts OLD NEW [FIELD=FIELD…]`: two builds of kso, one upstream, every exporter: is each file the same to the
// byte, but for fields of plan.json that were renamed? Needs Debian's buildah, skopeo, nginx-light and docker-registry.
import { createHash } from "node:crypto";
import { chmodSync, createReadStream, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { run } from "../support/containers.ts";
import { firstRelease, pushImages, startOrigin } from "../support/origin.ts";
import { serverBases } from "../support/servers.ts";
import { temporary } from "../support/temp.ts";

const builds = process.argv.slice(2, 4).map((path) => resolve(path));
if (builds.length < 2) throw new Error("bun tests/bench/same-bytes.ts OLD NEW");
const renamed = process.argv.slice(4).map((pair) => pair.split("=") as [string, string]);
using folder = temporary();
// nginx serves as nobody.
chmodSync(folder.path, 0o755);
const at = (...names: string[]): string => join(folder.path, ...names);

async function digestsIn(path: string): Promise<Map<string, string>> {
  const names = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [path];
  const digests = new Map<string, string>();
  for (const name of names) {
    const hash = createHash("sha256");
    if (name.endsWith("/plan.json"))
      hash.update(
        renamed.reduce(
          (text, [before, after]) => text.replaceAll(`"${before}":`, `"${after}":`),
          readFileSync(name, "utf8"),
        ),
      );
    else for await (const chunk of createReadStream(name)) hash.update(chunk);
    digests.set(relative(path, name), hash.digest("hex"));
  }
  return digests;
}

/** Runs one export with both builds; says what differs. */
async function compare(title: string, args: readonly string[]): Promise<void> {
  const results = [];
  for (const [index, build] of builds.entries()) {
    // An archive, or its volumes, lie in a directory of their own.
    const output = at(`${title}-${index}`);
    const path = args.includes("tarball") ? join(output, "bundle.tar") : output;
    if (path !== output) mkdirSync(output);
    const lock = args.includes("--plugin") ? ["--lock", at(`${title}-${index}.lock`)] : [];
    const home = at(`home-${index}`);
    const { code, stderr } = await run(build, ["export", ...args, "-o", path, "--quiet", ...lock], {
      HOME: home,
      XDG_CACHE_HOME: join(home, "cache"),
      SOURCE_DATE_EPOCH: "1780000000",
    });
    if (code !== 0) throw new Error(`${build} ${args.join(" ")}: ${stderr}`);
    results.push(await digestsIn(output));
  }
  const [before, after] = results as [Map<string, string>, Map<string, string>];
  const different = [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
  console.log(`${title}: ${after.size} files, ${different.length} differ`);
  for (const name of different) console.log(`  ${name || title}`);
  if (different.length > 0) process.exitCode = 1;
}

for (const release of ["2.22.2", "2.25.1", "2.28.0", "2.31.0"])
  for (const format of ["list", "dockerfile"])
    for (const unavailable of ["exclude", "include"])
      await compare(`${format}-${release}-${unavailable}`, [
        ...["--format", format, "--kubespray", release],
        ...(unavailable === "include" ? ["--unavailable", "include"] : []),
      ]);

const origin = await startOrigin(at("origin"));
try {
  const flags = await origin.publish("first", firstRelease());
  const bases = await serverBases(at("bases"));
  const images = {
    "docker.io/library/nginx:1.28.2-alpine": bases.nginx,
    "docker.io/library/registry:2.8.3": bases.registry,
  };
  await pushImages(`127.0.0.1:${origin.registry.port}`, at("layouts"), { files: [], images });
  for (const format of ["tarball", "image", "registry", "compose"])
    await compare(format, ["--format", format, ...flags]);
  await compare("volumes", ["--format", "tarball", "--split", "2M", ...flags]);
} finally {
  await origin.stop();
}
