#!/usr/bin/env bash
# The long variants: the conformance suite over every backend again and again, a hundred kills of the host on every way
# from broker to broker, and long undisturbed runs. Takes hours; not a part of `make test`.
#
#   scripts/soak.sh [ROUNDS]     rounds of the suite, 10 by default
#   SOAK_KILLS      kills on each way, 100
#   SOAK_MESSAGES   messages on each way, 20,000 for each kill
#   SOAK_WAYS       the ways, all by default: "kafka-mqtt rabbitmq-kafka"
#   SOAK_BACKENDS   the backends whose suite runs, all by default
#   SOAK_WITH       a command that starts each run, such as "nice -n 10"
#   SOAK_BUILD      a build that is used as it is; by default `make build` makes one
#
# A shortened one, of minutes: SOAK_KILLS=10 scripts/soak.sh 1
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/deps.sh test
LEAT_KAFKA_LIB=$(scripts/fetch_kafka.sh)
export LEAT_KAFKA_LIB
read -r -a with <<<"${SOAK_WITH:-env}"
build=${SOAK_BUILD:-build}
if [[ -z "${SOAK_BUILD:-}" ]]; then
  "${with[@]}" make --no-print-directory build
fi

rounds=${1:-10}
kills=${SOAK_KILLS:-100}
messages=${SOAK_MESSAGES:-$((kills > 0 ? kills * 20000 : 2000000))}
read -r -a backends <<<"${SOAK_BACKENDS:-memory kafka mqtt mqtt_3_1_1 mqtt_qos_2 mqtt_paho rabbitmq}"
read -r -a ways <<<"${SOAK_WAYS:-$(echo {kafka,mqtt,rabbitmq}-{kafka,mqtt,rabbitmq})}"
runs=0
failed=()
run() {
  echo "== $(date +%T) $*"
  runs=$((runs + 1))
  "${with[@]}" env "$@" || failed+=("$*")
}

for ((round = 1; round <= rounds; ++round)); do
  for backend in "${backends[@]}"; do
    echo "round $round of $rounds"
    run "$build"/tests/conformance_suite --backend="$backend"
  done
done
for way in "${ways[@]}"; do
  run LEAT_PAIR_ONLY="$way" LEAT_PAIR_KILLS="$kills" LEAT_PAIR_MESSAGES="$messages" "$build"/tests/pairs_test \
    --test-case="every broker to every broker*"
  run LEAT_PAIR_ONLY="$way" LEAT_PAIR_KILLS=0 LEAT_PAIR_MESSAGES="$messages" "$build"/tests/pairs_test \
    --test-case="every broker to every broker*"
done
run LEAT_PAIR_MESSAGES="$messages" "$build"/tests/pairs_test --test-case="*memory*nothing is lost*"

echo "$(date +%T) ${#failed[@]} of $runs runs failed"
((${#failed[@]} == 0)) || printf '  %s\n' "${failed[@]}"
exit $((${#failed[@]} > 0))
