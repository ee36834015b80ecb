#!/usr/bin/env bash
# Encodes WASI's WIT packages, and the targets that are made of them, as binary WIT packages into assets/wit or DIR.
# The sources are those that jco ships, which test/stack/install.sh fetches; wasm-tools encodes them. See assets/README.md.
#   bash scripts/encode-wit.sh [DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
peers=${WASMPACK_PEERS:-$HOME/.cache/wasmpack-peers}
sources=$peers/toolchains/jco/package/lib/wit/builtin
out=$(realpath "${1:-assets/wit}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH=$peers/bin:$PATH

# encode NAME FILE VERSION...: the package in FILE, which may use all packages of the versions.
encode() {
  local name=$1 file=$2 dir=$work/$1
  mkdir -p "$dir/deps"
  cp "$file" "$dir/package.wit"
  for version in "${@:3}"; do
    for dependency in "$sources/$version"/*; do
      [ "$dependency/package.wit" = "$file" ] ||
        install -D "$dependency/package.wit" "$dir/deps/$(basename "$dependency")-$version/package.wit"
    done
  done
  wasm-tools component wit --wasm "$dir" -o "$work/$name.wasm"
  wasm-tools strip --all "$work/$name.wasm" -o "$out/$name.wasm"
}

for version in 0.2.12 0.3.0; do
  for package in "$sources/$version"/*; do
    encode "$(basename "$package")-$version" "$package/package.wit" "$version"
  done
done
encode targets-0.2.12 assets/wit/targets-0.2.12.wit 0.2.12
encode targets-0.3.0 assets/wit/targets-0.3.0.wit 0.2.12 0.3.0
