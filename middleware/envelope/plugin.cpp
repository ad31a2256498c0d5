// The stage `envelope`: a message and all about it as one JSON object, and back.
#include <leat/sdk/export.hpp>

#include "envelope.hpp"

LEAT_HANDLER(leat::envelope::Envelope, "envelope", "0.1.0",
             "Wraps topic, key, headers, time and payload into a JSON payload, and unwraps them.")
