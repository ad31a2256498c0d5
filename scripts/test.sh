#!/usr/bin/env bash
# Installs what is missing, fetches Kafka, builds, runs every test through ctest, and the quick form of the bench.
#
#   scripts/test.sh [ctest options]     e.g. scripts/test.sh -L unit, or -R kill
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh test
if [[ "$*" != "-L unit" ]]; then  # they need no broker
  LEAT_KAFKA_LIB=$(scripts/fetch_kafka.sh)
  export LEAT_KAFKA_LIB
fi
make --no-print-directory build

if (($# > 0)); then
  exec ctest --test-dir build --output-on-failure "$@"
fi
# The quick ones first, side by side; those with real brokers after them, one by one.
ctest --test-dir build --output-on-failure -LE integration -j "$(nproc)"
code=0
ctest --test-dir build --output-on-failure -L integration || code=$?
echo
echo "What the integration tests saw:"
sed -n "s/^figure: /  /p" build/Testing/Temporary/LastTest.log
tests/conformance/table.py build || true
echo
tests/bench/bench.sh --quick build || code=1  # for the ratios; nothing in it is judged by time
exit "$code"
