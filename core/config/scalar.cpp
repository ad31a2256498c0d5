#include "config/scalar.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "config/document.hpp"
#include "config/nearest.hpp"
#include "config/substitute.hpp"
#include "config/text.hpp"
#include "config/units.hpp"

namespace leat::config {
namespace {

constexpr double kInt64Limit = 9223372036854775808.0;

std::string mismatch(std::string_view expected, const Node& node) {
    std::string out = "expected " + std::string(expected) + ", found ";
    if (node.substituted) return out + "another text in what was filled in";
    out += with_article(node.kind);
    if (node.kind == Kind::integer || node.kind == Kind::number) out += " (" + node.text + ")";
    return out;
}

// The text of a string into which something was filled in, for conversion to another type.
std::optional<std::string> filled_in(const Node& node) {
    return node.kind == Kind::string && node.substituted ? literal(node.text) : std::nullopt;
}

template <class T>
std::optional<T> whole_text_as(const std::string& text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc{} && read.ptr == end ? std::optional<T>(value) : std::nullopt;
}

std::optional<int64_t> whole_number(double value) {
    if (std::floor(value) != value || value < -kInt64Limit || value >= kInt64Limit) return std::nullopt;
    return static_cast<int64_t>(value);
}

bool is_host_and_port(std::string_view text) {
    const size_t bracket = text.rfind(']');
    const size_t colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    const std::string_view host = has_port ? text.substr(0, colon) : text;
    if (host.empty() || (bracket == std::string_view::npos && host.find(':') != std::string_view::npos)) return false;
    if (!has_port) return true;
    const auto port = whole_text_as<uint32_t>(std::string(text.substr(colon + 1)));
    return port && *port > 0 && *port < 65536;
}

}  // namespace

std::optional<std::string> text_of(const Node& node, std::string& error) {
    if (node.kind != Kind::string) {
        error = mismatch("a string", node);
        return std::nullopt;
    }
    auto text = literal(node.text);
    if (!text)
        error = "holds a placeholder ${...} of templates, which is not filled in here (a literal ${ is written $${)";
    return text;
}

std::optional<int64_t> integer_of(const Node& node, std::string& error) {
    if (node.kind == Kind::integer) return node.integer;
    if (node.kind == Kind::number) {
        if (const auto whole = whole_number(node.number)) return whole;
    }
    if (const auto text = filled_in(node)) {
        if (const auto value = whole_text_as<int64_t>(*text)) return value;
    }
    error = mismatch("an integer", node);
    return std::nullopt;
}

std::optional<double> number_of(const Node& node, std::string& error) {
    if (node.kind == Kind::integer || node.kind == Kind::number) return node.number;
    if (const auto text = filled_in(node)) {
        const auto value = whole_text_as<double>(*text);
        if (value && std::isfinite(*value)) return value;
    }
    error = mismatch("a number", node);
    return std::nullopt;
}

std::optional<bool> boolean_of(const Node& node, std::string& error) {
    if (node.kind == Kind::boolean) return node.boolean;
    const auto text = filled_in(node);
    if (text && (*text == "true" || *text == "false")) return *text == "true";
    error = mismatch("true or false", node);
    return std::nullopt;
}

std::optional<std::chrono::nanoseconds> duration_of(const Node& node, std::string& error) {
    if (node.kind == Kind::integer && node.integer == 0) return std::chrono::nanoseconds{0};
    if (node.kind == Kind::string) {
        const auto text = text_of(node, error);
        return text ? parse_duration(*text, error) : std::nullopt;
    }
    error = mismatch("a duration such as \"250ms\"", node);
    return std::nullopt;
}

std::optional<uint64_t> size_of(const Node& node, std::string& error) {
    if (node.kind == Kind::string) {
        const auto text = text_of(node, error);
        return text ? parse_size(*text, error) : std::nullopt;
    }
    const auto whole = node.kind == Kind::number ? whole_number(node.number) : std::optional<int64_t>(node.integer);
    if ((node.kind == Kind::integer || node.kind == Kind::number) && whole && *whole >= 0)
        return static_cast<uint64_t>(*whole);
    error = mismatch("a size such as \"64KiB\"", node);
    return std::nullopt;
}

std::optional<double> rate_of(const Node& node, std::string& error) {
    if ((node.kind == Kind::integer || node.kind == Kind::number) && node.number >= 0) return node.number;
    if (node.kind == Kind::string) {
        const auto text = text_of(node, error);
        return text ? parse_rate(*text, error) : std::nullopt;
    }
    error = mismatch("a rate such as \"100/s\"", node);
    return std::nullopt;
}

std::optional<size_t> word_of(const Node& node, const std::vector<std::string_view>& words, std::string& error) {
    std::string word;
    if (node.kind == Kind::string) {
        const auto text = text_of(node, error);
        if (!text) return std::nullopt;
        word = *text;
    } else if (node.kind == Kind::integer || node.kind == Kind::number) {
        word = node.text;
    }
    const auto found = std::find(words.begin(), words.end(), word);
    if (found != words.end() && !word.empty()) return static_cast<size_t>(found - words.begin());
    std::string list;
    for (const std::string_view each : words) list += (list.empty() ? "" : ", ") + json_quoted(each);
    error = "expected " + std::string(words.size() > 1 ? "one of " : "") + list;
    if (node.kind != Kind::string && word.empty()) {
        error += ", found " + std::string(with_article(node.kind));
    } else if (!node.substituted) {
        error += ", found " + shown(word) + did_you_mean(word, words);
    }
    return std::nullopt;
}

std::optional<std::string> url_of(const Node& node, std::string& error) {
    auto text = text_of(node, error);
    if (!text) return std::nullopt;
    const size_t scheme = text->find("://");
    const bool bad_byte = std::any_of(text->begin(), text->end(),
                                      [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
    const std::string name = text->substr(0, scheme);
    const bool good_scheme =
        scheme != std::string::npos && scheme > 0 && std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                   c == '-' || c == '.';
        });
    if (!good_scheme || bad_byte) {
        error = "expected a URL such as \"scheme://host:1234\"";  // the text itself may hold a password
        return std::nullopt;
    }
    std::string_view authority = std::string_view(*text).substr(scheme + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    const size_t user = authority.rfind('@');
    if (user != std::string_view::npos) authority.remove_prefix(user + 1);
    if (authority.empty() ? text->size() == scheme + 3 || (*text)[scheme + 3] != '/' : !is_host_and_port(authority)) {
        error = "expected host or host:port after " + name + "://, with a port from 1 to 65535";
        return std::nullopt;
    }
    return text;
}

}  // namespace leat::config
