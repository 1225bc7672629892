// docker-bake.hcl: both images for all platforms together, and for each alone.

/** The text of docker-bake.hcl: `docker buildx bake` builds the two indexes, `docker buildx bake files-arm64` one image. */
export function bakeFile(version: string, platforms: readonly string[]): string {
  const targets = ["files", "images"].flatMap((name) => [
    target(name, `Dockerfile.${name}`, version, platforms),
    ...platforms.map((platform) => variant(name, version, platform)),
  ]);
  return `# docker buildx bake [--push] [--set '*.args.JOBS=4'] [TARGET]
# With REGISTRY=registry.example:5000/offline in the environment, the tags begin with that.
variable "REGISTRY" {
  default = ""
}

function "tag" {
  params = [name]
  result = REGISTRY == "" ? name : "\${REGISTRY}/\${name}"
}

group "default" {
  targets = ["files", "images"]
}

${targets.join("\n")}`;
}

function target(name: string, dockerfile: string, version: string, platforms: readonly string[]): string {
  return `target "${name}" {
  context    = "."
  dockerfile = "${dockerfile}"
  platforms  = [${platforms.map((platform) => `"${platform}"`).join(", ")}]
  tags       = [tag("${imageTag(name, version)}")]
}
`;
}

function variant(name: string, version: string, platform: string): string {
  const arch = platform.split("/").slice(1).join("-");
  return `target "${name}-${arch}" {
  inherits  = ["${name}"]
  platforms = ["${platform}"]
  tags      = [tag("${imageTag(name, version)}-${arch}")]
}
`;
}

/** The tag of an image: `kubespray-files:2.31.0`; what no tag may contain (the + of a development version) becomes a hyphen. */
export function imageTag(name: string, version: string): string {
  return `kubespray-${name}:${version.replace(/[^\w.-]/g, "-")}`;
}
