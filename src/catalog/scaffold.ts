// The text that `kso plugin new` writes: a plugin that passes `kso plugin check`.

/** A plugin of that name to start from. */
export function scaffold(name: string): string {
  return `// Tells kso about ${name}. Try it:
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
