// Bytes in JSON: a text where they are UTF-8, else {"base64": "..."}.
#pragma once
#include "bounded_json/read.hpp"

#include <string>
#include <string_view>

namespace leat::envelope {

using bounded_json::Json;

Json to_json(std::string_view bytes);
Json to_base64(std::string_view bytes);  ///< {"base64": "..."} whatever they are

/// What to_json and to_base64 made, as bytes again. False: `value` is neither.
bool from_json(const Json& value, std::string& into);

}  // namespace leat::envelope
