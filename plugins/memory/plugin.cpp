// The backend `memory`: topics inside the process.
#include <leat/sdk/export.hpp>

#include "backend.hpp"

LEAT_BACKEND(leat::memory::Backend, "memory", "0.1.0", "Topics in the memory of the process, across shards.")
