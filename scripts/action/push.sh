#!/usr/bin/env bash
# Validates again, packs, signs and publishes; the tag is written last.
set -euo pipefail
# shellcheck source=SCRIPTDIR/steps.sh
. "${BASH_SOURCE[0]%/*}/steps.sh"

directory="$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/wasmpack-push-XXXXXXXX")"
trap 'rm -r "$directory"' EXIT
command=(wasmpack push "--digest-file=$directory/digest")
read_flags
[ -z "$CAPABILITIES" ] || command+=("--capabilities=$CAPABILITIES")
case "$SIGN" in
  keyless) command+=(--keyless --yes) ;;
  key)
    [ -n "$KEY" ] || fail "sign: key needs the input key"
    command+=("--key=$KEY")
    ;;
  none) ;;
  *) fail "sign is keyless, key or none: an artifact without a signature is refused by wasmpack pull" ;;
esac
case "$PUSH" in
  true) ;;
  false) command+=(--dry-run) ;; # needs neither a token nor the key
  *) fail "push is true or false" ;;
esac
command+=(-- "$REFERENCE" "$MODULE")
[ -z "$KEY_PASSWORD" ] || export COSIGN_PASSWORD="$KEY_PASSWORD"
unset KEY_PASSWORD

shielded "$directory/reference" run_with_credentials
set_output digest "$(<"$directory/digest")"
set_output reference "$(<"$directory/reference")"
