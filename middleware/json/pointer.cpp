#include "pointer.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>

namespace leat::json {
namespace {

// Digits without a zero in front [RFC 6901, 4].
std::optional<size_t> index_of(const std::string& token) {
    size_t index = 0;
    const char* end = token.data() + token.size();
    const auto [stop, error] = std::from_chars(token.data(), end, index);
    if (error != std::errc() || stop != end || (token.size() > 1 && token[0] == '0')) return std::nullopt;
    return index;
}

bool say(std::string& why, const Pointer& at, const std::string& what) {
    why = at.text() + ": " + what;
    return false;
}

}  // namespace

Pointer::Pointer(std::string_view text) : text_(text) {
    const auto fail = [&](const char* what) {
        throw std::invalid_argument("\"" + text_ + "\" is no JSON pointer: " + what + ", as in \"/device/id\"");
    };
    if (!text.empty() && text[0] != '/') fail("it begins with /");
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '/') {
            tokens_.emplace_back();
        } else if (text[i] != '~') {
            tokens_.back() += text[i];
        } else if (const char next = i + 1 < text.size() ? text[i + 1] : '?'; next == '0' || next == '1') {
            tokens_.back() += next == '0' ? '~' : '/';
            ++i;
        } else {
            fail("~ stands only in ~0 (for ~) and ~1 (for /)");
        }
    }
    if (tokens_.size() > kMostTokens) fail("it has more than 64 parts");
}

Json* child(Json& of, const std::string& token) {
    if (of.is_object()) {
        const auto it = of.find(token);
        return it == of.end() ? nullptr : &*it;
    }
    if (!of.is_array()) return nullptr;
    const std::optional<size_t> index = index_of(token);
    return index && *index < of.size() ? &of[*index] : nullptr;
}

Json* Pointer::find(Json& root, size_t depth) const {
    Json* at = &root;
    for (size_t i = 0; i < depth && at; ++i) at = child(*at, tokens_[i]);
    return at;
}

bool Pointer::take(Json& root, Json& out) const {
    if (tokens_.empty()) return false;
    Json* parent = find(root, tokens_.size() - 1);
    Json* found = parent ? child(*parent, tokens_.back()) : nullptr;
    if (!found) return false;
    out = std::move(*found);
    if (parent->is_object()) {
        parent->erase(tokens_.back());
    } else {
        parent->erase(*index_of(tokens_.back()));
    }
    return true;
}

bool Pointer::place(Json& root, Json&& value, std::string& why) const {
    Json* at = &root;
    for (size_t i = 0; i < tokens_.size(); ++i) {
        const bool is_last = i + 1 == tokens_.size();
        if (Json* next = child(*at, tokens_[i])) {
            at = next;
        } else if (at->is_object()) {
            at = &(*at)[tokens_[i]];
            if (!is_last) *at = Json::object();
        } else if (at->is_array() && is_last && (tokens_[i] == "-" || index_of(tokens_[i]) == at->size())) {
            at = &at->emplace_back();
        } else if (at->is_array()) {
            return say(why, *this, "the array there has " + std::to_string(at->size()) + " elements");
        } else {
            return say(why, *this, "a " + std::string(at->type_name()) + " stands in the way");
        }
    }
    *at = std::move(value);
    return true;
}

}  // namespace leat::json
