// The stage `validate`: lets nothing pass that is not as it should be.
#include <leat/sdk/export.hpp>

#include "validate.hpp"

LEAT_HANDLER(leat::validate::Validate, "validate", "0.1.0",
             "Rejects payloads that are not well-formed or do not follow a JSON Schema.")
