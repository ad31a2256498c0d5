// What a figure was measured on.
#pragma once

#include "bench/figures/result.hpp"

namespace leat::bench {

/// Processor, memory, kernel, compiler, libraries, version, date; what cannot be found out is left out.
Machine machine();

}  // namespace leat::bench
