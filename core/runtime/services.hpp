// The C table of services that every component gets.
#pragma once
#include <leat/plugin.h>

namespace leat::runtime {

/// The table; the same for all components, valid for ever.                         [any-thread]
const leat_host* services();

}  // namespace leat::runtime
