// Tries the brokers of a configuration: whether they answer and let us in, and whether queues and exchanges are
// there.
//
//   probe_brokers(host, configured);      // the plugin's descriptor->probe
//
// Blocks, up to 12 s for each broker; on the main thread.
#pragma once

#include <leat/plugin.h>

namespace leat::rabbitmq {

void probe_brokers(const leat_host& host, const leat_check& configured);

}  // namespace leat::rabbitmq
