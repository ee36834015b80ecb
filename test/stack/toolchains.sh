#!/usr/bin/env bash
# Installs the compilers of fixtures/ beside the peers of install.sh, from package registries only: PyPI, npm, Debian (and
# Go's own module proxy when fixtures/build.sh asks for another Go). Nothing is installed into the system. Does only what
# is missing; each toolchain is stamped with its version. Names given as arguments limit it: zig rust
# assemblyscript jco jco-transpile auditable go-modules.
set -euo pipefail
ZIG_VERSION=0.17.1             # pypi.org: ziglang; Zig, and clang with wasi-libc and libc++
ASSEMBLYSCRIPT_VERSION=0.28.20 # npmjs.com: assemblyscript
WASI_SHIM_VERSION=0.1.0        # npmjs.com: @assemblyscript/wasi-shim
JCO_VERSION=1.35.0             # npmjs.com: @bytecodealliance/jco; the adapter from WASI preview1, and the WIT of WASI 0.2.12
TRANSPILE_VERSION=0.15.0       # npmjs.com: @bytecodealliance/jco-transpile; wasm-tools as a component, for assets/wasm-tools
SHIM_VERSION=0.26.1            # npmjs.com: @bytecodealliance/preview2-shim; the WASI that it runs on
AUDITABLE_VERSION=0.7.7        # crates.io: cargo-auditable, with Debian's cargo of the same Rust
RUST_DEBIAN=1.63.0             # Debian 12: rustc with libstd-rust-dev-wasm32; rustup may lack network or the target
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
peers="${WASMPACK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/wasmpack-peers}"
mkdir -p "$peers/toolchains" "$peers/stamps"
wanted=" $* "
failed=

log() { printf '[toolchains] %s\n' "$*" >&2; }

toolchain() { # toolchain NAME VERSION FUNCTION; the function fills $home
  [ "$wanted" = "  " ] || [[ "$wanted" == *" $1 "* ]] || return 0
  local stamp="$peers/stamps/toolchain-$1-$2" home="$peers/toolchains/$1" begun=$SECONDS
  [ -e "$stamp" ] && return 0
  log "installing $1 $2"
  rm -rf "$home" "$peers/stamps/toolchain-$1-"*
  mkdir -p "$home"
  local status=0
  set +e # inside a condition bash would ignore the subshell's own -e
  (set -e; "$3" >&2)
  status=$?
  set -e
  if [ "$status" = 0 ]; then
    touch "$stamp"
    log "installed $1 $2 in $((SECONDS - begun)) s"
  else
    rm -rf "$home"
    log "could not install $1 $2"
    failed="$failed $1"
  fi
}

zig() {
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check "ziglang==$ZIG_VERSION"
}

npm_install() { npm install --prefix "$home" --no-audit --no-fund --loglevel=error --save-exact --ignore-scripts "$@"; }
assemblyscript() { npm_install "assemblyscript@$ASSEMBLYSCRIPT_VERSION" "@assemblyscript/wasi-shim@$WASI_SHIM_VERSION"; }
jco() { # the package alone: of its 340 MB of dependencies the fixtures need none
  npm pack --silent --pack-destination "$home" "@bytecodealliance/jco@$JCO_VERSION"
  tar -xzf "$home"/*.tgz -C "$home"
  rm "$home"/*.tgz
  ls "$home/package/lib/wasi_snapshot_preview1.command.wasm"
}
jco_transpile() { # their own files alone, for scripts/vendor-wasm-tools.mjs
  npm pack --silent --pack-destination "$home" "@bytecodealliance/jco-transpile@$TRANSPILE_VERSION" \
    "@bytecodealliance/preview2-shim@$SHIM_VERSION"
  local name
  for name in jco-transpile preview2-shim; do
    mkdir "$home/$name"
    tar -xzf "$home/bytecodealliance-$name-"*.tgz -C "$home/$name" --strip-components=1
  done
  rm "$home"/*.tgz
  ls "$home/jco-transpile/vendor/wasm-tools.core.wasm"
}

unpack() { # unpack FILE-NAME PACKAGE...: Debian's packages in $home, not installed: they would take the place of what is there
  command -v apt-get >/dev/null || { log "Debian's apt-get is needed"; return 1; }
  local expected="$1" debs="$home/debs"
  shift
  mkdir -p "$debs"
  chmod 755 "$home" "$debs"
  cd "$debs"
  apt-get download -q "$@" >/dev/null 2>&1 || { apt-get update -q >/dev/null && apt-get download -q "$@" >/dev/null; }
  ls "$expected"* >/dev/null
  for deb in *.deb; do dpkg-deb -x "$deb" "$home"; done
  cd "$home"
  rm -rf "$debs"
}

rust() {
  local llvm="libbsd0 libedit2 libffi8 libicu72 libmd0 libxml2 libz3-4" # a bare Debian lacks some
  unpack rustc_"$RUST_DEBIAN" rustc libstd-rust-1.63 libstd-rust-dev-wasm32 libllvm14 lld-14 $llvm
  local lib # below the machine's architecture
  lib="$(dirname "$(find "$home/usr/lib" -name 'librustc_driver-*.so' -print -quit)")"
  cat >"$home/rustc" <<WRAPPER
#!/bin/sh
export LD_LIBRARY_PATH="$lib:$home/usr/lib/llvm-14/lib"
exec "$home/usr/bin/rustc" --sysroot "$home/usr" "\$@"
WRAPPER
  chmod 755 "$home/rustc"
  "$home/rustc" --version
}

auditable() { # cargo-auditable, the cargo of the Rust above, which has a target for WASI, and the crates of auditable/
  cargo install --quiet --locked --root "$home" "cargo-auditable@$AUDITABLE_VERSION"
  local libraries="libgit2-1.5 libmbedtls14 libmbedx509-1 libmbedcrypto7 libhttp-parser2.9 libssh2-1 libcurl3-gnutls" # a bare Debian lacks some
  unpack cargo_ cargo $libraries
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s/usr/bin/cargo" "$@"\n' "$(echo "$home"/usr/lib/*-linux-gnu)" "$home" >"$home/cargo"
  chmod 755 "$home/cargo"
  "$home/cargo" --version
  local work
  work="$(mktemp -d)"
  cp -r "$here/auditable/." "$work"
  (cd "$work" && cargo vendor --quiet "$home/vendor" >/dev/null) || { rm -rf "$work"; return 1; }
  rm -rf "$work"
}

go_modules() { # the program of go-modules/, for WASI and for this machine
  (
    cd "$here/go-modules"
    export GOFLAGS=-buildvcs=false
    GOOS=wasip1 GOARCH=wasm go build -trimpath -o "$home/hello.wasm" .
    go build -trimpath -o "$home/native" .
  )
}

main() { # one function, so that bash has read the whole file before it runs for minutes
  toolchain zig "$ZIG_VERSION" zig
  toolchain assemblyscript "$ASSEMBLYSCRIPT_VERSION" assemblyscript
  toolchain jco "$JCO_VERSION" jco
  toolchain jco-transpile "$TRANSPILE_VERSION-$SHIM_VERSION" jco_transpile
  toolchain rust "debian-$RUST_DEBIAN" rust
  toolchain auditable "$AUDITABLE_VERSION-$(sha256sum "$here/auditable/Cargo.toml" | cut -c1-12)" auditable
  toolchain go-modules "$(sha256sum "$here/go-modules/go.sum" | cut -c1-12)" go_modules
  [ -z "$failed" ] || { log "missing:$failed"; exit 1; }
}
main
exit
