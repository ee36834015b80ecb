#!/usr/bin/env bash
# The main job in one screen, in a temporary directory and without a server. Every exit status is checked: the script fails
# if one is not what the narration says. WASMPACK=PATH runs another wasmpack than the one of this checkout.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
if [ -z "${WASMPACK:-}" ]; then
  cd "$root"
  [ -d node_modules ] || { echo 'Installing (npm ci) ...'; npm ci --silent; }
  echo 'Building (npm run build) ...'
  npm run --silent build
  WASMPACK="$root/bin/wasmpack.cjs"
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$root/fixtures/rust-hello.wasm" hello.wasm
cp "$root/fixtures/cpp-files.wasm" files.wasm
export COSIGN_PASSWORD=demo
export HOME="$work"

say() { printf '\n# %s\n' "$*"; }
wasmpack() { # wasmpack EXPECTED-EXIT ARGUMENT...
  local expected="$1" status=0
  shift
  printf '$ wasmpack %s\n' "$*"
  "$WASMPACK" "$@" >output 2>&1 || status=$?
  sed -e 's/\(sha256:[0-9a-f]\{12\}\)[0-9a-f]*/\1.../g' -e 's/^/    /' output # digests cut short, to be read
  if [ "$status" != "$expected" ]; then
    printf 'demo: this ended with exit status %s, expected was %s\n' "$status" "$expected"
    exit 1
  fi
  [ "$status" = 0 ] || printf '    -> exit status %s, as it must be\n' "$status"
}

say 'What does hello.wasm import? Write down the least it needs, and hold it to that from now on.'
wasmpack 0 init hello.wasm
wasmpack 0 validate hello.wasm
say 'Wrap it with that capability manifest, sign it and push it; here to a directory, a registry is the same.'
wasmpack 0 generate-key-pair
wasmpack 0 push oci-layout:oci:1.0.0 hello.wasm --key cosign.key
say 'Whoever has the public key verifies the signature, and gets the very bytes after every check.'
wasmpack 0 verify oci-layout:oci:1.0.0 --key cosign.pub
wasmpack 0 pull oci-layout:oci:1.0.0 --key cosign.pub -o pulled.wasm
cmp hello.wasm pulled.wasm
echo '    pulled.wasm and hello.wasm are the same bytes'

say 'files.wasm opens files. Under the capability manifest of hello.wasm it is refused before anything is sent.'
wasmpack 3 push oci-layout:oci:2.0.0 files.wasm -c hello.capabilities.yaml --key cosign.key
say 'What nobody signed is not handed over. (The annotation makes it another artifact than the signed one.)'
wasmpack 0 push oci-layout:oci:unsigned hello.wasm -a note=unsigned
wasmpack 4 pull oci-layout:oci:unsigned --key cosign.pub -o refused.wasm
say 'And neither are bytes that somebody changed: one byte of the signed module is flipped on the disk.'
for blob in oci/blobs/sha256/*; do if cmp -s hello.wasm "$blob"; then break; fi; done
middle=$(($(wc -c <"$blob") / 2))
byte="$(od -An -tu1 -j "$middle" -N 1 "$blob")"
chmod u+w "$blob"
printf '%b' "\\0$(printf '%o' $((byte ^ 1)))" | dd of="$blob" bs=1 seek="$middle" conv=notrunc 2>/dev/null
wasmpack 5 pull oci-layout:oci:1.0.0 --key cosign.pub -o refused.wasm
[ ! -e refused.wasm ] || { echo 'demo: refused.wasm should not be there'; exit 1; }
say 'Nothing was left behind by the refusals. That is all: see README.md.'
