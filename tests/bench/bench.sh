#!/usr/bin/env bash
# What `make bench` runs: the in-memory costs, then the bridges against bare bridges on real brokers.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [[ -x build/bin/leat-bench-memory ]]; then
  echo "== in memory"
  build/bin/leat-bench-memory
fi
if [[ -x build/bin/leat-bench-middleware ]]; then
  echo "== middleware"
  build/bin/leat-bench-middleware || echo "a stage costs more than it may"
fi
echo "== bridges"
tests/bench/bridges.py "$@"
