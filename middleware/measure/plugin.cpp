// The stage `measure`: figures about what passes.
#include <leat/sdk/export.hpp>

#include "measure.hpp"

LEAT_STAGE(leat::measure::Measure, "measure", "0.1.0", "Counts messages, sizes and times, by label.")
