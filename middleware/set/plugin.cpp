// The stage `set`: other values for the parts of a message.
#include <leat/sdk/export.hpp>

#include "set.hpp"

LEAT_HANDLER(leat::set::Set, "set", "0.1.0", "Sets topic, key, headers and payload from templates.")
