#!/usr/bin/env bash
# What `make bench` and `make bench-quick` run, on a build that is there; results go to BUILD/bench.
#
#   tests/bench/bench.sh [--quick] [BUILD]
#
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
rm -rf "$out"
mkdir -p "$out"
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

if ((${#quick[@]})); then
  until=(150 200 240 360)  # a machine that is busy with something else measures less
  bridges=(--rounds 1 --scale 0.1 --only mqtt_kafka,kafka_mqtt,kafka_kafka,rabbitmq_kafka,kafka_rabbitmq)
  latency=(--rounds 1 --seconds 3 --only mqtt_kafka)
else
  until=("" "" "" "")
  paths=mqtt_kafka,kafka_mqtt,kafka_mqtt_unheard,kafka_kafka,mqtt0_memory,memory_mqtt0,rabbitmq_kafka,kafka_rabbitmq
  paths+=,mqtt_rabbitmq,rabbitmq_mqtt,mqtt_mqtt,rabbitmq_rabbitmq  # what is one broker's alone `leat bench` measures
  bridges=(--rounds 3 --scale 0.4 --only "$paths")
  latency=(--rounds 1 --seconds 6)
fi
part "bridges" "${until[0]}" tests/bench/bridges.py --build "$build" "${bridges[@]}" --json "$out/bridges.json"
part "latency" "${until[1]}" tests/bench/latency.py --build "$build" "${latency[@]}" --json "$out/latency.json"
part "micro-benchmarks" "${until[2]}" tests/bench/micro.py --build "$build" "${quick[@]}" --json "$out/micro.json"
part "report" "${until[3]}" tests/bench/report.py --build "$build" "${quick[@]}" --out "$out"
echo "== $out/report.html ($((SECONDS / 60)) min $((SECONDS % 60)) s)"
exit "$code"
