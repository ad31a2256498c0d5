#!/usr/bin/env bash
# The long variants: the conformance suite over every backend again and again, a hundred kills of the host on every way
# from broker to broker, and long undisturbed runs. Takes hours; not a part of `make test`.
#
#   scripts/soak.sh [ROUNDS]     rounds of the suite, 10 by default
#   SOAK_KILLS, SOAK_MESSAGES    kills on each way, 100, and messages, 2,000,000
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh test
LEAT_KAFKA_LIB=$(scripts/fetch_kafka.sh)
export LEAT_KAFKA_LIB
make --no-print-directory build

rounds=${1:-10}
failed=0
run() {
  echo "== $*"
  "$@" || failed=$((failed + 1))
}

for ((round = 1; round <= rounds; ++round)); do
  for backend in memory kafka mqtt mqtt_3_1_1 mqtt_qos_2 rabbitmq; do
    echo "round $round of $rounds"
    run build/tests/conformance_suite --backend="$backend"
  done
done
# Ten thousand topics of a Kafka in one process take minutes.
run env LEAT_CONFORMANCE_KAFKA_TOPICS=10000 LEAT_CONFORMANCE_PATIENCE_MS=600000 build/tests/conformance_suite \
  --backend=kafka --test-case="ten thousand topics"
run env LEAT_PAIR_KILLS="${SOAK_KILLS:-100}" LEAT_PAIR_MESSAGES="${SOAK_MESSAGES:-2000000}" build/tests/pairs_test \
  --test-case="every broker to every broker*"
run env LEAT_PAIR_KILLS=0 LEAT_PAIR_MESSAGES="${SOAK_MESSAGES:-2000000}" build/tests/pairs_test \
  --test-case-exclude="a kill takes*"

echo "$failed of the runs failed"
exit $((failed > 0))
