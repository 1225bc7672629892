// load.sh loads the two archives into the container engine of the machine that runs them. It is POSIX sh, and needs uname,
// head, wc and tar.
import { platformName, platforms as supportedPlatforms } from "../../core/platform.ts";
import { dockerManifest } from "../image/metadata.ts";
import type { ContainerService } from "./service.ts";

/** The text of load.sh. */
export function loadScript(services: readonly ContainerService[]): string {
  const [first] = services;
  const platforms = first?.image.platforms.map(({ platform }) => platform) ?? [];
  const cases = supportedPlatforms
    .filter((platform) => platforms.includes(platformName(platform)))
    .map(({ arch, machine }) => `  ${machine}) arch=${arch} ;;`);
  return `#!/bin/sh
# load.sh [ENGINE]: loads both images into podman, docker or nerdctl (the first one that is there), for the architecture of
# this machine alone, and holds what was loaded to the digests of what was built.
set -eu
cd "$(dirname "$0")"

fail() {
  echo "load.sh: $*" >&2
  exit 1
}

engine=\${1-}
for candidate in podman docker nerdctl; do
  if [ -z "$engine" ] && command -v "$candidate" >/dev/null 2>&1; then engine=$candidate; fi
done
[ -n "$engine" ] || fail "there is neither podman nor docker nor nerdctl; name one: sh load.sh ENGINE"

case $(uname -m) in
${cases.join("\n")}
  *) fail "the images are for ${platforms.join(" and ")}, and this machine is $(uname -m)" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# load NAME TAG DIGESTS MANIFEST: MANIFEST is what Docker reads, with one architecture in it
load() {
  [ -f "$1.tar" ] || fail "$1.tar is not here"
  case \${engine##*/} in
    podman*) "$engine" pull -q "oci-archive:$1.tar:$1:$2" >/dev/null || fail "$engine did not take $1.tar" ;;
    *)
      # An archive ends with two empty blocks; what follows in their place counts more than what stands before.
      printf '%s' "$4" >"$work/manifest.json"
      { head -c "$(($(wc -c <"$1.tar") - 1024))" "$1.tar" && tar -C "$work" -cf - manifest.json; } \\
        | "$engine" load >/dev/null || fail "$engine did not take $1.tar"
      # An engine that keeps images as containerd does takes containerd's name for it.
      if "$engine" image inspect "localhost/$1:$2" >/dev/null 2>&1; then "$engine" tag "localhost/$1:$2" "$1:$2"; fi
      ;;
  esac
  id=$("$engine" image inspect --format '{{.Id}}' "$1:$2") || fail "$engine has no $1:$2"
  case " $3 " in
    *" sha256:\${id#sha256:} "*) echo "$1:$2 is loaded, $id" ;;
    *) fail "$1:$2 is $id in $engine, and none of $3" ;;
  esac
}

case $arch in
${platforms.map((platform) => branch(platform, services)).join("\n")}
esac
`;
}

function branch(platform: string, services: readonly ContainerService[]): string {
  const loads = services.map(({ tag, image }) => {
    const built = image.platforms.filter((candidate) => candidate.platform === platform);
    const blobs = [...built.flatMap(({ config, manifest }) => [config, manifest]), image.index];
    const digests = blobs.map(({ descriptor }) => descriptor.digest).join(" ");
    const manifest = dockerManifest(built.map((entry) => ({ ...entry, tag })));
    return `    load ${tag.replace(":", " ")} '${digests}' \\
      '${manifest}'`;
  });
  return `  ${platform.split("/")[1]})\n${loads.join("\n")}\n    ;;`;
}
