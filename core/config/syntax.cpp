#include "config/syntax.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "config/document.hpp"
#include "config/nearest.hpp"
#include "config/report.hpp"
#include "config/text.hpp"

namespace leat::config {
namespace {

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '.';
}

// RFC 8259: no leading zeros, no leading '+', digits on both sides of the point.
bool is_json_number(std::string_view word) {
    size_t i = 0;
    const auto digits = [&] {
        const size_t begin = i;
        while (i < word.size() && word[i] >= '0' && word[i] <= '9') ++i;
        return i - begin;
    };
    if (i < word.size() && word[i] == '-') ++i;
    const bool zero = i < word.size() && word[i] == '0';
    const size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (i < word.size() && word[i] == '.') {
        ++i;
        if (digits() == 0) return false;
    }
    if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
        ++i;
        if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
        if (digits() == 0) return false;
    }
    return i == word.size();
}

// Recursive descent, bounded by kMaxDocumentDepth. A slip inside a token is reported and reading goes on; where the
// structure is lost, reading stops (`lost_`), because all later complaints would be noise.
class Reader {
  public:
    Reader(std::string_view text, Report& report) : text_(text), report_(report) {}

    // True when `root` is usable.
    bool read(Node& root) {
        if (text_.size() > kMaxDocumentBytes) return lose("the file is larger than 4 MiB");
        if (text_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;
        skip_space();
        if (!lost_ && at_ == text_.size()) return lose("the file is empty; expected { ... }");
        read_value(root);
        skip_space();
        if (!lost_ && at_ < text_.size()) return lose("expected the end of the file, found " + here());
        return !lost_ && !slipped_;
    }

  private:
    bool lose(std::string text) {
        if (!lost_) report_.error(line_, "", std::move(text));
        lost_ = true;
        return false;
    }

    void slip(std::string text) {
        report_.error(line_, "", std::move(text));
        slipped_ = true;
    }

    std::string here() const {
        if (at_ >= text_.size()) return "the end of the file";
        const char c = text_[at_];
        if (c == '#') return "'#' (comments begin with //)";
        if (c == '\'') return "' (strings stand in double quotes)";
        const size_t n = std::max<size_t>(1, utf8_length(text_.substr(at_)));
        return "'" + std::string(text_.substr(at_, n)) + "'";
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    void skip_space() {
        while (!lost_ && at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n') ++line_;
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                ++at_;
            } else if (c == '/') {
                skip_comment();
            } else {
                return;
            }
        }
    }

    void skip_comment() {
        const char second = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (second == '/') {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (second == '*') {
            const size_t end = text_.find("*/", at_ + 2);
            if (end == std::string_view::npos) {
                lose("the comment that begins here has no end");
                return;
            }
            line_ += static_cast<uint32_t>(std::count(text_.data() + at_, text_.data() + end, '\n'));
            at_ = end + 2;
        } else {
            lose("unexpected '/' (comments begin with // or /*)");
        }
    }

    void read_value(Node& node) {
        if (lost_) return;
        node.line = line_;
        if (++values_ > kMaxDocumentValues) {
            lose("the file has more than 200,000 values");
            return;
        }
        const char c = peek();
        if (c == '{' || c == '[') {
            if (++depth_ > kMaxDocumentDepth) {
                lose("nested deeper than 64 levels");
                return;
            }
            c == '{' ? read_object(node) : read_array(node);
            --depth_;
        } else if (c == '"') {
            node.kind = Kind::string;
            read_string(node.text);
        } else if (is_word_byte(c)) {
            read_word(node);
        } else {
            lose("expected a value, found " + here());
        }
    }

    void read_array(Node& node) {
        node.kind = Kind::array;
        ++at_;
        skip_space();
        while (!lost_ && !take(']')) {
            read_value(node.children.emplace_back());
            if (!end_of_item(']')) return;
        }
    }

    void read_object(Node& node) {
        node.kind = Kind::object;
        ++at_;
        skip_space();
        while (!lost_ && !take('}')) {
            Node& member = node.children.emplace_back();
            const uint32_t name_line = line_;
            read_name(member.name);
            skip_space();
            if (lost_) return;
            if (!take(':')) {
                lose("expected ':' after the name " + shown(member.name) + ", found " + here());
                return;
            }
            skip_space();
            read_value(member);
            member.line = name_line;
            if (!end_of_item('}')) break;
        }
    }

    void read_name(std::string& name) {
        if (peek() == '"') {
            read_string(name);
        } else if (is_word_byte(peek())) {
            const std::string_view word = take_word();
            name = word;
            slip("names stand in double quotes: \"" + std::string(word) + "\"");
        } else {
            lose("expected a name in double quotes, found " + here());
        }
    }

    // After an item: a comma (perhaps a trailing one) or the closing bracket. False when the structure is lost.
    bool end_of_item(char closing) {
        skip_space();
        if (lost_) return false;
        if (take(',')) {
            skip_space();
            return !lost_;
        }
        if (peek() == closing && at_ < text_.size()) return true;
        if (peek() == '"' || (closing == ']' && (peek() == '{' || peek() == '['))) {
            slip(std::string("missing ',' before ") + here());
            return true;
        }
        return lose(std::string("expected ',' or '") + closing + "', found " + here());
    }

    std::string_view take_word() {
        const size_t begin = at_;
        while (at_ < text_.size() && is_word_byte(text_[at_])) ++at_;
        return text_.substr(begin, at_ - begin);
    }

    void read_word(Node& node) {
        const std::string_view word = take_word();
        if (word == "true" || word == "false") {
            node.kind = Kind::boolean;
            node.boolean = word == "true";
        } else if (word == "null") {
            node.kind = Kind::null;
        } else if (is_json_number(word)) {
            read_number(node, word);
        } else {
            // The word itself may be a secret that lacks its quotes: it is not shown.
            const std::string hint = did_you_mean(word, {"true", "false", "null"});
            slip(hint.empty() ? "expected a value; strings and values with a unit stand in double quotes"
                              : "expected true, false or null" + hint);
        }
    }

    void read_number(Node& node, std::string_view word) {
        const char* end = word.data() + word.size();
        node.text = word;
        const auto whole = std::from_chars(word.data(), end, node.integer);
        if (whole.ec == std::errc{} && whole.ptr == end) {
            node.kind = Kind::integer;
            node.number = static_cast<double>(node.integer);
            return;
        }
        node.kind = Kind::number;
        const auto fraction = std::from_chars(word.data(), end, node.number);
        if (fraction.ec != std::errc{} || !std::isfinite(node.number)) slip("the number is out of range");
    }

    void read_string(std::string& out) {
        ++at_;  // the opening quote
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return;
            }
            if (c == '\n') {
                lose("the string has no closing quote");
                return;
            }
            if (c == '\\') {
                read_escape(out);
            } else {
                read_plain(out);
            }
        }
        lose("the string has no closing quote");
    }

    void read_plain(std::string& out) {
        const size_t n = utf8_length(text_.substr(at_));
        if (n == 0) {
            slip("a string holds bytes that are not UTF-8");
            ++at_;
            return;
        }
        if (static_cast<unsigned char>(text_[at_]) < 0x20)
            slip("a control character in a string; write it as \\t or \\u00XX");
        out += text_.substr(at_, n);
        at_ += n;
    }

    void read_escape(std::string& out) {
        static constexpr std::string_view kEscapes = "\"\\/bfnrt";
        static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (c == 'u') {
            read_unicode(out);
            return;
        }
        const size_t which = c == '\0' ? std::string_view::npos : kEscapes.find(c);
        ++at_;
        if (which == std::string_view::npos) {
            slip("unknown escape after '\\'; a backslash itself is written \\\\");
            return;
        }
        out += kMeanings[which];
        ++at_;
    }

    // \uXXXX, in pairs for what lies beyond the basic plane.
    void read_unicode(std::string& out) {
        int64_t c = take_hex();
        if (c >= 0xd800 && c < 0xdc00 && text_.substr(at_, 2) == "\\u") {
            const int64_t low = take_hex();
            c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : -1;
        }
        if (c == 0) {
            slip("\\u0000 is not allowed: client libraries would cut the value there");
        } else if (c < 0 || (c >= 0xd800 && c < 0xe000)) {
            slip("\\u needs four hexadecimal digits, and surrogates come in pairs");
        } else {
            append_utf8(out, static_cast<uint32_t>(c));
        }
    }

    int64_t take_hex() {
        at_ = std::min(at_ + 2, text_.size());  // past "\u"
        uint32_t value = 0;
        const std::string_view digits = text_.substr(at_, 4);
        const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        const auto n = static_cast<size_t>(end - digits.data());
        if (failure != std::errc{} || n != 4) return -1;
        at_ += 4;
        return value;
    }

    std::string_view text_;
    Report& report_;
    size_t at_ = 0;
    size_t values_ = 0;
    uint32_t line_ = 1;
    unsigned depth_ = 0;
    bool lost_ = false;
    bool slipped_ = false;
};

}  // namespace

bool read_syntax(std::string_view text, Node& root, Report& report) { return Reader(text, report).read(root); }

}  // namespace leat::config
