# shellcheck shell=bash
# What the steps of action.yml share. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

# fail MESSAGE: ends the step with an annotation. A line break in the message would begin a command of its own.
fail() {
  local text="${1//%/%25}"
  text="${text//$'\r'/%0D}"
  printf '::error title=wasmpack::%s\n' "${text//$'\n'/%0A}"
  exit 2
}

# shielded FILE COMMAND...: runs it with its standard output in FILE, while the runner obeys no command in what it says, which
# holds names out of modules. Both go to one stream: the runner reads two of them in no certain order.
shielded() {
  local file="$1" token status=0
  shift
  token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  printf '::stop-commands::%s\n' "$token"
  { "$@" >"$file"; } 2>&1 || status=$?
  printf '\n::%s::\n' "$token"
  return "$status"
}

# set_output NAME VALUE: of one line, so that no value can set another output.
set_output() {
  [[ "$2" != *$'\n'* ]] || fail "the output $1 has a line break"
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# read_flags: adds FLAGS to the array `command`, one a line; nothing in them is expanded.
read_flags() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line%$'\r'}"
    [ -z "$line" ] || command+=("$line")
  done <<<"${FLAGS:-}"
}

# run_with_credentials: runs the array `command`, with --username and the password on standard input if REGISTRY_USERNAME is set.
run_with_credentials() {
  if [ -z "${REGISTRY_USERNAME:-}" ]; then
    env -u REGISTRY_PASSWORD "${command[@]}" </dev/null
  else
    command=("${command[@]:0:2}" "--username=$REGISTRY_USERNAME" --password-stdin "${command[@]:2}")
    printf '%s' "${REGISTRY_PASSWORD:-}" | env -u REGISTRY_PASSWORD "${command[@]}"
  fi
}
