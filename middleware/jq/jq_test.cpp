#include "jq.hpp"

#include <thread>

#include "memory.hpp"
#include "support/stage_model.hpp"

extern "C" {
#include <jv.h>
}

using namespace std::chrono_literals;
using namespace leat::test;
using namespace leat::jq;

namespace {

constexpr Limits kLimits{50ms, 100, 1 << 20, 64 << 20, false};

Results run(const std::string& program, const std::string& payload, Limits limits = kLimits) {
    Engine engine(program, limits);
    engine.add(payload);
    engine.run();
    return engine.results(0);
}

}  // namespace

TEST_CASE("a program gives none, one or several results") {
    CHECK(run(".a", R"({"a":1})").texts == std::vector<std::string>{"1"});
    CHECK(run(".[]", "[1,\"b\",null]").texts == std::vector<std::string>{"1", "\"b\"", "null"});
    CHECK(run("empty", "1").texts.empty());
    CHECK(run("empty", "1").why.empty());
    CHECK(run(".", "\"a\"", {50ms, 1, 100, 64 << 20, true}).texts == std::vector<std::string>{"a"});
}

TEST_CASE("what fails says why, and the next payload is not touched by it") {
    CHECK(run(".a", "[1]").why == "the program fails: Cannot index array with string \"a\"");
    CHECK(run(".", "{").why.find("the payload is no JSON that can be read: ") == 0);
    CHECK(run(".", "").why == "the payload is no JSON that can be read: it is empty");
    CHECK(run(".", "1 2").why == "the payload is no JSON that can be read: something stands behind the value");
    CHECK(run(".", std::string("1\0", 2)).why.find("NUL") != std::string::npos);
    CHECK(run(".", std::string(1'000'000, '[')).why.find("no JSON") != std::string::npos);
    CHECK_THROWS_WITH(Engine(".a |", kLimits), doctest::Contains("program: "));
    CHECK_THROWS_WITH(Engine("nonesuch", kLimits), doctest::Contains("nonesuch"));
    Engine engine("if .bad then error(\"no\") elif .slow then last(range(1e12)) else .n end", kLimits);
    for (const char* payload : {R"({"n":1})", R"({"bad":true})", R"({"n":2})", R"({"slow":true})", R"({"n":3})"}) {
        engine.add(payload);
    }
    engine.run();
    CHECK(engine.results(0).texts.at(0) == "1");
    CHECK(engine.results(1).why == "the program fails: no");
    CHECK(engine.results(2).texts.at(0) == "2");
    CHECK(engine.results(3).why == "the program takes longer than max_time");
    CHECK(engine.results(4).texts.at(0) == "3");
}

TEST_CASE("no payload makes a program run, grow or nest without end") {
    CHECK(run("def f: f; f", "1").why.find("max_time") != std::string::npos);
    CHECK(run("[range(.)] | length", "1000000000000").why.find("max_time") != std::string::npos);
    CHECK(run("def f: 1 + f; f", "1").why.find("max_time") != std::string::npos);
    CHECK(run("range(.)", "1000000000000").why.find("more than max_results (100)") != std::string::npos);
    CHECK(run("repeat(.)", "1").why.find("more than max_results") != std::string::npos);
    CHECK(run("[range(.)]", "300000", {1s, 100, 1 << 20, 64 << 20, false}).why.find("larger than max_size") !=
          std::string::npos);
    CHECK(run("reduce range(.) as $i (0; [.])", "10000", {1s, 100, 1 << 20, 64 << 20, false}).why ==
          "a result nests deeper than 128 levels");
    CHECK(run("reduce range(.) as $i (0; [.])", "1000000000000").why != "");
}

TEST_CASE("no program takes more memory than it may, and the next payload has all of it again") {
    constexpr const char* kGreedy[] = {
        "[range(.)]",                // many small pieces
        "[range(.) | tostring]",     // each with one of its own
        ". as $n | [] | .[$n] = 1",  // one large piece
        "\"x\" * .",                 // a text repeated
        "[limit(.; repeat(\"x\"))] | add",
        "def f: [., .] | f; f",
        "def f: 1 + f; f",  // the interpreter's own stack
        "[range(.)] | sort | reverse | tojson | fromjson | implode",
        "[range(. / 100)] | @json | @base64 | @base64d | @uri | explode",
        "reduce range(.) as $i ({}; .[$i | tostring] = $i)",
    };
    constexpr Limits kRoomy{20s, 100, 1 << 20, 8 << 20, false};
    for (const std::string program : kGreedy) {
        CAPTURE(program);
        Engine engine("if type == \"number\" then " + program + " else .a end", kRoomy);
        for (int i = 0; i < 5; ++i) {
            engine.add("30000000");
            engine.add(R"({"a":[1,2,{"b":"c"}]})");
        }
        engine.run();
        for (size_t i = 0; i < 10; i += 2) {
            CHECK(engine.results(i).texts.empty());
            CHECK(engine.results(i).why == "the program takes more memory than max_memory (8388608 bytes)");
            CHECK(engine.results(i + 1).texts == std::vector<std::string>{R"([1,2,{"b":"c"}])"});
        }
    }
}

TEST_CASE("a payload larger than the memory is refused, also where it is one text") {
    constexpr Limits kTight{20s, 100, 1 << 20, 1 << 20, false};
    const std::string text = '"' + std::string(600'000, 'x') + '"';
    std::string list = "[0";
    for (int i = 0; i < 50'000; ++i) list += ",[]";
    Engine engine("length", kTight);
    for (const std::string& payload : {text, list + "]", std::string("[1]")}) engine.add(payload);
    engine.run();
    CHECK(engine.results(0).why.find("max_memory") != std::string::npos);
    CHECK(engine.results(1).why.find("max_memory") != std::string::npos);
    CHECK(engine.results(2).texts == std::vector<std::string>{"1"});
}

TEST_CASE("one operation is left where it asks for memory: when told to stop, and where there is none") {
    Memory memory(
        1 << 20, [](void*) {}, nullptr);
    Memory::bind(&memory);
    std::thread other([&] { memory.stop(); });
    const Memory::Step for_ever = [](void*) {
        for (;;) jv_free(jv_string("freed at once"));
    };
    CHECK(memory.run(for_ever, nullptr) == Memory::Left::for_time);
    other.join();
    memory.go_on();
    const Memory::Step growing = [](void*) {
        for (jv all = jv_array();;) all = jv_array_append(all, jv_string("kept"));
    };
    for (int i = 0; i < 3; ++i) {
        CHECK(memory.run(growing, nullptr) == Memory::Left::for_room);
        CHECK(memory.taken() > 1 << 19);
        memory.forget();
        CHECK(memory.taken() == 0);
    }
    CHECK(memory.run([](void*) { jv_free(jv_string("some")); }, nullptr) == Memory::Left::at_end);
    Memory::bind(nullptr);
}

TEST_CASE("messages become their results, whatever the batches") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::vector<Plain> messages;
    for (uint32_t i = 0; i < 300; ++i) {
        Plain m{.payload = "[", .headers = {{"h", "1"}}, .lane = i % 3, .flags = i};
        for (size_t n = random() % 4; n > 0; --n) *m.payload += std::to_string(random() % 100) + (n > 1 ? "," : "");
        *m.payload += "]";
        if (i % 7 == 0) m.payload = "{\"a\":";
        if (i % 11 == 0) m.payload.reset();
        if (i % 13 == 0) m.key.reset();
        messages.push_back(std::move(m));
    }
    StageModel<Jq> test([](Jq& stage, StageRig&) { stage.program = ".[]"; });
    test.check(
        [](const Plain& m) {
            if (!m.payload) return passed(m);
            if (m.payload->front() == '{') return rejected("no JSON");
            Fate fate;
            std::string text = m.payload->substr(1, m.payload->size() - 2);
            for (size_t at = 0; at < text.size();) {
                const size_t end = std::min(text.find(',', at), text.size());
                fate.out.push_back(m);
                fate.out.back().payload = text.substr(at, end - at);
                at = end + 1;
            }
            return fate;
        },
        messages);
}
