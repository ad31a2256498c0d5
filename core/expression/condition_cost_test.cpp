// Conditions are compiled once; evaluating one costs no memory.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "expression/condition.hpp"
#include "expression/scratch.hpp"

namespace {

thread_local size_t allocations = 0;

}  // namespace

void* operator new(size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size ? size : 1)) return memory;
    throw std::bad_alloc();
}
// All forms that the library uses, so that what one hands out is never freed by another's owner.
void* operator new(size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

using namespace leat::expression;

TEST_CASE("a condition is evaluated without allocating") {
    const leat_header headers[] = {{bytes("unit"), bytes("C")}, {bytes("limit"), bytes("80")}};
    leat_message message{};
    message.topic = bytes("plant/7/temp");
    message.key = bytes("d7");
    message.payload = bytes(R"({"id": "a\u0022b", "list": [1, {"value": 80.5}], "text": "81"})");
    message.headers = headers;
    message.header_count = 2;
    for (const char* text :
         {"topic == 'plant/7/temp'", "topic[1] >= 7 and not topic[2] == 'flow'", "key matches 'd[0-9]+'",
          "header:unit == 'C' and header:limit < json:/text", "json:/list/1/value > 80 or exists json:/none",
          "json:/id == 'a\"b'", "exists header:none or payload matches '.*value.*'", "json:/none > 1"}) {
        CAPTURE(text);
        std::string error;
        const auto condition = Condition::compile(text, {'/', "r"}, error);
        REQUIRE_MESSAGE(condition, error);
        leat_text scratch{nullptr, 0, 0};
        leat_bytes why{};
        condition->evaluate(message, scratch, why);  // scratch has its size from here on
        const void* kept = scratch.data;
        const size_t before = allocations;
        for (int i = 0; i < 1000; ++i) condition->evaluate(message, scratch, why);
        CHECK(allocations == before);
        CHECK(scratch.data == kept);
        clear(scratch);
    }
}
