// The stage `ignore_errors`: rejects below count as done.
#include <leat/sdk/export.hpp>

#include "ignore_errors.hpp"

LEAT_STAGE(leat::ignore_errors::IgnoreErrors, "ignore_errors", "0.1.0",
           "Takes messages that were rejected below as done, and counts why.")
