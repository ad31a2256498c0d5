// The stage `limit_size`: payloads up to a size.
#include <leat/sdk/export.hpp>

#include "limit_size.hpp"

LEAT_STAGE(leat::limit_size::LimitSize, "limit_size", "0.1.0",
           "Rejects, cuts or drops messages whose payload is too large.")
