// The script that gives a tree fixed modes, owners and times, so that every build makes the same bytes of it.

/** The text of settle.sh. */
export const normalizeMetadataScript: string = `#!/bin/sh
# settle.sh DIR: DIR becomes the same layer whenever and wherever it is made.
set -euf
chown -R 0:0 "$1"
chmod -R u=rwX,go=rX "$1"
# Times come last, for all of the above touches those of directories. du lists a tree where there is no find.
du -a "$1" | cut -f 2- | {
  count=0
  set --
  while read -r path; do
    set -- "$@" "$path"
    count=$((count + 1))
    if [ "$count" -eq 500 ]; then
      touch -h -d @0 "$@"
      count=0
      set --
    fi
  done
  if [ "$count" -gt 0 ]; then touch -h -d @0 "$@"; fi
}
`;
