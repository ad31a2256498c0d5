// Messages as JSON lines, as the console plugin writes them; bytes that are no UTF-8 travel as "payload_base64".
//
//     {"topic":"plant/3","key":"3","payload":"81.5","headers":{"unit":"C"}}
#pragma once

#include <leat/host.hpp>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::app {

/// One message for each line that is not empty. A payload that is an object, a list, a number or a boolean is taken
/// as its JSON text. Nothing, with `error` set ("line 3: ..."), when a line is no message.
std::optional<std::vector<TryMessage>> parse_messages(std::string_view lines, std::string& error);

/// Adds "topic", "key", "payload" (or "payload_base64") and "headers" (a list of {"name", "value"}) to an object.
void add_message(nlohmann::ordered_json& object, const TryMessage& message);

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace leat::app
