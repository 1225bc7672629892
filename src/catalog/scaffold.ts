// Writes a plugin to start from: `kso plugin check` says what of it is still to be filled in.
import { join } from "node:path";
import fs from "fs-extra";
import { KsoError } from "../core/errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { statsAt } from "../files/stats.ts";

/**
 * Writes a plugin of that name into a new file, or into a new file of a folder; returns its path.
 * @throws KsoError `usage` for a name that no plugin may have, and where the file exists.
 */
export async function createPlugin(name: string, output: string = `${name}.ts`): Promise<string> {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new KsoError("usage", `Cannot name a plugin "${name}": lower case letters, digits and hyphens are allowed`);
  const path = (await isFolder(output)) ? join(output, `${name}.ts`) : output;
  if (statsAt(path))
    throw new KsoError("usage", `Cannot write ${path}: it is there already; name another place with -o`);
  await writeAtomic(path, scaffold(name));
  return path;
}

async function isFolder(path: string): Promise<boolean> {
  return (await fs.pathExists(path)) && (await fs.stat(path)).isDirectory();
}

/** The text of a plugin of that name. */
function scaffold(name: string): string {
  return `// Tells kso about ${name}. Fill in version, digests, URL and image, then try it:
//   kso plugin check ${name}.ts
//   kso resolve --plugin ${name}.ts --only ${name}
import type { Plugin } from "kso/plugin";

// A component that kubespray does not know brings its own version and digests (sha256sum FILE).
// One that kubespray knows takes its version from the release: import { file, pin } from "kso/plugin", and
// yield file("NAME", pin(release, "${name.replaceAll("-", "_")}_version"), url).
const version = "1.0.0";
const digests: Record<string, string> = {
  amd64: "sha256:${"0".repeat(64)}",
  arm64: "sha256:${"0".repeat(64)}",
};

const plugin: Plugin = {
  name: "${name}",
  category: "tool",
  description: "${name}, in one line",
  // Pure: the same release and platform always give the same. No clock, no network, no disk.
  *contribute(_release, platform) {
    const url = \`https://example.com/${name}/v\${version}/${name}-linux-\${platform.arch}.tar.gz\`;
    const digest = digests[platform.arch];
    const more = digest ? { digest } : { unavailable: \`${name} is not built for \${platform.arch}\` };
    yield { kind: "file", name: "${name}", version, url, ...more };
    yield { kind: "image", name: "${name}_image", version, image: \`docker.io/example/${name}:v\${version}\` };
  },
};

export default plugin;
`;
}
