// The stage `correlation`: an id that goes along.
#include <leat/sdk/export.hpp>

#include "correlation.hpp"

LEAT_STAGE(leat::correlation::Correlation, "correlation", "0.1.0",
           "Gives each message an id in a header, or passes on the one it has.")
