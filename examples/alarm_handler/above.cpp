// The handler `above`: lets readings above a limit pass. A reading is a number, or JSON with a member "value".
//
//     { "plugin": "above", "limit": 80 }
#include <leat/sdk/export.hpp>

#include <cctype>

namespace {

// The number behind the first `"value":` of a flat JSON object. A handler for deeper JSON would bring a parser.
std::optional<double> value_of(std::string_view json) {
    constexpr std::string_view kName = "\"value\"";
    const size_t at = json.find(kName);
    if (at == std::string_view::npos) return std::nullopt;
    json.remove_prefix(at + kName.size());
    const auto is_between = [](char c) { return c == ':' || std::isspace(static_cast<unsigned char>(c)); };
    while (!json.empty() && is_between(json.front())) json.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
    return error == std::errc() ? std::optional(value) : std::nullopt;
}

struct Above : leat::Handler {
    double limit = 80;

    static auto options() {
        return leat::options(leat::option<&Above::limit>("limit", "Degrees above which a reading passes."));
    }

    void handle(leat::Message& message) override {  // hot: per message
        const bool is_json = message.payload().starts_with('{');
        const auto celsius = is_json ? value_of(message.payload()) : message.payload_as<double>();
        if (!celsius) {
            message.reject("the payload is neither a number nor JSON with a \"value\"");
        } else if (*celsius <= limit) {
            message.drop();
        }
    }
};

}  // namespace

LEAT_HANDLER(Above, "above", "1.0.0", "Lets readings above a limit pass.")
