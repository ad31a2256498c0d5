// The stage `unbatch`: one message becomes those in it.
#include <leat/sdk/export.hpp>

#include "unbatch.hpp"

LEAT_STAGE(leat::unbatch::Unbatch, "unbatch", "0.1.0",
           "Takes a message apart that holds several; it has landed when all have.")
