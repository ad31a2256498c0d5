#include "field_text.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include "amqp/bytes.hpp"

namespace leat::rabbitmq {
namespace {

constexpr int kDeepest = 32;  // levels of tables in tables that are shown

template <class Number>
void append_number(Number number, std::string& out) {
    std::array<char, 40> text;
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

// value / 10^decimals
void append_decimal(const amqp_decimal_t& decimal, std::string& out) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), decimal.value).ptr;
    std::string text(digits.data(), end);
    if (decimal.decimals > 0) {
        if (text.size() <= decimal.decimals) text.insert(0, decimal.decimals + 1U - text.size(), '0');
        text.insert(text.size() - decimal.decimals, 1, '.');
    }
    out += text;
}

void append_quoted(std::string_view text, std::string& out) {
    constexpr const char* kHex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += kHex[static_cast<unsigned char>(c) >> 4U];
            out += kHex[static_cast<unsigned char>(c) & 15U];
        } else {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
    }
    out += '"';
}

void append_json(const amqp_field_value_t& value, std::string& out, int depth);

void append_table(const amqp_table_t& table, std::string& out, int depth) {
    out += '{';
    for (int i = 0; i < table.num_entries; ++i) {
        if (i > 0) out += ',';
        append_quoted(text_of(table.entries[i].key), out);
        out += ':';
        append_json(table.entries[i].value, out, depth + 1);
    }
    out += '}';
}

void append_array(const amqp_array_t& array, std::string& out, int depth) {
    out += '[';
    for (int i = 0; i < array.num_entries; ++i) {
        if (i > 0) out += ',';
        append_json(array.entries[i], out, depth + 1);
    }
    out += ']';
}

void append_json(const amqp_field_value_t& value, std::string& out, int depth) {
    if (depth > kDeepest) {
        out += "null";
        return;
    }
    switch (value.kind) {
        case AMQP_FIELD_KIND_TABLE:
            return append_table(value.value.table, out, depth);
        case AMQP_FIELD_KIND_ARRAY:
            return append_array(value.value.array, out, depth);
        case AMQP_FIELD_KIND_VOID:
            out += "null";
            return;
        case AMQP_FIELD_KIND_UTF8:
        case AMQP_FIELD_KIND_BYTES:
            return append_quoted(text_of(value.value.bytes), out);
        default:
            return append_field(value, out);
    }
}

}  // namespace

void append_field(const amqp_field_value_t& value, std::string& out) {
    switch (value.kind) {
        case AMQP_FIELD_KIND_BOOLEAN:
            out += value.value.boolean != 0 ? "true" : "false";
            return;
        case AMQP_FIELD_KIND_I8:
            return append_number(static_cast<int>(value.value.i8), out);
        case AMQP_FIELD_KIND_U8:
            return append_number(static_cast<unsigned>(value.value.u8), out);
        case AMQP_FIELD_KIND_I16:
            return append_number(value.value.i16, out);
        case AMQP_FIELD_KIND_U16:
            return append_number(value.value.u16, out);
        case AMQP_FIELD_KIND_I32:
            return append_number(value.value.i32, out);
        case AMQP_FIELD_KIND_U32:
            return append_number(value.value.u32, out);
        case AMQP_FIELD_KIND_I64:
            return append_number(value.value.i64, out);
        case AMQP_FIELD_KIND_U64:
        case AMQP_FIELD_KIND_TIMESTAMP:
            return append_number(value.value.u64, out);
        case AMQP_FIELD_KIND_F32:
            return append_number(value.value.f32, out);
        case AMQP_FIELD_KIND_F64:
            return append_number(value.value.f64, out);
        case AMQP_FIELD_KIND_DECIMAL:
            return append_decimal(value.value.decimal, out);
        case AMQP_FIELD_KIND_UTF8:
        case AMQP_FIELD_KIND_BYTES:
            out += text_of(value.value.bytes);
            return;
        case AMQP_FIELD_KIND_TABLE:
        case AMQP_FIELD_KIND_ARRAY:
            return append_json(value, out, 0);
        default:
            return;
    }
}

}  // namespace leat::rabbitmq
