#!/usr/bin/env bash
# Checks the module against its capability manifest. The SARIF log is written whatever the verdict is.
set -euo pipefail
# shellcheck source=SCRIPTDIR/steps.sh
. "${BASH_SOURCE[0]%/*}/steps.sh"

command=(wasmpack validate --format=sarif)
read_flags
[ -z "$CAPABILITIES" ] || command+=("--capabilities=$CAPABILITIES")
[ -z "$TARGET" ] || command+=("--target=$TARGET")
command+=(-- "$MODULE")

status=0
shielded "$SARIF_FILE" "${command[@]}" </dev/null || status=$?
if [ -s "$SARIF_FILE" ]; then set_output sarif "$SARIF_FILE"; fi
exit "$status"
