// The stage `jq`: JSON payloads through a jq program.
#include <leat/sdk/export.hpp>

#include "jq.hpp"

LEAT_HANDLER(leat::jq::Jq, "jq", "0.1.0", "Runs a jq program over JSON payloads; each result is a message.")
