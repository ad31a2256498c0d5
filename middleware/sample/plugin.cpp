// The stage `sample`: a part of the messages.
#include <leat/sdk/export.hpp>

#include "sample.hpp"

LEAT_STAGE(leat::sample::Sample, "sample", "0.1.0",
           "Lets one of n messages pass, or a fraction, of all or of each key.")
