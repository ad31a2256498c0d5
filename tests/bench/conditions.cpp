// What a condition costs per message: the `if` of a branch, of filter and of others. Google Benchmark.
//
//   leat-bench-conditions [--benchmark_repetitions=5]
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "expression/condition.hpp"
#include "expression/scratch.hpp"

using namespace leat::expression;

namespace {

struct Case {
    const char* name;
    const char* condition;
};
constexpr std::array kCases{
    Case{"topic", "topic == 'plant/7/press/temp'"},
    Case{"level", "topic[2] == 'press'"},
    Case{"matches", "key matches 'press-[0-9]+'"},
    Case{"header", "header:unit == 'C'"},
    Case{"no-header", "exists header:none"},
    Case{"json", "json:/value > 80"},
    Case{"json-twice", "json:/value > 80 and json:/n < 20"},
    Case{"mixed", "topic[1] == 7 and (header:unit == 'C' or json:/value > 80)"},
};

void evaluate(benchmark::State& state, const char* text) {
    const leat_header headers[] = {{bytes("trace"), bytes("4711")}, {bytes("unit"), bytes("C")}};
    leat_message message{};
    message.topic = bytes("plant/7/press/temp");
    message.key = bytes("press-3");
    message.payload =
        bytes(R"({"n":17,"lane":1,"value":82.3,"fill":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})");
    message.headers = headers;
    message.header_count = 2;
    std::string error;
    const auto condition = Condition::compile(text, {'/', "r"}, error);
    if (!condition) {
        state.SkipWithError(error.c_str());
        return;
    }
    leat_text scratch{nullptr, 0, 0};
    leat_bytes why{};
    for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(condition->evaluate(message, scratch, why));
    clear(scratch);
    state.SetItemsProcessed(state.iterations());
    state.SetLabel(text);
}

}  // namespace

int main(int argc, char** argv) {
    for (const Case& c : kCases)
        benchmark::RegisterBenchmark((std::string("conditions/") + c.name).c_str(), evaluate, c.condition);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
}
