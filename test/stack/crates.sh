# Sourced: fetches the files of crates that nothing is built of, as cargo does it.

vendor_crates() { # vendor_crates DIRECTORY NAME=VERSION...: each crate, and whatever it depends on, in DIRECTORY/NAME
  local directory="$1" work status=0 crate
  shift
  work="$(mktemp -d)"
  mkdir "$work/src"
  touch "$work/src/lib.rs"
  {
    printf '[package]\nname = "crates"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n'
    for crate in "$@"; do printf '%s = { version = "=%s", default-features = false }\n' "${crate%=*}" "${crate#*=}"; done
  } >"$work/Cargo.toml"
  (cd "$work" && CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=allow cargo vendor --quiet "$directory" >/dev/null) || status=$?
  rm -rf "$work"
  return "$status"
}
