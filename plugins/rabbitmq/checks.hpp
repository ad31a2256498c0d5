// What a configuration's author is told before anything runs.
//
//   check_configuration(configured);      // the plugin's descriptor->check; connects to nothing
//
// On the main thread.
#pragma once

#include <leat/plugin.h>

#include <string_view>

namespace leat::rabbitmq {

void check_configuration(const leat_check& configured);

/// Whether a topic exchange would route this key by a binding with this pattern: words between dots, * one word, #
/// any number of them.
[[nodiscard]] bool topic_matches(std::string_view pattern, std::string_view key);

}  // namespace leat::rabbitmq
