#!/bin/sh
# Installs kso:
#
#   curl -fsSL https://github.com/kso-project/kso/releases/latest/download/install.sh | sh
#
# No root is needed. What the environment may say:
#   KSO_INSTALL_DIR   the folder to install into (default: ~/.local/bin, or /usr/local/bin for whoever may write there and has only that
#                     one of the two in PATH: so the next command that is typed finds kso)
#   KSO_VERSION       a version, 0.1.0, in place of the newest one
#   KSO_MIRROR        an address that stands for https://github.com/kso-project/kso/releases: below it lie
#                     latest/download/FILE and download/vVERSION/FILE
# The binary is checked against the release's SHA256SUMS, and replaces an earlier one at once or not at all.
set -eu

releases=https://github.com/kso-project/kso/releases
releases=${KSO_MIRROR:-$releases}
releases=${releases%/}

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# The end of the binary's name for this machine.
platform() {
  system=$(uname -s)
  machine=$(uname -m)
  # A shell that Rosetta translates says x86_64.
  if [ "$system" = Darwin ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null || :)" = 1 ]; then machine=arm64; fi
  case $machine in
    x86_64 | amd64) architecture=amd64 ;;
    aarch64 | arm64) architecture=arm64 ;;
    *) fail "kso has no build for $system on $machine; it has those for Linux and macOS on x86_64 and arm64 (Windows: take kso-windows-amd64.exe from $releases)" ;;
  esac
  # A 64-bit kernel may have 32-bit programs alone, as some Raspberry Pis do.
  if [ "$system" = Linux ] && [ "$(getconf LONG_BIT 2>/dev/null || echo 64)" = 32 ]; then
    fail "this Linux has a 64-bit kernel and 32-bit programs; kso needs a 64-bit system"
  fi
  case $system in
    Linux) if is_musl; then echo "linux-$architecture-musl"; else echo "linux-$architecture"; fi ;;
    Darwin) echo "darwin-$architecture" ;;
    *) fail "kso has no build for $system on $machine; it has those for Linux and macOS on x86_64 and arm64 (Windows: take kso-windows-amd64.exe from $releases)" ;;
  esac
}

# Does this Linux have musl in place of glibc (Alpine)?
is_musl() {
  for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 /lib64/ld-linux-aarch64.so.1; do
    if [ -e "$loader" ] && [ ! -e /etc/alpine-release ]; then return 1; fi
  done
  for loader in /lib/ld-musl-*.so.1; do
    if [ -e "$loader" ]; then return 0; fi
  done
  return 1
}

# get ADDRESS FILE: fetches it whole, or fails.
get() {
  if has curl; then
    # Whoever waits at a terminal sees how far it is.
    if [ -t 2 ]; then shown=--progress-bar; else shown=-sS; fi
    curl -fL "$shown" --retry 3 --connect-timeout 30 -o "$2" "$1"
  elif has wget; then
    wget -q -O "$2" "$1"
  else
    fail "neither curl nor wget is there; install one of them"
  fi
}

sum_of() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  elif has openssl; then
    openssl dgst -sha256 "$1" | sed 's/^.* //'
  else
    fail "neither sha256sum, shasum nor openssl is there; install one of them, for nothing is installed unchecked"
  fi
}

default_folder() {
  own=${HOME:?is not set; name a folder with KSO_INSTALL_DIR}/.local/bin
  case :${PATH:-}: in
    *:"$own":*) ;;
    *:/usr/local/bin:*) if [ -w /usr/local/bin ]; then own=/usr/local/bin; fi ;;
  esac
  printf '%s\n' "$own"
}

main() {
  name=kso-$(platform)
  folder=${KSO_INSTALL_DIR:-$(default_folder)}
  version=${KSO_VERSION:-}
  version=${version#v}
  if [ -n "$version" ]; then from=$releases/download/v$version; else from=$releases/latest/download; fi

  mkdir -p "$folder" || fail "$folder cannot be made; name another folder with KSO_INSTALL_DIR"
  # Beside its final name, so that the rename cannot be half done.
  work=$(mktemp -d "$folder/.kso-install-XXXXXX") || fail "$folder cannot be written to; name another folder with KSO_INSTALL_DIR"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' HUP INT TERM

  get "$from/SHA256SUMS" "$work/sums" || fail "$from/SHA256SUMS cannot be fetched: is there such a release, and is the address reachable? A mirror of the releases is named with KSO_MIRROR"
  expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$name\$/\1/p" "$work/sums")
  [ -n "$expected" ] || fail "$from/SHA256SUMS has no line for $name: this is no release of kso, or it has no build for this machine"
  printf 'Fetching %s/%s\n' "$from" "$name" >&2
  get "$from/$name" "$work/kso" || fail "$from/$name cannot be fetched whole; run the same command again"
  actual=$(sum_of "$work/kso")
  [ "$actual" = "$expected" ] || fail "$from/$name has the sha256 $actual, and SHA256SUMS says $expected: it was cut off or changed on its way; nothing was installed"
  chmod 755 "$work/kso"
  said=$("$work/kso" --version 2>&1) || said=": $said"
  case $said in
    "kso "*) ;;
    *) fail "$name does not run here: $said$(advice "$name")" ;;
  esac
  mv -f "$work/kso" "$folder/kso"

  printf '%s is installed: %s/kso\n' "$said" "$folder" >&2
  case :${PATH:-}: in
    *:"$folder":*) next=kso ;;
    *)
      next=$folder/kso
      # shellcheck disable=SC2016 # it is for the reader's shell
      printf '%s is not in PATH; add it: export PATH="%s:$PATH"\n' "$folder" "$folder" >&2
      ;;
  esac
  printf 'Next: %s --help, and %s completion bash for completion in the shell\n' "$next" "$next" >&2
}

# What helps where a binary does not start.
advice() {
  case $1 in
    *-musl) printf '; on Alpine it needs: apk add libstdc++' ;;
    kso-linux-*) printf '; it needs glibc 2.17 or newer' ;;
  esac
}

main
