// The stage `encode`: payloads as text.
#include <leat/sdk/export.hpp>

#include "encode.hpp"

LEAT_HANDLER(leat::encode::Encode, "encode", "0.1.0", "Writes payloads as base64 or hex, for systems that take text.")
