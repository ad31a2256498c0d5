// The stage `batch`: several messages become one.
#include <leat/sdk/export.hpp>

#include "batch.hpp"

LEAT_STAGE(leat::batch::BatchStage, "batch", "0.1.0", "Merges messages into one, by count, bytes and time.")
