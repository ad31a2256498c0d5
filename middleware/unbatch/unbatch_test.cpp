#include "unbatch.hpp"

#include "support/stage_model.hpp"

using namespace leat::unbatch;
using namespace leat::test;

namespace {

struct Done {
    bool ok;
    std::vector<std::string> parts;
    std::string why;
};
Done run(Format format, std::string_view whole, size_t most = 100) {
    std::vector<std::string_view> parts;
    Done done;
    done.ok = split(format, whole, most, parts, done.why);
    done.parts.assign(parts.begin(), parts.end());
    return done;
}
using Parts = std::vector<std::string>;

}  // namespace

TEST_CASE("lines: between line feeds; empty ones are no messages") {
    CHECK(run(Format::lines, "a\nb\nc").parts == Parts{"a", "b", "c"});
    CHECK(run(Format::lines, "a\r\n\n\r\nb\n").parts == Parts{"a", "b"});
    CHECK(run(Format::lines, "").parts.empty());
    CHECK(run(Format::lines, "\n\n").ok);
}

TEST_CASE("json: the elements of an array, as they are written") {
    CHECK(run(Format::json, " [1, {\"a\": [2, 3]} ,\"x,]\"] ").parts == Parts{"1", "{\"a\": [2, 3]}", "\"x,]\""});
    CHECK(run(Format::json, "[ ]").ok);
    CHECK(run(Format::json, "[ ]").parts.empty());
    for (const char* bad : {"", "{}", "1", "[1", "[1,]", "[1 2]", "[1] 2", "[}"}) {
        CAPTURE(bad);
        CHECK_FALSE(run(Format::json, bad).ok);
        CHECK(run(Format::json, bad).why.starts_with("the payload is no JSON array: "));
    }
    CHECK(run(Format::json, "[1,]").why == "the payload is no JSON array: byte 4 does not belong there");
}

TEST_CASE("length_prefixed: each behind its length; a length beyond the end is told with its place") {
    using namespace std::string_literals;
    CHECK(run(Format::length_prefixed, "\0\0\0\1a\0\0\0\0\0\0\0\2bc"s).parts == Parts{"a", "", "bc"});
    CHECK(run(Format::length_prefixed, "").parts.empty());
    CHECK(run(Format::length_prefixed, "\0\0\0\1a\0\0\0\2b"s).why ==
          "the payload ends inside the message whose length stands at byte 6");
    CHECK_FALSE(run(Format::length_prefixed, "\0\0"s).ok);
    CHECK_FALSE(run(Format::length_prefixed, "\xff\xff\xff\xff"s).ok);
}

TEST_CASE("more messages than allowed are refused, in each format") {
    using namespace std::string_literals;
    for (const auto& [format, whole] : {std::pair{Format::lines, "a\nb\nc"s},
                                        {Format::json, "[1,2,3]"s},
                                        {Format::length_prefixed, std::string(12, '\0')}}) {
        CHECK(run(format, whole, 3).parts.size() == 3);
        CHECK(run(format, whole, 2).why == "the payload holds more than 2 messages");
    }
}

TEST_CASE(
    "each part carries topic, key and headers of the whole; nothing inside is dropped; what is wrong is rejected") {
    std::vector<Plain> messages;
    for (uint32_t i = 0; i < 500; ++i) {
        std::string lines;
        for (uint32_t k = 0; k < i * 7 % 12; ++k) lines += std::to_string(i) + "." + std::to_string(k) + "\n";
        messages.push_back({.payload = lines, .headers = {{"n", std::to_string(i)}}, .lane = i % 3});
        if (i % 19 == 0) messages.back().payload.reset();
    }
    StageModel<Unbatch> test([](Unbatch& stage, StageRig&) { stage.max_messages = 10; });
    test.check(
        [](const Plain& m) {
            std::vector<Plain> parts;
            for (const std::string& line : run(Format::lines, m.payload.value_or("")).parts) {
                parts.push_back(m);
                parts.back().payload = line;
            }
            if (parts.size() > 10) return rejected("more than 10");
            return parts.empty() ? dropped() : passed(parts);
        },
        messages);
}

TEST_CASE("parts under way are bounded, but for those of one message") {
    StageRig rig;
    rig.make<Unbatch>([](Unbatch&, StageRig&) {});
    std::string whole;
    for (int i = 0; i < 9'000; ++i) whole += std::to_string(i) + "\n";
    rig.push({Plain{.payload = whole}, Plain{.payload = "next"}}, 0);
    CHECK(rig.below.payloads.size() == 9'000);
    rig.below.settle_all(LEAT_ACK);
    rig.host.run();
    CHECK(rig.below.payloads.size() == 9'001);
    rig.below.settle_all(LEAT_ACK);
    CHECK(rig.told.count(LEAT_ACK) == 2);
}
