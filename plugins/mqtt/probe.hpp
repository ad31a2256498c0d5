// `check --connect`: connects to each broker with the credentials of the configuration, and tries the subscriptions.
#pragma once

#include <leat/plugin.h>

namespace leat::mqtt {

/// Reports what works and what is missing. Uses client ids of its own and clean sessions, so that it disturbs nobody
/// who is running. Blocks, at most 15 s for each broker. [main]
void probe_brokers(const leat_host& host, const leat_check& configured);

}  // namespace leat::mqtt
