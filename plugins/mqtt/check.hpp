// What can be said of a configuration without connecting: identities used twice, loops, what the engine cannot do.
#pragma once

#include <leat/plugin.h>

#include <string>
#include <string_view>

namespace leat::mqtt {

/// Reports on every configured mqtt backend and its users.                                               [main]
void check_configuration(const leat_check& configured);

/// The filter that matches whatever a sink's topic template can give: "devices/${key}/cmd" -> "devices/+/cmd".
[[nodiscard]] std::string filter_of_template(std::string_view topic);

}  // namespace leat::mqtt
