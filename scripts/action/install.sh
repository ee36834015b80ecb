#!/usr/bin/env bash
# Puts the wasmpack of RELEASE_FILE on the PATH of the job, or checks that there is one. Nothing is downloaded.
set -euo pipefail
# shellcheck source=SCRIPTDIR/steps.sh
. "${BASH_SOURCE[0]%/*}/steps.sh"

# unpack FILE DIRECTORY: one executable, DIRECTORY/bin/wasmpack, out of a release file.
unpack() {
  mkdir -p "$2/bin" "$2/files"
  case "$1" in
    *.tgz | *.tar.gz) tar -xzf "$1" -C "$2/files" ;;
    *.tar.xz) tar -xJf "$1" -C "$2/files" ;;
    *) cp -- "$1" "$2/files/wasmpack" ;;
  esac
  local found
  found="$(find "$2/files" -type f \( -name wasmpack -o -name wasmpack.cjs \) | sort | head -n 1)"
  [ -n "$found" ] || fail "there is no wasmpack in the release file"
  chmod 755 "$found"
  ln -s "$found" "$2/bin/wasmpack"
}

if [ -n "$RELEASE_FILE" ]; then
  case "$RELEASE_FILE" in
    /*) file="$RELEASE_FILE" ;;
    *) file="$PWD/$RELEASE_FILE" ;;
  esac
  [ -f "$file" ] || fail "release-file $RELEASE_FILE is no file"
  if [ -n "$RELEASE_SHA256" ]; then
    if command -v sha256sum >/dev/null; then sum=(sha256sum); else sum=(shasum -a 256); fi
    actual="$("${sum[@]}" <"$file")"
    [ "${actual%% *}" = "$RELEASE_SHA256" ] ||
      fail "release-file has the SHA-256 ${actual%% *}, expected is $RELEASE_SHA256"
  fi
  directory="$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/wasmpack-XXXXXXXX")"
  unpack "$file" "$directory"
  PATH="$directory/bin:$PATH"
  printf '%s\n' "$directory/bin" >>"$GITHUB_PATH"
elif [ -n "$RELEASE_SHA256" ]; then
  fail "release-sha256 needs release-file"
fi
command -v wasmpack >/dev/null || fail "wasmpack is not on the PATH: pass release-file, or install it in a step before"
found="$(wasmpack --version)"
[ -z "$VERSION" ] || [ "$VERSION" = "$found" ] || fail "this is wasmpack $found, expected is $VERSION"
wasmpack version
