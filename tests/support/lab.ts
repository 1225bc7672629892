// A synthetic upstream (a folder with files.json and images.json, served by a web server and a registry) as a component of
// kso's: a plugin that names its files and images as if they came from their origins, and the mirrors that lead to it.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface File {
  readonly name: string;
  readonly arch: string;
  readonly url_path: string;
  readonly sha256: string;
}
interface Image {
  readonly repo: string;
  readonly tag: string;
}

/** Flags for kso that make a plan of what the upstream has: all of it, or one kind. The plugin is written into `into`. */
export function labFlags(
  upstream: string,
  into: string,
  { files, registry }: { files: string; registry: string },
  only?: "files" | "images",
): string[] {
  const read = <T>(name: string): T[] => JSON.parse(readFileSync(join(upstream, name), "utf8"));
  const held = only === "images" ? [] : read<File>("files.json");
  const images = only === "files" ? [] : read<Image>("images.json");
  const data = {
    files: held.map(({ name, arch, url_path, sha256 }) => ({
      arch,
      item: { kind: "file", name: `lab-${name}`, version: "1", url: `https:/${url_path}`, digest: `sha256:${sha256}` },
    })),
    images: images.map(({ repo, tag }) => ({
      kind: "image",
      name: `lab-${repo.replaceAll("/", "-")}`,
      version: "1",
      image: `${repo}:${tag}`,
    })),
  };
  mkdirSync(into, { recursive: true });
  const plugin = join(into, "lab.ts");
  writeFileSync(
    plugin,
    `const data = ${JSON.stringify(data)};
export default {
  name: "lab", category: "tool", description: "A synthetic upstream",
  contribute: (_, { arch }) => [...data.files.filter((file) => file.arch === arch).map(({ item }) => item), ...data.images],
};
`,
  );
  const hosts = (paths: readonly string[]): string[] => [...new Set(paths.map((path) => path.split("/")[0] ?? ""))];
  const mirrors = [
    ...hosts(held.map(({ url_path }) => url_path.slice(1))).map((host) => `${host}=${files}/${host}`),
    ...hosts(images.map(({ repo }) => repo)).map((host) => `${host}=${registry}/${host}`),
  ];
  return ["--plugin", plugin, "--only", "lab", ...mirrors.flatMap((mirror) => ["--mirror", mirror])];
}
