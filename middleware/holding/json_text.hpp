// Where a JSON value ends in a text, strictly by RFC 8259; nothing is built, nothing copied.
//
//     JsonText text("[1, {\"a\": 2}]");
//     if (!text.value()) say(text.problem());      // otherwise text.at() is behind the value
//
// Nested at most kMaxDepth deep. Any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace leat::holding {

class JsonText {
  public:
    static constexpr int kMaxDepth = 256;

    explicit JsonText(std::string_view text) : text_(text) {}

    size_t at() const { return at_; }
    bool is_end() const { return at_ == text_.size(); }
    void skip_space() {
        while (!is_end() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }
    /// Steps over this character, if it is the next.
    bool eat(char c) {
        if (is_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    /// Steps over one value, without space around it. False: at() is where it goes wrong.
    bool value() { return value(0); }
    /// Whether all of the text is one value, with space around it.
    bool is_whole() {
        skip_space();
        if (!value(0)) return false;
        skip_space();
        return is_end();
    }
    /// Where reading stopped, in words.
    std::string problem() const {
        return is_end() ? "it ends too early" : "byte " + std::to_string(at_ + 1) + " does not belong there";
    }

  private:
    bool value(int depth);
    bool members(int depth, char close, bool have_names);
    bool string();
    bool number();
    bool digits();
    bool word(std::string_view word);

    std::string_view text_;
    size_t at_ = 0;
};

inline bool JsonText::value(int depth) {
    if (is_end() || depth > kMaxDepth) return false;
    switch (text_[at_]) {
        case '{':
            return members(depth, '}', true);
        case '[':
            return members(depth, ']', false);
        case '"':
            return string();
        case 't':
            return word("true");
        case 'f':
            return word("false");
        case 'n':
            return word("null");
        default:
            return number();
    }
}

inline bool JsonText::members(int depth, char close, bool have_names) {
    ++at_;
    skip_space();
    if (eat(close)) return true;
    while (true) {
        if (have_names) {
            if (!string()) return false;
            skip_space();
            if (!eat(':')) return false;
            skip_space();
        }
        if (!value(depth + 1)) return false;
        skip_space();
        if (eat(close)) return true;
        if (!eat(',')) return false;
        skip_space();
    }
}

inline bool JsonText::string() {
    if (!eat('"')) return false;
    for (; !is_end(); ++at_) {
        const char c = text_[at_];
        if (c == '"') return ++at_, true;
        if (static_cast<unsigned char>(c) < 0x20) return false;
        if (c != '\\') continue;
        if (++at_; is_end()) return false;
        if (text_[at_] == 'u') {
            for (int i = 0; i < 4; ++i) {
                constexpr std::string_view kHex = "0123456789abcdefABCDEF";
                if (++at_; is_end() || kHex.find(text_[at_]) == kHex.npos) return false;
            }
        } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
            return false;
        }
    }
    return false;
}

inline bool JsonText::number() {
    eat('-');
    if (!eat('0') && !digits()) return false;
    if (eat('.') && !digits()) return false;
    if (eat('e') || eat('E')) {
        if (!eat('+')) eat('-');
        return digits();
    }
    return true;
}

inline bool JsonText::digits() {
    const size_t from = at_;
    while (!is_end() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > from;
}

inline bool JsonText::word(std::string_view word) {
    for (const char c : word) {
        if (!eat(c)) return false;
    }
    return true;
}

}  // namespace leat::holding
