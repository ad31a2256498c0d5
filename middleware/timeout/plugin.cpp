// The stage `timeout`: outcomes in time.
#include <leat/sdk/export.hpp>

#include "timeout.hpp"

LEAT_STAGE(leat::timeout::Timeout, "timeout", "0.1.0",
           "Asks for another try of a message that has no outcome in time.")
