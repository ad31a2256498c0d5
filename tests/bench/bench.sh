#!/usr/bin/env bash
# What `make bench` and `make bench-quick` run, on a build that is there; results go to BUILD/bench.
#
#   [BASELINE=FILE] tests/bench/bench.sh [--quick] [BUILD]
#
# The report marks what has changed since BASELINE, an earlier results.json; that of the run before stays as
# BUILD/bench-before.json.
# Nothing is judged by time: code 1 where a message was missing or out of order, or a program failed. The quick form
# takes two minutes on an idle machine, and on a busy one measures less instead of taking much longer.
set -uo pipefail
cd "$(dirname "$0")/../.."

quick=()
if [[ ${1:-} == --quick ]]; then
  quick=(--quick)
  shift
fi
build=${1:-build}
out=$build/bench
baseline=()
if [[ -n ${BASELINE:-} ]]; then
  kept=$build/bench-baseline.json  # a copy: the results of the run before are about to go
  [[ $BASELINE -ef $kept ]] || cp "$BASELINE" "$kept" || exit 2
  baseline=(--baseline "$kept")
fi
[[ ! -f $out/results.json ]] || mv "$out/results.json" "$build/bench-before.json"
mkdir -p "$out"
find "$out" -mindepth 1 -maxdepth 1 ! -name flames -exec rm -rf {} +  # graphs that are there get linked
code=0

part() {  # TITLE UNTIL COMMAND...: runs it and remembers a failure; begins nothing new when UNTIL seconds have gone by
  echo "== $1 ($((SECONDS / 60)) min $((SECONDS % 60)) s)"
  local at_most=()
  if [[ -n $2 ]]; then
    if ((SECONDS >= $2)); then
      echo "left out for want of time"
      return
    fi
    at_most=(--at-most $(($2 - SECONDS)))
  fi
  "${@:3}" "${at_most[@]}" || { code=1; echo "== $1: failed"; }
}

start_brokers() {  # WARM_UP: those that all parts share; they end with this script, if not before
  exec {up}< <(exec tests/bench/brokers.py --build "$build" --warm-up "$1" --file "$out/brokers")
  brokers=$!
  trap end_brokers EXIT
  read -r -u "$up" _ || { echo "== no brokers"; exit 1; }
}

end_brokers() {
  trap - EXIT
  kill "$brokers" 2>/dev/null
  wait "$brokers"
}

if ((${#quick[@]})); then
  until=(150 200 240 360)  # a machine that is busy with something else measures less
  warm_up=0.2
  bridges=(--rounds 2 --scale 0.2 --only mqtt_kafka,kafka_mqtt,kafka_kafka,rabbitmq_kafka,kafka_rabbitmq)
  latency=(--rounds 1 --seconds 3 --only mqtt_kafka)
else
  until=("" "" "" "")
  warm_up=1
  # What is one broker's alone each_broker.py measures.
  paths=mqtt_kafka,kafka_mqtt,kafka_mqtt_unheard,kafka_kafka,mqtt0_memory,memory_mqtt0
  paths+=,rabbitmq_kafka,kafka_rabbitmq,mqtt_rabbitmq,rabbitmq_mqtt,mqtt_mqtt,rabbitmq_rabbitmq
  bridges=(--rounds 4 --scale 0.3 --only "$paths")
  latency=(--rounds 1 --seconds 5)
fi
shared=(--build "$build" --brokers "$out/brokers")
start_brokers "$warm_up"
part "bridges" "${until[0]}" tests/bench/bridges.py "${shared[@]}" "${bridges[@]}" --json "$out/bridges.json"
part "latency" "${until[1]}" tests/bench/latency.py "${shared[@]}" "${latency[@]}" --json "$out/latency.json"
if ((${#quick[@]} == 0)); then
  part "each broker" "" tests/bench/each_broker.py "${shared[@]}" --json "$out/each_broker.json"
fi
end_brokers  # from here on nothing runs beside what is measured
part "micro-benchmarks" "${until[2]}" tests/bench/micro.py --build "$build" "${quick[@]}" --json "$out/micro.json"
part "report" "${until[3]}" tests/bench/report.py --build "$build" "${quick[@]}" "${baseline[@]}" --out "$out"
echo "== $out/report.html ($((SECONDS / 60)) min $((SECONDS % 60)) s)"
exit "$code"
