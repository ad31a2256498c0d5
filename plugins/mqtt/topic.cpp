#include "topic.hpp"

#include <cstdint>
#include <cstring>

#include "native/codec/properties.hpp"

namespace leat::mqtt {
namespace {

constexpr std::string_view kShare = "$share/";

// True when none of eight characters is zero, not ASCII, '+' or '#': then they need no closer look.
bool plain(std::uint64_t word) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHigh = 0x8080808080808080U;
    const auto zero_bytes = [](std::uint64_t w) { return (w - kOnes) & ~w & kHigh; };
    return ((word & kHigh) | zero_bytes(word) | zero_bytes(word ^ (kOnes * '+')) |
            zero_bytes(word ^ (kOnes * '#'))) == 0;
}

// Cuts the first level off `rest`. False when there is none left.
bool take_level(std::string_view& rest, bool& more, std::string_view& level) {
    if (!more) return false;
    const auto slash = rest.find('/');
    more = slash != std::string_view::npos;
    level = rest.substr(0, slash);
    rest = more ? rest.substr(slash + 1) : std::string_view{};
    return true;
}

}  // namespace

const char* check_topic(std::string_view name) {
    if (name.empty()) return "the topic is empty";
    if (name.size() > 65'535) return "the topic is longer than 65535 bytes";
    std::size_t at = 0;
    for (; at + 8 <= name.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, name.data() + at, 8);
        if (!plain(word)) break;
    }
    bool ascii = true;
    for (std::size_t i = at; i < name.size(); ++i) {
        const char c = name[i];
        if (c == '+' || c == '#') return "the topic has a wildcard in it";
        if (c == '\0') return "the topic has a null character in it";
        ascii = ascii && (static_cast<unsigned char>(c) & 0x80U) == 0;
    }
    if (!ascii && !valid_utf8(name.substr(at))) return "the topic is not UTF-8";
    return nullptr;
}

const char* check_filter(std::string_view filter) {
    if (filter.substr(0, kShare.size()) == kShare) {
        const auto group = filter.substr(kShare.size(), filter.find('/', kShare.size()) - kShare.size());
        if (group.empty() || group.find_first_of("+#") != std::string_view::npos)
            return "the share name is not legal";
        if (filter.size() <= kShare.size() + group.size() + 1) return "a shared subscription without a filter";
    }
    if (filter.empty()) return "the filter is empty";
    if (filter.size() > 65'535) return "the filter is longer than 65535 bytes";
    if (!valid_utf8(filter)) return "the filter is not UTF-8";
    std::string_view rest = without_share(filter);
    std::string_view level;
    for (bool more = true; take_level(rest, more, level);) {
        if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos)
            return "a wildcard must fill its level";
        if (level == "#" && more) return "'#' must be the last level";
    }
    return nullptr;
}

std::string_view without_share(std::string_view filter) {
    if (filter.substr(0, kShare.size()) != kShare) return filter;
    const auto slash = filter.find('/', kShare.size());
    return slash == std::string_view::npos ? std::string_view{} : filter.substr(slash + 1);
}

bool matches(std::string_view filter, std::string_view name) {
    filter = without_share(filter);
    if (!name.empty() && name[0] == '$' && !filter.empty() && (filter[0] == '+' || filter[0] == '#')) return false;
    bool more_filter = true;
    bool more_name = true;
    std::string_view f;
    std::string_view n;
    while (take_level(filter, more_filter, f)) {
        if (f == "#") return true;
        if (!take_level(name, more_name, n)) return false;
        if (f != "+" && f != n) return false;
        if (!more_name && more_filter) return filter == "#";  // "a/#" matches "a" too [MQTT5 4.7.1.2]
    }
    return !more_name;
}

bool overlap(std::string_view a, std::string_view b) {
    a = without_share(a);
    b = without_share(b);
    const auto hidden = [](std::string_view x, std::string_view y) {
        return !x.empty() && x[0] == '$' && !y.empty() && (y[0] == '+' || y[0] == '#');
    };
    if (hidden(a, b) || hidden(b, a)) return false;
    bool more_a = true;
    bool more_b = true;
    std::string_view la;
    std::string_view lb;
    while (true) {
        const bool has_a = take_level(a, more_a, la);
        const bool has_b = take_level(b, more_b, lb);
        if (!has_a && !has_b) return true;
        if ((has_a && la == "#") || (has_b && lb == "#")) return true;
        if (!has_a || !has_b) return false;
        if (la != "+" && lb != "+" && la != lb) return false;
    }
}

}  // namespace leat::mqtt
