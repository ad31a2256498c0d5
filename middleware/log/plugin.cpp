// The stage `log`: lines about what passes.
#include <leat/sdk/export.hpp>

#include "log.hpp"

LEAT_STAGE(leat::log::Log, "log", "0.1.0", "Logs some of the messages that pass.")
