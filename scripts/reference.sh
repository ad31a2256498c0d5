#!/usr/bin/env bash
# Writes docs/reference/: a page for each plugin, from its own description.
set -euo pipefail
cd "$(dirname "$0")/.."
leat=${LEAT:-build/bin/leat}
mkdir -p docs/reference
for plugin in mqtt kafka memory generate console; do
  "$leat" describe "$plugin" --markdown >"docs/reference/$plugin.md"
done
