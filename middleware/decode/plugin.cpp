// The stage `decode`: payloads from text.
#include <leat/sdk/export.hpp>

#include "decode.hpp"

LEAT_HANDLER(leat::decode::Decode, "decode", "0.1.0", "Reads payloads that are base64 or hex.")
