#!/usr/bin/env bash
# Installs a build into a folder of its own, builds two example plugins outside the tree against it, and runs them with
# the installed host.
#
#   install_test.sh BUILD_DIR SOURCE_DIR
set -euo pipefail
build=$(realpath "$1")
source=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/leat-install-XXXXXX")
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

fail() {
  echo "install_test: $1" >&2
  exit 1
}

cmake --install "$build" --prefix "$prefix" >"$work/install.log"
for file in bin/leat lib/leat/plugins/leat_memory.so include/leat/plugin.h include/leat/sdk/handler.hpp \
  include/leat/host.hpp lib/systemd/system/leat.service; do
  [[ -f $prefix/$file ]] || fail "$file was not installed"
done

# Outside the tree, with what was installed alone.
for example in alarm_handler c_counter; do
  cp -r "$source/examples/$example" "$work/$example"
  cmake -S "$work/$example" -B "$work/$example/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release \
    >"$work/$example.log" 2>&1 || { cat "$work/$example.log"; fail "$example cannot be configured"; }
  cmake --build "$work/$example/build" >>"$work/$example.log" 2>&1 ||
    { cat "$work/$example.log"; fail "$example cannot be built"; }
  mkdir -p "$work/plugins"
  cp "$work/$example/build/leat_$example.so" "$work/plugins/"
done

# 1 .. 100 through both: 81 .. 100 come out, the others are acknowledged as filtered.
cat >"$work/route.json" <<'CONFIG'
{
  "backends": { "numbers": { "plugin": "generate" }, "screen": { "plugin": "console" } },
  "routes": {
    "alarms": {
      "from": { "backend": "numbers", "count": 100 },
      "through": [ { "plugin": "c_counter", "say_every": 100 }, { "plugin": "above", "limit": 80 } ],
      "to": { "backend": "screen" }
    }
  }
}
CONFIG
export LEAT_PLUGIN_PATH=$work/plugins
"$prefix/bin/leat" check "$work/route.json" || fail "the configuration is refused"
"$prefix/bin/leat" run "$work/route.json" --until-idle 1s >"$work/out" 2>"$work/log" ||
  { cat "$work/log"; fail "leat run ended with $?"; }

seq 81 100 >"$work/expected"
grep -E '^[0-9]+$' "$work/out" | diff - "$work/expected" || fail "not what was expected on standard output"
grep -q '100 messages so far' "$work/log" || { cat "$work/log"; fail "the plugin in C did not count"; }
grep -qE 'received 100 = landed 20.* filtered 80' "$work/out" "$work/log" || { cat "$work/out"; fail "the ledger is wrong"; }
# Nothing of the build tree is needed any more.
! ldd "$prefix/bin/leat" | grep -q "$build" || fail "the installed host needs the build tree"
echo "install_test: installed, built outside, 20 of 100 landed, 80 filtered"
