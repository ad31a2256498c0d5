// The stage `deduplicate`: messages once.
#include <leat/sdk/export.hpp>

#include "deduplicate.hpp"

LEAT_STAGE(leat::deduplicate::Deduplicate, "deduplicate", "0.1.0", "Drops messages that have landed before.")
