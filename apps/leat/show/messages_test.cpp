#include "show/messages.hpp"

#include <doctest/doctest.h>

using namespace leat;
using namespace leat::app;

TEST_CASE("a message for each line; what is absent stays absent") {
    std::string error;
    const auto messages = parse_messages(
        "{\"topic\":\"a/b\",\"key\":\"k\",\"payload\":{\"value\": 1},\"headers\":{\"unit\":\"C\",\"n\":2}}\n"
        "\n"
        "{\"topic\":\"t\",\"payload\":null}\r\n"
        "{\"payload_base64\":\"/wA=\"}",
        error);
    REQUIRE(messages);
    REQUIRE(messages->size() == 3);
    CHECK(messages->at(0).topic == "a/b");
    CHECK(messages->at(0).key == "k");
    CHECK(messages->at(0).payload == "{\"value\":1}");
    CHECK(messages->at(0).headers == std::vector<std::pair<std::string, std::string>>{{"unit", "C"}, {"n", "2"}});
    CHECK_FALSE(messages->at(1).key);
    CHECK_FALSE(messages->at(1).payload);
    CHECK(messages->at(2).payload == std::string("\xff\0", 2));
}

TEST_CASE("a line that is no message is told with its number") {
    std::string error;
    CHECK_FALSE(parse_messages("{\"topic\":\"t\"}\nnonsense", error));
    CHECK(error.find("line 2: no JSON object") == 0);
    CHECK_FALSE(parse_messages("{\"topci\":\"t\"}", error));
    CHECK(error.find("line 1: unknown name \"topci\"") == 0);
    CHECK_FALSE(parse_messages("{\"payload_base64\":\"x\"}", error));
    CHECK(error == "line 1: \"payload_base64\" is no base64");
}

TEST_CASE("bytes that are no UTF-8 are shown as base64") {
    nlohmann::ordered_json json;
    add_message(json, {"t", std::nullopt, std::string("\xff\0", 2), {{"h", "v"}}});
    CHECK(json.dump() == R"({"topic":"t","key":null,"payload_base64":"/wA=","headers":[{"name":"h","value":"v"}]})");
    for (const std::string bytes : {"", "a", "ab", "abc", "abcd"}) CHECK(from_base64(to_base64(bytes)) == bytes);
}
