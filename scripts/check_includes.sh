#!/usr/bin/env bash
# Enforces who may include whom (CONTRIBUTING.md has it in words). Prints each include that breaks a rule; exit 1 if any.
#
#   scripts/check_includes.sh [TREE]     TREE: the top of the source tree; by default the one that this script is in
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

# Files (a regex on the path) and what they may include beside system and library headers (a regex on what stands
# between the quotes or brackets). The first line that matches a file counts. "own": what is found beside the file or
# from the top of its component, as owner() tells it.
flow='leat/plugin\.h|leat/sdk/services\.hpp|leat/sdk/flow/[^/]+'
rules=(
  '^core/include/leat/plugin\.h$             ^$'
  '^core/include/leat/sdk/services\.hpp$     ^('"$flow"')$'
  '^core/include/leat/sdk/flow/              ^('"$flow"')$'
  '^core/include/leat/sdk/                   ^leat/(plugin\.h|sdk/.+)$'
  '^core/embed/                              ^$'
  '^core/(sdk|abi)_test/                     ^(leat/plugin\.h|leat/sdk/.+|support/.+|own)$'
  '^core/expression/                         ^('"$flow"'|expression/.+)$'
  '^core/config/                             ^('"$flow"'|(config|expression)/.+)$'
  '^core/loader/                             ^(leat/plugin\.h|loader/.+)$'
  '^core/runtime/                            ^('"$flow"'|(runtime|expression)/.+)$'
  '^core/route/                              ^('"$flow"'|(route|runtime|expression)/.+|config/model\.hpp)$'
  '^core/[^/]+$                              ^(leat/.+|(config|expression|loader|runtime|route)/.+|own)$'
  '^apps/                                    ^(leat/host\.hpp|own)$'
  '^middleware/                              ^(leat/plugin\.h|leat/sdk/.+|(bounded_json|holding)/.+|own)$'
  '^(plugins|examples)/                      ^(leat/plugin\.h|leat/sdk/.+|own)$'
  '^tests/(abi|conformance|integration)/     ^(leat/host\.hpp|leat/plugin\.h|leat/sdk/.+|support/.+|tools/.+|own)$'
  '^tests/bench/                             ^(leat/.+|(config|expression|loader|runtime|route|memory)/.+|support/.+|tools/.+|own)$'
  '^tests/(support|tools)/                   ^(leat/plugin\.h|leat/sdk/.+|support/.+|tools/.+|own)$'
)
# A unit test may also use tests/support, and is written like a plugin where it plays one; so are the files that only
# tests include.
test_files='(_test\.cpp|/([a-z_]*rig|sample_plugins)\.[ch]pp|/fuzz_[a-z_]+\.cpp)$'
test_rights='^(leat/plugin\.h|leat/sdk/.+|support/.+|backends\.hpp)$'

# The top of the component that a file belongs to: core/config, apps/leat, plugins/mqtt, tests ...
owner() {
  case "$1" in
    tests/*) top=tests ;;
    */*/*) top=${1%"/${1#*/*/}"} ;;
    *) top=${1%%/*} ;;
  esac
}

# "own" for a header of the same component, else the include as it is written.
kind_of() {
  local file=$1 include=$2
  owner "$file"
  kind=$include
  if [[ "$include" != *..* && (-e "${file%/*}/$include" || -e "$top/$include") ]]; then kind=own; fi
}

bad=0
while IFS=: read -r file line text; do
  [[ "$text" =~ [\<\"]([^\>\"]+)[\>\"] ]] || continue
  include=${BASH_REMATCH[1]}
  rights=
  for rule in "${rules[@]}"; do
    read -r files allowed <<<"$rule"
    if [[ "$file" =~ $files ]]; then
      rights=$allowed
      break
    fi
  done
  kind=$include
  if [[ "$text" == *\"* ]]; then kind_of "$file" "$include"; fi
  if [[ -z "$rights" ]]; then
    echo "$file:$line: no rule says what this folder may include"
    bad=1
    continue
  fi
  if [[ "$include" =~ $rights || "$kind" =~ $rights ]]; then continue; fi
  if [[ "$file" =~ $test_files && "$include" =~ $test_rights ]]; then continue; fi
  echo "$file:$line: may not include $include"
  bad=1
done < <(find . -path ./.git -prune -o -path './build*' -prune -o \( -name '*.hpp' -o -name '*.h' -o -name '*.cpp' -o -name '*.c' \) -print0 |
  xargs -0 -r grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*("|<leat/)' | sed 's|^\./||')

if ((bad)); then
  echo "Who may include whom is told in CONTRIBUTING.md." >&2
  exit 1
fi
