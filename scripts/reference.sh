#!/usr/bin/env bash
# Writes docs/reference/: a page for each plugin, from its own description, and for a stage with the example that
# middleware/examples_test runs.
#
#   scripts/reference.sh [--check]     --check: writes nothing, says which pages are not up to date; exit 1 if any
#
# LEAT names the host; by default build/bin/leat, which has to be built with all plugins.
set -euo pipefail
cd "$(dirname "$0")/.."
leat=${LEAT:-build/bin/leat}
pages=docs/reference
if [[ "${1:-}" == --check ]]; then
  pages=$(mktemp -d)
  trap 'rm -rf "$pages"' EXIT
fi
mkdir -p "$pages"

# The example of a stage: the configuration, what is sent, what becomes of it.
example_of() {
  local folder=middleware/$1
  [[ -e "$folder/example.json" ]] || return 0
  printf '\n## A whole route\n\nRun by a test, with [these messages](../../%s) and what becomes of them:\n\n' "$folder/expected.json"
  printf '```json\n%s\n```\n\n```json\n%s\n```\n' "$(cat "$folder/example.json")" "$(cat "$folder/expected.json")"
  if [[ -e "$folder/README.md" ]]; then
    printf '\nMore about it: [%s](../../%s)\n' "$folder/README.md" "$folder/README.md"
  fi
}

# kind, name and summary of each plugin, separated by tabs; stages of examples/ are no part of Leat
list=$("$leat" plugins --json | python3 -c '
import json, os, sys
for p in json.load(sys.stdin):
    if p["kind"] == "backend" or os.path.isdir("middleware/" + p["name"]): print(p["kind"], p["name"], p["summary"], sep="\t")')
of_kind() { awk -F'\t' -v kind="$1" '$1 == kind { print $2 "\t" $3 }' <<<"$list"; }
names() { of_kind "$1" | cut -f1; }

{
  printf '# Reference\n\nWritten by `scripts/reference.sh` from what the plugins declare; `leat describe NAME` shows the same.\n'
  for kind in backend stage; do
    printf '\n| %s | |\n| --- | --- |\n' "$kind"
    of_kind "$kind" | awk -F'\t' '{ printf "| [%s](%s.md) | %s |\n", $1, $1, $2 }'
  done
} >"$pages/README.md"
for plugin in $(names backend) $(names stage); do
  {
    "$leat" describe "$plugin" --markdown
    example_of "$plugin"
  } >"$pages/$plugin.md"
done
if [[ "$pages" != docs/reference ]]; then diff -rq "$pages" docs/reference; fi
