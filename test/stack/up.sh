#!/usr/bin/env bash
# Runs the registries of the interoperability suite on loopback for a developer, prints where, and ends them with Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
built="$(mktemp --suffix=.mjs)"
trap 'rm -f "$built"' EXIT
npx --no-install esbuild test/stack/up.ts --bundle --platform=node --format=esm --target=node20 --log-level=warning --outfile="$built"
node "$built"
