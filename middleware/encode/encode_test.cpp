#include "encode.hpp"

#include "support/stage_model.hpp"

using namespace leat::encode;
using namespace leat::test;

namespace {

std::string text(As as, std::string_view bytes) {
    std::string out;
    encode(as, bytes, out);
    return out;
}

}  // namespace

TEST_CASE("the examples of RFC 4648 section 10") {
    const std::pair<const char*, const char*> base64[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, expected] : base64) CHECK(text(As::base64, bytes) == expected);
    CHECK(text(As::hex, "foobar") == "666f6f626172");
    CHECK(text(As::base64url, "fo") == "Zm8");
    CHECK(text(As::base64, "\xfb\xff\xfe") == "+//+");
    CHECK(text(As::base64url, "\xfb\xff\xfe") == "-__-");
    CHECK(text(As::hex, std::string_view("\0\xff", 2)) == "00ff");
}

TEST_CASE("every payload is written as text, alone, and what has none passes") {
    for (const As as : {As::base64, As::base64url, As::hex}) {
        StageModel<Encode> test([as](Encode& stage, StageRig&) { stage.as = as; });
        std::vector<Plain> messages;
        std::mt19937 random(7);
        for (uint32_t i = 0; i < 400; ++i) {
            std::string payload(random() % 70, '\0');
            for (char& c : payload) c = static_cast<char>(random());
            messages.push_back({.payload = payload, .headers = {{"h", "1"}}, .lane = i % 3, .flags = i});
            if (i % 9 == 0) messages.back().payload.reset();
        }
        test.check(
            [as](Plain m) {
                if (m.payload) m.payload = text(as, *m.payload);
                return passed(m);
            },
            messages);
    }
}
