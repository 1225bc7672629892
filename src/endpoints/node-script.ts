// Makes a shell script that prepares a node: it trusts the CA and writes the mirror files of the container engines that are there.
import type { Endpoints } from "./endpoints.ts";
import { type ConfigFile, configDirectories, containerdFiles, crioFiles, dockerFiles } from "./mirror-files.ts";

/** The container engines that the script takes as words. */
export const scriptEngines = ["containerd", "crio", "docker"] as const;

/**
 * A script for POSIX shells; `sh kso-node.sh` for each engine that is installed, `sh kso-node.sh containerd` for this one. What kso did
 * not write stays as it is, unless `--force` is given; then it is kept. `--undo` takes everything back. With DESTDIR all goes below that
 * directory.
 */
export function nodeScript(endpoints: Endpoints, origins: readonly string[]): string {
  const files: Readonly<Record<(typeof scriptEngines)[number], readonly ConfigFile[]>> = {
    containerd: containerdFiles(endpoints, origins, false),
    crio: crioFiles(endpoints, origins),
    docker: dockerFiles(endpoints),
  };
  const { ca } = endpoints;
  const parts = [
    head(endpoints.registry.host),
    ca ? trustFunction(ca.pem) : "",
    ...scriptEngines.map((engine) => engineFunction(engine, files[engine])),
    main(ca !== undefined),
  ];
  return parts.filter(Boolean).join("\n");
}

function head(host: string): string {
  return `#!/bin/sh
# Points this node at ${host}; written by kso
#
#   sh kso-node.sh              every engine that is installed here
#   sh kso-node.sh containerd   this one; also: crio docker
#   --force  replace files that kso did not write; each is kept as NAME.bak
#   --undo   take everything back
set -eu
umask 022
root=\${DESTDIR:-}
force= undo= engines=
for word in "$@"; do
  case $word in
    --force) force=1 ;;
    --undo) undo=1 ;;
    ${scriptEngines.join(" | ")}) engines="$engines $word" ;;
    *) echo "kso-node.sh: $word is none of ${scriptEngines.join(", ")}, --force, --undo" >&2; exit 2 ;;
  esac
done
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
  echo "kso-node.sh: run it as root" >&2
  exit 2
fi

# place KIND PATH: what comes on stdin belongs there. The first round only looks, so that all is written or nothing.
place() {
  path=$root$2
  new=$(cat; echo .)
  new=\${new%.}
  old=
  if [ -e "$path" ]; then old=$(cat "$path"; echo .); old=\${old%.}; fi
  case $1:$old in
    *:"$new" | *"written by kso"* | certificate:*) foreign= ;;
    *) foreign=$old ;;
  esac
  case $round in
    look)
      if [ -n "$foreign" ] && [ -z "$force" ]; then
        echo "kso-node.sh: kso did not write $path; --force replaces it and keeps it as $path.bak" >&2
        exit 2
      fi ;;
    write)
      mkdir -p "\${path%/*}"
      if [ -n "$foreign" ]; then cp -p "$path" "$path.bak"; fi
      printf '%s' "$new" >"$path.kso-new"
      mv "$path.kso-new" "$path"
      echo "written: $path" ;;
    undo)
      if [ -e "$path" ] && [ -z "$foreign" ]; then
        rm "$path"
        if [ -e "$path.bak" ]; then mv "$path.bak" "$path"; fi
        rmdir "\${path%/*}" 2>/dev/null || true
        echo "taken back: $path"
      fi ;;
  esac
}
`;
}

/** Where distributions take further CAs from (Debian, Red Hat and openEuler, SUSE), and the path that kubespray's variables name. */
function trustFunction(pem: string): string {
  return `trust() {
  for folder in /usr/local/share/ca-certificates /etc/pki/ca-trust/source/anchors /etc/pki/trust/anchors; do
    if [ -d "$root$folder" ]; then place certificate "$folder/kso-ca.crt" <<'KSO_END'
${withNewline(pem)}KSO_END
    fi
  done
  if [ ! -L "$root/etc/ssl/certs/kso-ca.pem" ]; then place certificate /etc/ssl/certs/kso-ca.pem <<'KSO_END'
${withNewline(pem)}KSO_END
  fi
}

refresh() {
  if [ -n "$root" ]; then return; fi
  if command -v update-ca-certificates >/dev/null; then update-ca-certificates >/dev/null
  elif command -v update-ca-trust >/dev/null; then update-ca-trust
  fi
}
`;
}

function engineFunction(engine: keyof typeof configDirectories, files: readonly ConfigFile[]): string {
  const placed = files.map(({ path, content }) => {
    const kind = path.endsWith(".crt") ? "certificate" : "file";
    return `  place ${kind} '${configDirectories[engine]}/${path}' <<'KSO_END'
${withNewline(content)}KSO_END`;
  });
  return `${engine}() {
${placed.join("\n")}
}
`;
}

function main(trusts: boolean): string {
  const trust = trusts ? "\n  trust" : "";
  return `if [ -z "$engines" ]; then
  if command -v containerd >/dev/null; then engines="$engines containerd"; fi
  if command -v crio >/dev/null || command -v podman >/dev/null; then engines="$engines crio"; fi
  if command -v dockerd >/dev/null; then engines="$engines docker"; fi
fi
if [ -z "$engines" ]; then echo "kso-node.sh: neither containerd nor CRI-O nor Docker is installed yet; name what will be" >&2; exit 2; fi
for round in $(if [ -n "$undo" ]; then echo undo; else echo look write; fi); do${trust}
  for engine in $engines; do "$engine"; done
done${trusts ? "\nrefresh" : ""}
for engine in $engines; do
  case $engine in
    containerd) echo "containerd reads its files at once, where its config_path is ${configDirectories.containerd}" ;;
    crio) echo "now: systemctl reload crio (Podman needs nothing)" ;;
    docker) echo "now: systemctl restart docker" ;;
  esac
done
`;
}

function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
