// JSON payloads, read within limits: no payload can exhaust the stack, lose digits or pass where it is no JSON.
//
//     bounded_json::Json value;
//     std::string why;
//     if (!bounded_json::read(message.payload(), value, why)) return message.reject(why);
//         // "the payload is no JSON: byte 7: ..."
//     std::string text = bounded_json::write(value);
//
// For stages that work on JSON; header-only, over nlohmann/json. Members of objects come out in the order of their
// names. Any thread.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bounded_json {

using Json = nlohmann::json;

inline constexpr size_t kMostNested = 128;  ///< levels of arrays and objects; writing and comparing recurse

/// What nlohmann's parser tells, made into a value, or counted only. Stops at the first thing that is wrong.
class Reader : public nlohmann::json_sax<Json> {
  public:
    /// into  nullptr: only whether it is JSON.
    explicit Reader(Json* into) : root_(into) {}
    const std::string& why() const { return why_; }

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    // Also called for integers beyond 64 bits: as floating point they would lose digits.
    bool number_float(number_float_t value, const string_t& text) override {
        if (root_ && text.find_first_of(".eE") == text.npos) {
            why_ = "the number " + text.substr(0, 40) + " is beyond 64 bits";
            return false;
        }
        return put(value);
    }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Json::value_t::object); }
    bool key(string_t& name) override {
        if (root_) name_ = std::move(name);
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Json::value_t::array); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) override {
        why_ = "byte " + std::to_string(byte) + ": " + words(error.what());
        return false;
    }

  private:
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ..." without its preambles.
    static std::string words(std::string_view text) {
        if (const size_t end = text.find("] "); end != text.npos) text.remove_prefix(end + 2);
        if (const size_t end = text.find(": "); end != text.npos) text.remove_prefix(end + 2);
        std::string clean;
        for (const char c : text.substr(0, 160)) {
            const bool is_plain = static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
            clean += is_plain ? c : '?';
        }
        return clean;
    }
    template <class T>
    bool put(T&& value) {
        if (root_) place(Json(std::forward<T>(value)));
        return true;
    }
    Json* place(Json&& value) {
        if (stack_.empty()) return &(*root_ = std::move(value));
        Json& parent = *stack_.back();
        if (parent.is_array()) return &parent.emplace_back(std::move(value));
        return &(parent[name_] = std::move(value));
    }
    bool open(Json::value_t kind) {
        if (++depth_ > kMostNested) {
            why_ = "it nests deeper than " + std::to_string(kMostNested) + " levels";
            return false;
        }
        if (root_) stack_.push_back(place(Json(kind)));
        return true;
    }
    bool close() {
        --depth_;
        if (root_) stack_.pop_back();
        return true;
    }

    Json* root_;
    std::vector<Json*> stack_;  // open arrays and objects; an element moves only after its own are closed
    size_t depth_ = 0;
    std::string name_;
    std::string why_;
};

/// Reads a whole payload. False: `why` says what is wrong and where.
inline bool read(std::string_view payload, Json* into, std::string& why) {
    Reader reader(into);
    // The parser takes a NUL for the end; in JSON there is none.
    const size_t nul = payload.find('\0');
    if (nul != payload.npos) {
        why = "the payload is no JSON: byte " + std::to_string(nul + 1) + ": a NUL";
    } else if (!Json::sax_parse(payload.begin(), payload.end(), &reader)) {
        why = "the payload is no JSON that can be read: " + reader.why();
    } else {
        return true;
    }
    return false;
}
inline bool read(std::string_view payload, Json& into, std::string& why) { return read(payload, &into, why); }
/// Only whether it is JSON.
inline bool is_json(std::string_view payload, std::string& why) { return read(payload, nullptr, why); }

/// Compact text. Texts that are no UTF-8 throw: only what read() gave or is known to be UTF-8 may be inside.
inline std::string write(const Json& value) { return value.dump(); }

}  // namespace bounded_json
