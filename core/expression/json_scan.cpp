#include "expression/json_scan.hpp"

#include <charconv>
#include <cstring>

#include "expression/scratch.hpp"

namespace leat::expression {
namespace {

constexpr unsigned kMaxDepth = 64;  // one bit each in Scanner::skip_nested

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 8259's number at the beginning of `text`; its length, or 0.
size_t number_length(std::string_view text) {
    size_t i = 0;
    const auto digits = [&] {
        const size_t begin = i;
        while (i < text.size() && is_digit(text[i])) ++i;
        return i - begin;
    };
    if (i < text.size() && text[i] == '-') ++i;
    const bool zero = i < text.size() && text[i] == '0';
    const size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return 0;
    if (i < text.size() && text[i] == '.') {
        ++i;
        if (digits() == 0) return 0;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
        if (digits() == 0) return 0;
    }
    return i;
}

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    // Moves from a value to the one that `step` names inside it.
    JsonScan enter(const JsonPointer::Step& step) {
        skip_space();
        if (take('{')) return find_member(step.name);
        if (take('[')) return step.index ? find_element(*step.index) : JsonScan::absent;
        JsonValue scalar;
        return take_value(scalar) ? JsonScan::absent : JsonScan::malformed;
    }

    bool take_value(JsonValue& out) {
        skip_space();
        if (at_ >= text_.size()) return false;
        const size_t begin = at_;
        switch (text_[at_]) {
            case '"':
                out.kind = JsonKind::string;
                return take_string(out.text, out.escaped);
            case '{':
            case '[':
                out.kind = text_[at_] == '{' ? JsonKind::object : JsonKind::array;
                if (!skip_nested()) return false;
                break;
            case 't':
            case 'f':
                out.kind = JsonKind::boolean;
                if (!take_word(text_[at_] == 't' ? "true" : "false")) return false;
                break;
            case 'n':
                out.kind = JsonKind::null;
                if (!take_word("null")) return false;
                break;
            default: {
                out.kind = JsonKind::number;
                const size_t n = number_length(text_.substr(at_));
                if (n == 0 || !ends_at(at_ + n)) return false;
                at_ += n;
            }
        }
        out.escaped = false;
        out.text = text_.substr(begin, at_ - begin);
        return true;
    }

  private:
    void skip_space() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
            ++at_;
    }

    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    // Whether a word or number may end before `place`.
    bool ends_at(size_t place) const {
        if (place >= text_.size()) return true;
        const char c = text_[place];
        return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    bool take_word(std::string_view word) {
        if (text_.substr(at_, word.size()) != word || !ends_at(at_ + word.size())) return false;
        at_ += word.size();
        return true;
    }

    bool take_string(std::string_view& raw, bool& escaped) {
        const size_t begin = at_ + 1;
        size_t end = begin;
        while (true) {
            end = text_.find('"', end);
            if (end == std::string_view::npos) return false;
            size_t slashes = 0;
            while (end - slashes > begin && text_[end - slashes - 1] == '\\') ++slashes;
            if (slashes % 2 == 0) break;
            ++end;
        }
        raw = text_.substr(begin, end - begin);
        escaped = !raw.empty() && std::memchr(raw.data(), '\\', raw.size()) != nullptr;
        at_ = end + 1;
        return true;
    }

    // Past an object or list: strings and brackets are followed, the rest is not looked at.
    bool skip_nested() {
        uint64_t objects = 0;  // one bit for each open bracket, the innermost lowest
        unsigned depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                std::string_view raw;
                bool escaped = false;
                if (!take_string(raw, escaped)) return false;
                continue;
            }
            ++at_;
            if (c == '{' || c == '[') {
                if (++depth > kMaxDepth) return false;
                objects = (objects << 1) | (c == '{' ? 1U : 0U);
            } else if (c == '}' || c == ']') {
                if ((objects & 1U) != (c == '}' ? 1U : 0U)) return false;
                objects >>= 1;
                if (--depth == 0) return true;
            }
        }
        return false;
    }

    // After an item: true when another follows.
    bool another(char closing, bool& malformed) {
        skip_space();
        if (take(',')) return true;
        malformed = !take(closing);
        return false;
    }

    JsonScan find_member(std::string_view name) {
        skip_space();
        if (take('}')) return JsonScan::absent;
        bool malformed = false;
        do {
            skip_space();
            std::string_view raw;
            bool escaped = false;
            if (at_ >= text_.size() || text_[at_] != '"' || !take_string(raw, escaped)) return JsonScan::malformed;
            skip_space();
            if (!take(':')) return JsonScan::malformed;
            if (escaped ? same_name(raw, name) : raw == name) return JsonScan::found;
            JsonValue skipped;
            if (!take_value(skipped)) return JsonScan::malformed;
        } while (another('}', malformed));
        return malformed ? JsonScan::malformed : JsonScan::absent;
    }

    JsonScan find_element(uint32_t index) {
        skip_space();
        if (take(']')) return JsonScan::absent;
        bool malformed = false;
        do {
            if (index-- == 0) return JsonScan::found;
            JsonValue skipped;
            if (!take_value(skipped)) return JsonScan::malformed;
        } while (another(']', malformed));
        return malformed ? JsonScan::malformed : JsonScan::absent;
    }

    static bool same_name(std::string_view raw, std::string_view name) {
        struct Kept {
            leat_text text{nullptr, 0, 0};
            ~Kept() { clear(text); }
        };
        thread_local Kept decoded;  // kept, so that a peer who escapes names costs no allocation per message
        decoded.text.size = 0;
        return decode_json_string(raw, decoded.text) && view({decoded.text.data, decoded.text.size}) == name;
    }

    std::string_view text_;
    size_t at_ = 0;
};

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The four digits of \uXXXX at `raw`, or -1.
int32_t code_unit(std::string_view raw) {
    if (raw.size() < 4) return -1;
    int32_t value = 0;
    for (size_t i = 0; i < 4; ++i) {
        const int digit = hex_value(raw[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

void append_utf8(leat_text& out, uint32_t c) {
    char encoded[4];
    size_t n = 0;
    const auto byte = [&](uint32_t b) { encoded[n++] = static_cast<char>(static_cast<unsigned char>(b)); };
    if (c < 0x80) {
        byte(c);
    } else {
        if (c < 0x800) {
            byte(0xc0 | (c >> 6));
        } else {
            if (c < 0x10000) {
                byte(0xe0 | (c >> 12));
            } else {
                byte(0xf0 | (c >> 18));
                byte(0x80 | ((c >> 12) & 0x3f));
            }
            byte(0x80 | ((c >> 6) & 0x3f));
        }
        byte(0x80 | (c & 0x3f));
    }
    append(out, {encoded, n});
}

// Past a \u escape (`raw` begins behind the "u"). False when it is malformed.
bool decode_unicode(std::string_view& raw, leat_text& out) {
    int32_t c = code_unit(raw);
    if (c < 0 || (c >= 0xdc00 && c < 0xe000)) return false;
    raw.remove_prefix(4);
    if (c >= 0xd800 && c < 0xdc00) {
        if (raw.substr(0, 2) != "\\u") return false;
        const int32_t low = code_unit(raw.substr(2));
        if (low < 0xdc00 || low >= 0xe000) return false;
        raw.remove_prefix(6);
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, static_cast<uint32_t>(c));
    return true;
}

}  // namespace

std::optional<JsonPointer> JsonPointer::parse(std::string_view text, std::string& error) {
    JsonPointer pointer;
    if (!text.empty() && text.front() != '/') {
        error = "a JSON pointer begins with '/': json:/" + std::string(text);
        return std::nullopt;
    }
    while (!text.empty()) {
        text.remove_prefix(1);
        const std::string_view raw = text.substr(0, text.find('/'));
        text.remove_prefix(raw.size());
        Step step;
        for (size_t i = 0; i < raw.size(); ++i) {
            if (raw[i] != '~') {
                step.name += raw[i];
            } else if (i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1')) {
                step.name += raw[++i] == '0' ? '~' : '/';
            } else {
                error = "in a JSON pointer '~' is written ~0, and '/' in a name ~1";
                return std::nullopt;
            }
        }
        uint32_t index = 0;
        const char* end = raw.data() + raw.size();
        const auto read = std::from_chars(raw.data(), end, index);
        const bool canonical = raw.size() == 1 || (!raw.empty() && raw.front() != '0');
        if (read.ec == std::errc{} && read.ptr == end && canonical) step.index = index;
        pointer.steps_.push_back(std::move(step));
        if (pointer.steps_.size() > kMaxDepth) {
            error = "a JSON pointer has at most 64 steps";
            return std::nullopt;
        }
    }
    return pointer;
}

JsonScan find_json(std::string_view payload, const JsonPointer& pointer, JsonValue& out) {
    Scanner scanner(payload);
    for (const JsonPointer::Step& step : pointer.steps()) {
        const JsonScan found = scanner.enter(step);
        if (found != JsonScan::found) return found;
    }
    return scanner.take_value(out) ? JsonScan::found : JsonScan::malformed;
}

bool decode_json_string(std::string_view raw, leat_text& out) {
    static constexpr std::string_view kEscapes = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    while (!raw.empty()) {
        const std::string_view plain = raw.substr(0, raw.find('\\'));
        append(out, plain);
        raw.remove_prefix(plain.size());
        if (raw.empty()) return true;
        const char c = raw.size() > 1 ? raw[1] : '\0';
        raw.remove_prefix(raw.size() > 1 ? 2 : 1);
        if (c == 'u') {
            if (!decode_unicode(raw, out)) return false;
            continue;
        }
        const size_t which = c == '\0' ? std::string_view::npos : kEscapes.find(c);
        if (which == std::string_view::npos) return false;
        append(out, kMeanings.substr(which, 1));
    }
    return true;
}

}  // namespace leat::expression
