// Topic names and topic filters: what is legal, what matches what. Used by the decoder, by the sink for names that a
// template made, and by the check for loops.
//
//   matches("p7/+/temp", "p7/oven/temp")  == true
//   overlap("a/+", "+/b")                 == true     // a/b is matched by both
//
// Thread: any; pure functions.
#pragma once

#include <string_view>

namespace leat::mqtt {

/// nullptr for a legal topic name: 1..65535 bytes of UTF-8, no U+0000, no wildcard [MQTT-4.7.1-1, 4.7.3-1]; else why
/// not. hot: per message
[[nodiscard]] const char* check_topic(std::string_view name);

/// nullptr for a legal filter, `$share/group/filter` included [MQTT-4.7.1-2, -3, MQTT-4.8.2-1]; else why not.
[[nodiscard]] const char* check_filter(std::string_view filter);

/// The filter without a `$share/group/` in front.
[[nodiscard]] std::string_view without_share(std::string_view filter);

/// Does a message to `name` go to a subscriber of `filter`? Wildcards at the front do not match names that begin with
/// `$`.
[[nodiscard]] bool matches(std::string_view filter, std::string_view name);

/// Is there a name that both filters match?
[[nodiscard]] bool overlap(std::string_view a, std::string_view b);

}  // namespace leat::mqtt
