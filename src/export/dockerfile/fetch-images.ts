// The script of the fetch stage of Dockerfile.images: it reads images.tsv and makes the storage directory of a registry.
// POSIX sh. skopeo finds images and moves bytes, sed finds digests in the compacted JSON, sha256sum checks both.
import { workerLoop } from "./worker-loop.ts";

/** The text of fetch-images.sh. */
export const fetchImagesScript: string = `#!/bin/sh
# fetch-images.sh LIST DIR CACHE: pulls every line of LIST (source, name, platforms, tag, repositories) into DIR, which
# becomes the storage directory of a distribution registry. Manifests keep their very bytes, hence their digests; an
# index keeps all its entries, of which only the platforms asked for are there.
# All that fails is named at the end, and then the exit code is 1.
# CACHE keeps blobs for the next run. In the environment: JOBS, images at a time; ALLOW_MISSING, names of images that
# may lack a platform, or all; SKOPEO_FLAGS.
set -euf

# one SOURCE NAME PLATFORMS TAG REPOSITORIES: a single image; a failure is written down, so that the others go on
one() {
  source=$1 name=$2 tag=$4 part=$CACHE/part/$$ manifests= missing=
  case $1 in *@*) repository=\${1%@*} ;; *) repository=\${1%:*} ;; esac
  mkdir "$part"
  ask "$part/top" inspect --retry-times 3 --raw "docker://$source" || fail "cannot be pulled from $source: $reason"
  top=$(keep "$part/top")
  compact "$CACHE/sha256/$top" >"$part/json"
  if grep -q '"manifests":\\[' "$part/json"; then from_index "$3"; else from_manifest "$3"; fi
  if [ -n "$missing" ]; then
    allowed || fail "$source has no$missing (ALLOW_MISSING can permit that)"
    echo "unavailable: $name has no$missing" >&2
  fi
  if [ -n "$manifests" ]; then
    for manifest in $manifests; do pull "$manifest"; done
    write_tree "$5"
    echo "pulled $name" >&2
  fi
  echo "$name" >>"$KSO_WORK/seen"
  rm -rf "$part"
}

fail() {
  printf '%s: %s\\n' "$name" "$1" >>"$KSO_WORK/failed"
  echo "$name" >>"$KSO_WORK/seen"
  rm -rf "$part"
  exit 0
}

# ask FILE ARGUMENTS: skopeo's answer in FILE, or the reason why there is none
ask() {
  answer=$1
  shift
  skopeo $SKOPEO_FLAGS "$@" >"$answer" 2>"$part/error" && return
  reason=$(sed -n '$p' "$part/error" | sed -E -e 's/.* msg="(.*)"$/\\1/' -e 's/\\\\(.)/\\1/g' | cut -c 1-600)
  return 1
}

# keep FILE: into the cache, under its digest
keep() {
  hex=$(sha256sum <"$1")
  hex=\${hex%% *}
  mv "$1" "$CACHE/sha256/$hex"
  echo "$hex"
}

kept() { [ -f "$CACHE/sha256/$1" ] && [ "$(sha256sum <"$CACHE/sha256/$1")" = "$1  -" ]; }

# JSON on one line, without blanks, escapes and annotations: then every descriptor is a plain text to sed.
compact() {
  tr -d ' \\t\\r\\n' <"$1" | sed -E -e 's/\\\\.//g' -e ':a' -e 's/"(annotations|subject)":\\{[^{}]*\\}//' -e 'ta'
  echo
}

# digests: those in the compacted JSON on stdin, bare, each once
digests() { grep -oE '"digest":"sha256:[0-9a-f]{64}"' | cut -c 18-81 | sort -u; }

from_index() {
  sed -E 's/"platform":\\{([^{}]*)\\}/\\1/g' "$part/json" | tr '{}' '\\n\\n' >"$part/descriptors"
  for platform in $(echo "$1" | tr , ' '); do
    found=$(grep "\\"os\\":\\"\${platform%%/*}\\"" "$part/descriptors" \\
      | grep "\\"architecture\\":\\"\${platform#*/}\\"" | digests || true)
    if [ -n "$found" ]; then manifests="$manifests $found"; else missing="$missing $platform"; fi
  done
}

# An image without an index says its platform in its configuration; skopeo reads that from a directory of the two.
from_manifest() {
  bring_config "$top"
  mkdir "$part/image"
  cp "$CACHE/sha256/$top" "$part/image/manifest.json"
  cp "$CACHE/sha256/$config" "$part/image/$config"
  ask "$part/platform" inspect --no-tags --format '{{.Os}}/{{.Architecture}}' "dir:$part/image" \\
    || fail "says no platform: $reason"
  for platform in $(echo "$1" | tr , ' '); do
    if [ "$platform" = "$(cat "$part/platform")" ]; then manifests=$top; else missing="$missing $platform"; fi
  done
}

# bring_config HEX: the configuration that the image manifest of that digest names
bring_config() {
  config=$(grep -o '"config":{[^{}]*}' "$part/json" | digests)
  [ -n "$config" ] || fail "has no configuration, its manifest sha256:$1 is of a kind that cannot be stored"
  if ! kept "$config"; then
    ask "$part/config" inspect --retry-times 3 --config --raw "docker://$repository@sha256:$1" \\
      || fail "cannot pull its configuration: $reason"
    [ "$(keep "$part/config")" = "$config" ] || fail "its configuration is not what its digest says, sha256:$config"
  fi
}

allowed() {
  for permitted in $ALLOW_MISSING; do
    case $permitted in all|"$name"|"\${name%:*}") return ;; esac
  done
  return 1
}

# pull HEX: the image manifest of that digest, and all that it names
pull() {
  if ! kept "$1"; then
    ask "$part/manifest" inspect --retry-times 3 --raw "docker://$repository@sha256:$1" \\
      || fail "cannot pull its manifest sha256:$1: $reason"
    [ "$(keep "$part/manifest")" = "$1" ] || fail "its manifest is not what its digest says, sha256:$1"
  fi
  compact "$CACHE/sha256/$1" >"$part/json"
  if ! grep -q '"layers":\\[' "$part/json" || ! grep -q '"config":{' "$part/json"; then
    fail "its manifest sha256:$1 is of a kind that cannot be stored (schema 1, or an index in an index)"
  fi
  digests <"$part/json" >"$part/blobs"
  if grep -o '"digest":"[^"]*' "$part/json" | grep -qvE '^"digest":"sha256:[0-9a-f]{64}$'; then
    fail "its manifest sha256:$1 names a digest that is not sha256"
  fi
  cat "$part/blobs" >>"$part/layers"
  # Whoever holds the lock of a blob downloads it; sorted order keeps two images from waiting for each other.
  locked=
  trap unlock EXIT
  for blob in $(absent); do
    until mkdir "$KSO_WORK/lock/$blob" 2>/dev/null; do sleep 0.2 2>/dev/null || sleep 1; done
    locked="$locked $KSO_WORK/lock/$blob"
  done
  if [ -n "$(absent)" ]; then copy_blobs "$1"; fi
  unlock
}

unlock() {
  if [ -n "$locked" ]; then rmdir $locked; fi
  locked=
}

absent() {
  while read -r blob; do
    [ -f "$CACHE/sha256/$blob" ] || echo "$blob"
  done <"$part/blobs"
}

# The OCI layout leaves out blobs that its shared directory has. It may rewrite manifest and configuration (of an image
# in Docker's format), never a layer: the manifest is here already, the configuration is asked for as it is.
copy_blobs() {
  ask "$part/output" copy --quiet --retry-times 3 --dest-oci-accept-uncompressed-layers \\
    --dest-shared-blob-dir "$CACHE" "docker://$repository@sha256:$1" "oci:$part/layout:kso" \\
    || fail "cannot pull sha256:$1: $reason"
  bring_config "$1"
  [ -z "$(absent)" ] || fail "did not bring these blobs: $(absent | tr '\\n' ' ')"
}

# write_tree REPOSITORIES: the links that make blobs an image, below each of its names
write_tree() {
  repositories=$(echo "$1" | tr , ' ')
  for manifest in $top $manifests; do echo "_manifests/revisions/sha256/$manifest $manifest"; done >"$part/links"
  echo "_manifests/tags/$tag/current $top" >>"$part/links"
  echo "_manifests/tags/$tag/index/sha256/$top $top" >>"$part/links"
  for blob in $(sort -u "$part/layers"); do echo "_layers/sha256/$blob $blob"; done >>"$part/links"
  set --
  while read -r directory hex; do set -- "$@" "$part/tree/$directory"; done <"$part/links"
  mkdir -p "$@"
  while read -r directory hex; do
    printf 'sha256:%s' "$hex" >"$part/tree/$directory/link"
  done <"$part/links"
  # Two tags of one repository must not create the same directories at the same time.
  until mkdir "$KSO_WORK/lock/tree" 2>/dev/null; do sleep 0.2 2>/dev/null || sleep 1; done
  for other in $repositories; do
    mkdir -p "$KSO_OUT/docker/registry/v2/repositories/$other"
    cp -R "$part/tree/." "$KSO_OUT/docker/registry/v2/repositories/$other/"
  done
  rmdir "$KSO_WORK/lock/tree"
  for blob in $top $manifests $(sort -u "$part/layers"); do echo "$blob $name"; done >>"$KSO_WORK/blobs"
}

# blob HEX NAME: from the cache into the storage, and checked on the way
blob() {
  directory=$KSO_OUT/docker/registry/v2/blobs/sha256/$(echo "$1" | cut -c 1-2)/$1
  cp "$CACHE/sha256/$1" "$KSO_WORK/$1"
  if [ "$(sha256sum <"$KSO_WORK/$1")" != "$1  -" ]; then
    rm -f "$CACHE/sha256/$1" "$KSO_WORK/$1"
    echo "$2: the blob sha256:$1 in the cache was damaged and is gone from there: build again" >>"$KSO_WORK/failed"
    exit 0
  fi
  mkdir -p "$directory"
  mv "$KSO_WORK/$1" "$directory/data"
}

case $1 in
  --one) shift; one "$@"; exit ;;
  --blob) shift; blob "$@"; exit ;;
esac

${workerLoop}command -v skopeo >/dev/null || { echo "error: FETCH_IMAGE has no skopeo" >&2; exit 1; }
list=$1
export KSO_OUT="$2" KSO_WORK="$2.work" CACHE="$3"
export SKOPEO_FLAGS="\${SKOPEO_FLAGS-}" ALLOW_MISSING="\${ALLOW_MISSING-}"
if [ -s /run/secrets/registry-auth ]; then export REGISTRY_AUTH_FILE=/run/secrets/registry-auth; fi
rm -rf "$KSO_WORK" "$CACHE/part"
mkdir -p "$KSO_OUT" "$KSO_WORK/lock" "$CACHE/part" "$CACHE/sha256"
: >"$KSO_WORK/seen"
: >"$KSO_WORK/blobs"
: >"$KSO_WORK/failed"

each "$list" --one

while read -r source name rest; do
  grep -qxF -e "$name" "$KSO_WORK/seen" || echo "$name: the download was cut off" >>"$KSO_WORK/failed"
done <"$list"
if [ ! -s "$KSO_WORK/failed" ]; then
  sort -u -k 1,1 "$KSO_WORK/blobs" >"$KSO_WORK/each-blob"
  each "$KSO_WORK/each-blob" --blob
fi
if [ -s "$KSO_WORK/failed" ]; then
  echo "error: not all of $(wc -l <"$list") images could be pulled:" >&2
  sort "$KSO_WORK/failed" | sed 's/^/error:   /' >&2
  exit 1
fi
rm -rf "$KSO_WORK"
echo "$(wc -l <"$list") images are in $KSO_OUT" >&2
`;
