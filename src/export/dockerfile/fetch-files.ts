// The script of the fetch stage of Dockerfile.files: it reads files.tsv and makes a tree of checked files. POSIX sh, for
// busybox as well as for dash and bash.
import { workerLoop } from "./worker-loop.ts";

/** The text of fetch-files.sh. */
export const fetchFilesScript: string = `#!/bin/sh
# fetch-files.sh LIST DIR CACHE: downloads every line of LIST (digest, URL, path) to DIR/path.
# A file gets its name only once its digest is right. All that fails is named at the end, and then the exit code is 1.
# CACHE keeps finished downloads for the next run. In the environment: JOBS, downloads at a time.
set -euf

# one DIGEST URL PATH: a single file; a failure is written down, so that the others go on
one() {
  url=$2 part=$CACHE/part/$$ reason=
  case $1 in
    -) echo "warning: $url has no published digest and goes in unchecked" >&2 ;;
    sha256:*|sha512:*) ;;
    *) fail "the digest $1 is of no known kind" ;;
  esac
  kept=$CACHE/\${1%%:*}/\${1#*:}
  if [ "$1" = - ]; then
    download
    kept=$part
  elif ! { [ -f "$kept" ] && check "$1" "$kept"; }; then
    download
    check "$1" "$part" || fail "$reason"
    mv "$part" "$kept"
    echo "fetched $url" >&2
  fi
  mkdir -p "$KSO_OUT/\${3%/*}"
  cp "$kept" "$KSO_WORK/$$"
  mv "$KSO_WORK/$$" "$KSO_OUT/$3"
  rm -f "$part" "$part.err"
  echo "$url" >>"$KSO_WORK/seen"
}

fail() {
  printf '%s: %s\\n' "$url" "$1" >>"$KSO_WORK/failed"
  echo "$url" >>"$KSO_WORK/seen"
  rm -f "$part" "$part.err"
  exit 0
}

# check DIGEST FILE
check() {
  sum=$("\${1%%:*}sum" <"$2")
  sum=\${sum%% *}
  [ "$sum" = "\${1#*:}" ] && return
  reason="has \${1%%:*} $sum where \${1#*:} is expected"
  return 1
}

# Five tries, with longer and longer pauses; what the server refuses for good (404, 403, …) is not asked for again.
download() {
  for pause in 1 2 4 8 0; do
    rm -f "$part"
    if command -v curl >/dev/null; then try=with_curl; else try=with_wget; fi
    if $try; then return; fi
    [ "$again" = yes ] || break
    sleep "$pause"
  done
  fail "$reason"
}

with_curl() {
  # From https a redirect may not lead to plain http.
  case $url in https:*) redirects='=https' ;; *) redirects='=http,https' ;; esac
  again=yes
  code=$(curl --silent --show-error --fail --location --max-redirs 10 --globoff \\
    --proto '=http,https' --proto-redir "$redirects" --connect-timeout 30 --speed-limit 1000 --speed-time 60 \\
    --output "$part" --write-out '%{http_code}' -- "$url" 2>"$part.err") && return
  reason=$(tail -n 1 "$part.err")
  case $code in 408|429) ;; 4??) again=no ;; esac
  return 1
}

with_wget() {
  # busybox has no --version. Its -T crashes where it was built without time limits; when quiet it still says errors.
  again=yes options=-q
  if wget --version >/dev/null 2>&1; then options='-nv --tries=1 --timeout=60'; fi
  wget $options -O "$part" "$url" 2>"$part.err" && return
  reason=$(tail -n 1 "$part.err")
  case $reason in *' 408'*|*' 429'*) ;; *' 4'[0-9][0-9]*) again=no ;; esac
  return 1
}

if [ "$1" = --one ]; then
  shift
  one "$@"
  exit
fi

${workerLoop}list=$1
export KSO_OUT="$2" KSO_WORK="$2.work" CACHE="$3"
rm -rf "$KSO_WORK" "$CACHE/part"
mkdir -p "$KSO_OUT" "$KSO_WORK" "$CACHE/part" "$CACHE/sha256" "$CACHE/sha512"
: >"$KSO_WORK/seen"
: >"$KSO_WORK/failed"

each "$list" --one

while read -r digest url path; do
  grep -qxF -e "$url" "$KSO_WORK/seen" || echo "$url: the download was cut off" >>"$KSO_WORK/failed"
done <"$list"
if [ -s "$KSO_WORK/failed" ]; then
  echo "error: $(wc -l <"$KSO_WORK/failed") of $(wc -l <"$list") files could not be fetched:" >&2
  sort "$KSO_WORK/failed" | sed 's/^/error:   /' >&2
  exit 1
fi
rm -rf "$KSO_WORK"
echo "$(wc -l <"$list") files are in $KSO_OUT" >&2
`;
