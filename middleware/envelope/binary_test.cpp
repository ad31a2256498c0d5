#include "binary.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace leat::envelope;

TEST_CASE("the examples of RFC 4648 section 10") {
    for (const auto& [bytes, text] : {std::pair{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"}}) {
        CHECK(to_base64(bytes)["base64"] == text);
    }
}

TEST_CASE("text stays text, other bytes come back from base64, and nothing else is taken for bytes") {
    CHECK(to_json("plain \xc3\xa9") == Json("plain \xc3\xa9"));
    CHECK(to_json("\xff") == Json{{"base64", "/w=="}});
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string again;
    for (int i = 0; i < 2000; ++i) {
        std::string bytes(random() % 20, '\0');
        for (char& c : bytes) c = static_cast<char>(random() % 3 ? 'a' + random() % 26 : random());
        REQUIRE(from_json(to_json(bytes), again));
        CHECK(again == bytes);
        REQUIRE(from_json(to_base64(bytes), again));
        CHECK(again == bytes);
    }
    for (const char* text : {"7", "null", "[]", "{}", R"({"base64":7})", R"({"base64":"Zg"})", R"({"base64":"Z==="})",
                             R"({"base64":"Zg==Zg=="})", R"({"base64":"Z*8="})", R"({"base64":"","x":1})"}) {
        CHECK_FALSE(from_json(Json::parse(text), again));
    }
}
