#!/usr/bin/env bash
# Writes the difference in capabilities to the job summary.
set -euo pipefail
# shellcheck source=SCRIPTDIR/steps.sh
. "${BASH_SOURCE[0]%/*}/steps.sh"

command=(wasmpack diff --format=markdown)
read_flags
command+=(-- "$COMPARE_WITH" "$MODULE")
case "$OPTIONAL" in
  true | false) ;;
  *) fail "compare-optional is true or false" ;;
esac

report="$(mktemp "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/wasmpack-diff-XXXXXXXX")"
status=0
shielded "$report" run_with_credentials || status=$?
cat "$report" >>"$GITHUB_STEP_SUMMARY"
rm "$report"
if [ "$status" = 6 ] && [ "$OPTIONAL" = true ]; then # 6: not found
  printf '::notice title=wasmpack::there is nothing to compare with yet\n'
  exit 0
fi
exit "$status"
