#include "field_text.hpp"

#include <doctest/doctest.h>

#include <string_view>

using leat::rabbitmq::append_field;

namespace {

amqp_bytes_t of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

std::string text(const amqp_field_value_t& value) {
    std::string out;
    append_field(value, out);
    return out;
}

template <class Set>
amqp_field_value_t field(char kind, Set&& set) {
    amqp_field_value_t value{};
    value.kind = static_cast<std::uint8_t>(kind);
    set(value.value);
    return value;
}

}  // namespace

TEST_CASE("AMQP field values of each type have a text") {
    CHECK(text(field('t', [](auto& v) { v.boolean = 1; })) == "true");
    CHECK(text(field('b', [](auto& v) { v.i8 = -7; })) == "-7");
    CHECK(text(field('B', [](auto& v) { v.u8 = 200; })) == "200");
    CHECK(text(field('s', [](auto& v) { v.i16 = -300; })) == "-300");
    CHECK(text(field('u', [](auto& v) { v.u16 = 60'000; })) == "60000");
    CHECK(text(field('I', [](auto& v) { v.i32 = -70'000; })) == "-70000");
    CHECK(text(field('i', [](auto& v) { v.u32 = 4'000'000'000; })) == "4000000000");
    CHECK(text(field('l', [](auto& v) { v.i64 = INT64_MIN; })) == "-9223372036854775808");
    CHECK(text(field('L', [](auto& v) { v.u64 = UINT64_MAX; })) == "18446744073709551615");
    CHECK(text(field('f', [](auto& v) { v.f32 = 0.5F; })) == "0.5");
    CHECK(text(field('d', [](auto& v) { v.f64 = 0.1; })) == "0.1");
    CHECK(text(field('T', [](auto& v) { v.u64 = 1'700'000'000; })) == "1700000000");
    CHECK(text(field('S', [](auto& v) { v.bytes = of("h\xc3\xa4"); })) == "h\xc3\xa4");
    CHECK(text(field('x', [](auto& v) { v.bytes = of(std::string_view("\0\1", 2)); })) == std::string("\0\1", 2));
    CHECK(text(field('V', [](auto&) {})).empty());
}

TEST_CASE("AMQP decimals are written with their point") {
    const auto decimal = [](int decimals, std::uint32_t value) {
        return text(field('D', [&](auto& v) { v.decimal = {static_cast<std::uint8_t>(decimals), value}; }));
    };
    CHECK(decimal(0, 42) == "42");
    CHECK(decimal(2, 1234) == "12.34");
    CHECK(decimal(4, 5) == "0.0005");
    CHECK(decimal(1, 5) == "0.5");
}

TEST_CASE("tables and arrays become JSON, with text quoted") {
    amqp_field_value_t items[2] = {field('I', [](auto& v) { v.i32 = 1; }),
                                   field('S', [](auto& v) { v.bytes = of("a\"b\n"); })};
    amqp_table_entry_t entries[2] = {{of("count"), field('l', [](auto& v) { v.i64 = 3; })},
                                     {of("list"), field('A', [&](auto& v) {
                                          v.array = {2, items};
                                      })}};
    CHECK(text(field('F', [&](auto& v) { v.table = {2, entries}; })) == R"({"count":3,"list":[1,"a\"b\u000a"]})");
    CHECK(text(field('A', [&](auto& v) { v.array = {0, nullptr}; })) == "[]");
}

TEST_CASE("tables nested without end are cut") {
    amqp_field_value_t value = field('I', [](auto& v) { v.i32 = 1; });
    amqp_field_value_t levels[100];
    for (auto& level : levels) {
        level = field('A', [&](auto& v) { v.array = {1, &value}; });
        value = level;  // each contains itself: as deep as it is asked
    }
    value = levels[0];
    levels[0].value.array.entries = &value;
    CHECK(text(value).size() < 1000);
}
