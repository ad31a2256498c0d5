#include "split.hpp"

#include "holding/json_text.hpp"

namespace leat::unbatch {
namespace {

using Parts = std::vector<std::string_view>;

bool add(Parts& parts, std::string_view part, size_t most, std::string& why) {
    if (parts.size() == most) {
        why = "the payload holds more than " + std::to_string(most) + " messages";
        return false;
    }
    parts.push_back(part);
    return true;
}

bool split_lines(std::string_view whole, size_t most, Parts& parts, std::string& why) {
    while (!whole.empty()) {
        const size_t end = whole.find('\n');
        std::string_view line = whole.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && !add(parts, line, most, why)) return false;
        whole.remove_prefix(end == whole.npos ? whole.size() : end + 1);
    }
    return true;
}

bool split_json(std::string_view whole, size_t most, Parts& parts, std::string& why) {
    holding::JsonText text(whole);
    const auto wrong = [&] {
        why = "the payload is no JSON array: " + text.problem();
        return false;
    };
    const auto is_over = [&] {
        text.skip_space();
        return text.is_end() || wrong();
    };
    text.skip_space();
    if (!text.eat('[')) return wrong();
    text.skip_space();
    if (text.eat(']')) return is_over();
    while (true) {
        const size_t begin = text.at();
        if (!text.value()) return wrong();
        if (!add(parts, whole.substr(begin, text.at() - begin), most, why)) return false;
        text.skip_space();
        if (text.eat(']')) return is_over();
        if (!text.eat(',')) return wrong();
        text.skip_space();
    }
}

bool split_by_length(std::string_view whole, size_t most, Parts& parts, std::string& why) {
    for (size_t at = 0; at < whole.size();) {
        size_t size = 0;
        const std::string_view prefix = whole.substr(at, 4);
        for (const char c : prefix) size = size << 8 | static_cast<unsigned char>(c);
        if (prefix.size() < 4 || size > whole.size() - at - 4) {
            why = "the payload ends inside the message whose length stands at byte " + std::to_string(at + 1);
            return false;
        }
        if (!add(parts, whole.substr(at + 4, size), most, why)) return false;
        at += 4 + size;
    }
    return true;
}

}  // namespace

bool split(Format format, std::string_view whole, size_t most, Parts& parts, std::string& why) {
    if (format == Format::lines) return split_lines(whole, most, parts, why);
    if (format == Format::json) return split_json(whole, most, parts, why);
    return split_by_length(whole, most, parts, why);
}

}  // namespace leat::unbatch
