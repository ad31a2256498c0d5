// The stage `fault`: failures on purpose.
#include <leat/sdk/export.hpp>

#include "fault.hpp"

LEAT_STAGE(leat::fault::Fault, "fault", "0.1.0", "Injects failures at rates, for tests.")
