// The part that both fetch scripts share: several workers over the lines of one list. POSIX sh.

/** Defines `each`, and checks JOBS. */
export const workerLoop: string = `# each FILE MODE: runs this script with MODE and the words of a line, for every line of FILE, $JOBS at a time.
# Every worker walks the whole list and takes what nobody has taken yet: xargs is not in every image, mkdir is.
each() {
  rm -rf "$KSO_WORK/taken"
  mkdir "$KSO_WORK/taken"
  worker=0
  while [ "$worker" -lt "$JOBS" ]; do
    work "$1" "$2" &
    worker=$((worker + 1))
  done
  wait
}

work() {
  number=0
  while read -r line; do
    number=$((number + 1))
    mkdir "$KSO_WORK/taken/$number" 2>/dev/null || continue
    sh "$0" "$2" $line </dev/null || true
  done <"$1"
}

case \${JOBS:=8} in *[!0-9]*|0) echo "error: JOBS is to be a number above 0, not \\"$JOBS\\"" >&2; exit 2 ;; esac
`;
