// The stage `filter`: messages for which a condition holds.
#include <leat/sdk/export.hpp>

#include "filter.hpp"

LEAT_STAGE(leat::filter::Filter, "filter", "0.1.0", "Lets messages pass for which a condition holds.")
