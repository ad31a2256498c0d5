// What a condition costs per message, in nanoseconds: the `if` of a branch, of filter and of others.
//
//   leat-bench-conditions
#include <chrono>
#include <cstdio>
#include <string>

#include "expression/condition.hpp"
#include "expression/scratch.hpp"

using namespace leat::expression;

namespace {

constexpr int kMessages = 2'000'000;

double nanoseconds(const Condition& condition, const leat_message& message) {
    leat_text scratch{nullptr, 0, 0};
    leat_bytes why{};
    int yes = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kMessages; ++i) yes += condition.evaluate(message, scratch, why) == Verdict::yes;
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    clear(scratch);
    return yes < 0 ? 0 : took.count() / kMessages;
}

}  // namespace

int main() {
    const leat_header headers[] = {{bytes("trace"), bytes("4711")}, {bytes("unit"), bytes("C")}};
    leat_message message{};
    message.topic = bytes("plant/7/press/temp");
    message.key = bytes("press-3");
    message.payload =
        bytes(R"({"n":17,"lane":1,"value":82.3,"fill":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})");
    message.headers = headers;
    message.header_count = 2;
    for (const char* text :
         {"topic == 'plant/7/press/temp'", "topic[2] == 'press'", "key matches 'press-[0-9]+'", "header:unit == 'C'",
          "exists header:none", "json:/value > 80", "json:/value > 80 and json:/n < 20",
          "topic[1] == 7 and (header:unit == 'C' or json:/value > 80)"}) {
        std::string error;
        const auto condition = Condition::compile(text, {'/', "r"}, error);
        if (!condition) {
            std::fprintf(stderr, "%s: %s\n", text, error.c_str());
            return 1;
        }
        std::printf("%7.1f ns  %s\n", nanoseconds(*condition, message), text);
    }
    return 0;
}
