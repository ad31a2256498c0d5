#include "envelope.hpp"

#include "support/stage_model.hpp"

using namespace leat::test;
using namespace leat::envelope;

namespace {

// What a message becomes in one stage; "!" and the reason where it is refused.
Plain through(Mode mode, As as, const Plain& m) {
    StageRig rig;
    rig.make<Envelope>([&](Envelope& stage, StageRig&) { stage.mode = mode, stage.payload = as; });
    rig.push(std::vector<Plain>{m});
    if (rig.me.failures.empty()) return plain(rig.below.messages.at(0));
    Plain refused{.payload = "!" + rig.me.failures[0].reason};
    rig.me.settle(0, LEAT_REJECT);
    return refused;
}

std::string refusal(const std::string& payload, As as = As::text) {
    return through(Mode::unwrap, as, {.payload = payload}).payload.value_or("");
}

std::vector<Plain> messages(std::mt19937& random) {
    std::vector<Plain> all;
    const auto bytes = [&] {
        std::string text(random() % 12, 'a');
        if (random() % 3 == 0) text += static_cast<char>(random());
        return text;
    };
    for (uint32_t i = 0; i < 300; ++i) {
        Plain m{.topic = "t" + bytes(), .key = bytes(), .payload = bytes(), .lane = i % 3};
        m.timestamp_ns = i % 5 ? static_cast<int64_t>(random()) * 1'000'000 : 0;
        if (i % 7 == 0) m.key.reset();
        if (i % 9 == 0) m.payload.reset();
        for (size_t h = random() % 4; h > 0; --h)
            m.headers.insert(m.headers.begin(), {"h" + std::to_string(h), bytes()});
        m.flags = i;
        std::sort(m.headers.begin(), m.headers.end());
        all.push_back(std::move(m));
    }
    return all;
}

}  // namespace

TEST_CASE("a message is wrapped with all that it has") {
    Plain m{.topic = "a/b",
            .key = "k",
            .payload = "20.5",
            .headers = {{"unit", "C"}, {"twice", "1"}, {"none", {}}, {"twice", "2"}}};
    m.timestamp_ns = 1'709'210'096'000'000'001;
    CHECK(*through(Mode::wrap, As::text, m).payload ==
          R"({"headers":{"none":null,"twice":["1","2"],"unit":"C"},"key":"k","payload":"20.5",)"
          R"("timestamp":"2024-02-29T12:34:56.000000001Z","topic":"a/b"})");
    CHECK(*through(Mode::wrap, As::json, {.payload = R"({"v": 1})"}).payload ==
          R"({"key":"k","payload":{"v":1},"topic":"t"})");
    CHECK(*through(Mode::wrap, As::base64, {.payload = "foo"}).payload ==
          R"({"key":"k","payload":{"base64":"Zm9v"},"topic":"t"})");
    CHECK(through(Mode::wrap, As::json, {.payload = "{"}).payload->find("!the payload is no JSON") == 0);
    Plain bare{.topic = "\xff"};
    bare.key.reset(), bare.payload.reset();
    CHECK(*through(Mode::wrap, As::text, bare).payload == R"({"topic":{"base64":"/w=="}})");
}

TEST_CASE("what was wrapped comes back, every byte, whatever the batches") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto all = messages(random);
    for (const As as : {As::text, As::base64}) {
        std::vector<Plain> wrapped;
        for (const Plain& m : all) {
            wrapped.push_back(through(Mode::wrap, as, m));
            wrapped.back().key = std::to_string(wrapped.size() - 1);
            wrapped.back().topic = "carrier";
            wrapped.back().headers = {{"of", "the carrier"}};
        }
        StageModel<Envelope> test(
            [as](Envelope& stage, StageRig&) { stage.mode = Mode::unwrap, stage.payload = as; });
        test.check([&](const Plain& m) { return passed(all[static_cast<size_t>(std::stoi(*m.key))]); }, wrapped);
        StageModel<Envelope> wrap([as](Envelope& stage, StageRig&) { stage.payload = as; });
        wrap.check([as](const Plain& m) { return passed(through(Mode::wrap, as, m)); }, all);
    }
    for (const char* text : {"null", "\"a\"", "[1,{\"a\":null}]", "17", "{\"base64\":\"Zg==\"}"}) {
        const Plain wrapped = through(Mode::wrap, As::json, {.payload = text});
        CHECK(*through(Mode::unwrap, As::json, wrapped).payload == text);
    }
}

TEST_CASE("what is no envelope is rejected with the member that is wrong") {
    CHECK(refusal("[]") == "!the payload is no envelope: it is no object");
    CHECK(refusal("{\"topic\":").find("!the payload is no JSON") == 0);
    CHECK(refusal(R"({"topic":""})") == "!the payload is no envelope: /topic is no text, or empty");
    CHECK(refusal(R"({"key":7})") == "!the payload is no envelope: /key is neither a text nor base64");
    CHECK(refusal(R"({"payload":{"base64":"*"}})") ==
          "!the payload is no envelope: /payload is neither a text nor base64");
    CHECK(refusal(R"({"timestamp":17})").find("/timestamp is no time") != std::string::npos);
    CHECK(refusal(R"({"headers":[]})") == "!the payload is no envelope: /headers is no object");
    CHECK(refusal(R"({"headers":{"a":1}})") ==
          "!the payload is no envelope: /headers/a is neither a text nor base64");
    Json many = Json::object();
    for (int i = 0; i < 257; ++i) many["h" + std::to_string(i)] = "";
    CHECK(refusal(Json{{"headers", many}}.dump()) == "!the payload is no envelope: it has more than 256 headers");
    CHECK(refusal(std::string(1'000'000, '[')).find("nests deeper") != std::string::npos);
}
