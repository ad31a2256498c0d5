// The stage `throttle`: messages at a rate.
#include <leat/sdk/export.hpp>

#include "throttle.hpp"

LEAT_STAGE(leat::throttle::Throttle, "throttle", "0.1.0", "Lets messages pass at a rate, all or each key.")
