// The stage `duplicate`: one message to several topics.
#include <leat/sdk/export.hpp>

#include "duplicate.hpp"

LEAT_STAGE(leat::duplicate::Duplicate, "duplicate", "0.1.0",
           "Sends a message to several topics; it has landed when all have.")
