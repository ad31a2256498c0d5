// What can be said of a configuration without connecting: identities used twice, loops, what the engine cannot do.
#pragma once

#include <leat/plugin.h>

#include <string>
#include <string_view>

namespace leat::mqtt {

inline constexpr const char* kNoQos2 =
    "qos 2 is not supported by engine native yet: use qos 1 (at least once); a duplicate is then possible after a "
    "reconnect";

/// Reports on every configured mqtt backend and its users.                                               [main]
void check_configuration(const leat_check& configured);

/// The filter that matches whatever a sink's topic template can give: "devices/${key}/cmd" -> "devices/+/cmd".
[[nodiscard]] std::string filter_of_template(std::string_view topic);

}  // namespace leat::mqtt
