// An option's declaration in words and as JSON: what describe, schema and resolved share.
#pragma once

#include <leat/plugin.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace leat::config {

// The options of a list that ends with NULL; of NULL none.
std::vector<const leat_option*> options_in(const leat_option* const* list);
std::vector<std::string_view> words_in(const char* const* list);

// "duration", "list of templates", "one of ack, retry, reject".
std::string type_in_words(const leat_option& option);

// "1 to 100", "1s to 1h", or "" when every value is allowed.
std::string range_in_words(const leat_option& option);

// A bound of the range in the option's unit.
std::string bound_in_words(uint32_t type, double value);

// The default as it would be written in a configuration; null when there is none.
nlohmann::ordered_json default_of(const leat_option& option);

// Whether the value of a property of this name is to be masked: password, secret, key ...
bool is_sensitive(std::string_view name);

inline constexpr std::string_view kMask = "***";

// The text with the user part of every URL in it masked: "mqtt://***@host".
std::string without_user(std::string_view text);

}  // namespace leat::config
