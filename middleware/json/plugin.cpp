// The stage `json`: fields of JSON payloads.
#include <leat/sdk/export.hpp>

#include "json.hpp"

LEAT_HANDLER(leat::json::Fields, "json", "0.1.0", "Picks, drops, renames, adds and casts fields of JSON payloads.")
