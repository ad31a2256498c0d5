#!/usr/bin/env bash
# Half a minute in which Leat bridges a plant and a Kafka both ways, is killed, waits for a frozen Kafka, and loses nothing.
#
#   make demo                    a private Mosquitto and a Kafka without Java (librdkafka's mock cluster)
#   make demo KAFKA=host:port    with a Kafka of yours, on topics of their own; it is not frozen then
#   make demo FAULT=drop         with a handler that drops messages and says that they landed: the audit must tell
set -euo pipefail
cd "$(dirname "$0")/.."

build=${LEAT_BUILD:-build}
tools=$build/tests/tools
demo=$build/demo
rate=720  # readings a second
limit=80  # degrees above which a reading is an alarm
run=$(date +%s)
telemetry=leat-demo-telemetry-$run

# Only what the demo runs; `make build` builds everything.
needs=(leat mqtt kafka alarm_handler liar broker mock_kafka sensors mqtt_collect kafka_collect audit)

prepare() {
  scripts/deps.sh
  echo "Building (the first time takes some minutes) ..."
  cmake --preset release >/dev/null
  if [[ -t 1 ]]; then
    cmake --build "$build" --target "${needs[@]}"  # one line, redrawn
    return
  fi
  local log
  log=$(mktemp)
  if ! cmake --build "$build" --target "${needs[@]}" >"$log" 2>&1; then
    cat "$log"
    exit 1
  fi
  rm -f "$log"
}

children=()
end_children() {
  local i
  for ((i = ${#children[@]} - 1; i >= 0; i--)); do
    kill -CONT "${children[i]}" 2>/dev/null || true
    kill "${children[i]}" 2>/dev/null || true
    wait "${children[i]}" 2>/dev/null || true
  done
}
trap end_children EXIT

# start NAME COMMAND...: in the background, its output in $demo/NAME.log, its process in $child
start() {
  local name=$1
  shift
  "$@" >"$demo/$name.log" 2>&1 &
  child=$!
  children+=("$child")
}

first_line() {
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    if [[ -s "$demo/$1.log" ]]; then
      head -n 1 "$demo/$1.log"
      return
    fi
    sleep 0.05
  done
  echo "demo.sh: $1 did not start" >&2
  return 1
}

begin=0
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
# Leat's live table is redrawn over its last 6 lines: what is said while it runs leaves room for it.
say_above_table() {
  say "$@"
  if [[ -t 1 ]]; then printf '\n\n\n\n\n\n'; fi
}
say() { printf '\n%4.1f s | %s\n' "$(($(now_ms) - begin))e-3" "$*"; }
until_second() {
  local left=$((begin + $1 * 1000 - $(now_ms)))
  if ((left > 0)); then sleep "$((left / 1000)).$(printf '%03d' $((left % 1000)))"; fi
}

start_host() {
  "$build/bin/leat" run "$demo/bridge.json" &
  host=$!
  children+=("$host")
}

until_subscribed() {  # what is published before anybody subscribes is nobody's
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    if grep -q 'demo\.telemetry.* p7/#' "$mqtt_log"; then return; fi
    sleep 0.05
  done
  echo "demo.sh: the host did not subscribe" >&2
  return 1
}

write_configuration() {
  local lie=""
  if [[ "${FAULT:-}" == drop ]]; then lie='"through": [ { "plugin": "liar" } ],'; fi
  cat >"$demo/bridge.json" <<JSON
{
  "backends": {
    "plant":   { "plugin": "mqtt", "url": "mqtt://$mqtt", "client_id": "demo" },
    "central": { "plugin": "kafka", "brokers": "$kafka" }
  },
  "routes": {
    // Every reading of the plant, keyed by machine, so that each machine's readings stay in order.
    "telemetry": {
      "from": { "backend": "plant", "topics": ["p7/#"], "qos": 1, "max_in_flight": 500 }, $lie
      "to":   { "backend": "central", "topic": "$telemetry", "key": "\${topic[1]}-\${topic[2]}", "headers": { "mqtt-topic": "\${topic}" } }
    },
    // Readings above $limit degrees go back to the plant as alarms.
    "alarms": {
      "from":    { "backend": "central", "topics": ["$telemetry"], "group": "demo-alarms-$run", "max_in_flight": 500 },
      "through": [ { "plugin": "above", "limit": $limit } ],
      "to":      { "backend": "plant", "topic": "alarms/\${key}", "qos": 1 }
    }
  }
}
JSON
}

start_brokers() {
  start mosquitto "$tools/broker" --kind mosquitto
  first_line mosquitto >/dev/null
  read -r mqtt _ mqtt_log <"$demo/mosquitto.log"
  mock=""
  if [[ -n "${KAFKA:-}" ]]; then
    kafka=$KAFKA
  else
    start kafka "$tools/mock_kafka" --topic "$telemetry:4"
    mock=$child
    kafka=$(first_line kafka)
  fi
}

show_samples() {
  local before alarm id
  before=$(grep -m 1 '^p7/' "$demo/sniffer.log" || true)
  alarm=$(grep -m 1 '^alarms/' "$demo/alarms.log" || true)
  id=$(sed -n 's/.*"n":\([0-9]*\).*/\1/p' <<<"$before")
  "$tools/kafka_collect" --brokers "$kafka" --topic "$telemetry" --record "$demo/telemetry.rec" --idle 1 --kind sensor --key 1 \
    --show "$id" --show "$(sed -n 's/.*"n":\([0-9]*\).*/\1/p' <<<"$alarm")" >"$demo/telemetry.log"
  echo
  echo "telemetry  $before"
  echo "       ->  $(grep -m 1 "\"n\":$id}" "$demo/telemetry.log" || echo "not there")"
  echo "alarms     $(grep -m 1 -F "${alarm#* }" "$demo/telemetry.log" || echo "not there")"
  echo "       ->  $alarm"
}

if [[ -z "${LEAT_BUILD:-}" ]]; then prepare; fi
rm -rf "$demo"
mkdir -p "$demo"
start_brokers
write_configuration
start alarms "$tools/mqtt_collect" --port "${mqtt#*:}" --topic 'alarms/#' --record "$demo/alarms.rec" --kind sensor --key 1 --show 1 \
  --client-id demo-audit
alarms=$child

begin=$(now_ms)
say "Sensors of a plant -> Mosquitto ($mqtt) -> Leat -> Kafka ($kafka); readings above $limit come back as alarms."
start_host
until_subscribed
start sniffer "$tools/mqtt_collect" --port "${mqtt#*:}" --topic 'p7/#' --record "$demo/sniffer.rec" --kind sensor --expect 1 --show 1 \
  --client-id demo-sniffer
start sensors "$tools/sensors" --port "${mqtt#*:}" --rate "$rate" --record "$demo/sensors.rec"
sensors=$child

until_second 8
kill -9 "$host"
{ wait "$host"; } 2>/dev/null || true
say "The host is killed with -9, under load. The sensors go on."
# Not at once: the mock cluster makes the dead consumer the group's leader when its successor joins within two seconds.
sleep 2.5
say "The host is started again."
start_host

until_second 18
if [[ -n "$mock" ]]; then
  kill -STOP "$mock"
  say_above_table "Kafka is frozen for 3 s. In flight stops at its limit, 500; Mosquitto keeps the rest."
  until_second 21
  kill -CONT "$mock"
  say_above_table "Kafka goes on."
fi

until_second 27
kill "$sensors"
{ wait "$sensors"; } 2>/dev/null || true
say_above_table "The sensors have stopped; what is still on its way may land."
until_second 30
kill "$host"
{ wait "$host"; } 2>/dev/null || true
kill "$alarms"
{ wait "$alarms"; } 2>/dev/null || true

show_samples
echo
echo "Counted by programs other than the host: acknowledged to the sensors, against what can be read back."
code=0
"$tools/audit" --title "telemetry  MQTT -> Kafka" --published "$demo/sensors.rec" --landed "$demo/telemetry.rec" || code=1
"$tools/audit" --title "alarms     Kafka -> MQTT" --published "$demo/telemetry.rec" --landed "$demo/alarms.rec" --above "$limit" || code=1
echo "(twice: delivered again after the kill. Leat repeats rather than loses.)"
echo
echo "The configuration is $demo/bridge.json. Try next:"
echo "  $build/bin/leat check $demo/bridge.json          what it would complain about"
echo "  $build/bin/leat try $demo/bridge.json telemetry --topic p7/press/3/temp --payload '{\"value\":81.2}'"
echo "  $build/bin/leat describe mqtt                    every option"
echo "  make demo FAULT=drop                             a handler that lies, and how it shows"
exit "$code"
