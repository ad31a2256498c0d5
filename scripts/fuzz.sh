#!/usr/bin/env bash
# Runs the fuzz targets: the MQTT decoder and the configuration, SECONDS each (default 600). Needs clang 14.
#
#   scripts/fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}

cmake --preset fuzz -DLEAT_TESTS=OFF >/dev/null
cmake --build build-fuzz --target fuzz_config fuzz_mqtt_decode
for target in fuzz_config fuzz_mqtt_decode; do
  program=$(find build-fuzz -name "$target" -type f -perm -u+x | head -1)
  corpus=build-fuzz/corpus-$target
  mkdir -p "$corpus"
  if [[ $target == fuzz_config ]]; then cp examples/*.json "$corpus/"; fi
  echo "== $target for $seconds s"
  "$program" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="build-fuzz/$target-" "$corpus" 2>&1 | tail -12
done
