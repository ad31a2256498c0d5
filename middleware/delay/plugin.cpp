// The stage `delay`: messages later.
#include <leat/sdk/export.hpp>

#include "delay.hpp"

LEAT_STAGE(leat::delay::Delay, "delay", "0.1.0", "Holds messages back for a time.")
