#include "lines.hpp"

#include <leat/sdk/flow/message.hpp>

#include <doctest/doctest.h>

using namespace leat::console;
using leat::bytes;

namespace {

leat_message message(std::string_view topic, std::string_view payload) {
    leat_message m{};
    m.topic = bytes(topic);
    m.payload = bytes(payload);
    return m;
}

std::string json(const leat_message& m) {
    std::string out;
    append_json(out, m);
    return out;
}

}  // namespace

TEST_CASE("a message becomes one JSON line and comes back from it") {
    leat_message m = message("a/b", "x\n\"y\"\x01");
    m.key = bytes("k");
    const leat_header headers[] = {{bytes("h"), bytes("v\t")}, {bytes("i"), bytes("")}};
    m.headers = headers;
    m.header_count = 2;
    const std::string line = json(m);
    CHECK(line ==
          "{\"topic\":\"a/b\",\"key\":\"k\",\"payload\":\"x\\n\\\"y\\\"\\u0001\","
          "\"headers\":{\"h\":\"v\\t\",\"i\":\"\"}}\n");
    std::string why;
    const auto back = parse_json(line, why);
    REQUIRE(back);
    CHECK(*back->topic == "a/b");
    CHECK(*back->key == "k");
    CHECK(*back->payload == "x\n\"y\"\x01");
    CHECK(back->headers == std::vector<std::pair<std::string, std::string>>{{"h", "v\t"}, {"i", ""}});
}

TEST_CASE("bytes that are no UTF-8 travel as base64") {
    for (const std::string& payload : {std::string("\xff"), std::string("\xc3\x28!"), std::string("a\xed\xa0\x80z"),
                                       std::string("\xf4\x90\x80\x80 "), std::string("\0\xfe", 2)}) {
        const std::string line = json(message("t", payload));
        CHECK(line.find("\"payload_base64\":\"") != std::string::npos);
        std::string why;
        const auto back = parse_json(line, why);
        REQUIRE(back);
        CHECK(*back->payload == payload);
    }
    CHECK(json(message("t", "\xff")) == "{\"topic\":\"t\",\"payload_base64\":\"/w==\"}\n");
    CHECK(json(message("t", "Grüße €")) == "{\"topic\":\"t\",\"payload\":\"Grüße €\"}\n");
}

TEST_CASE("an absent payload is null, both ways") {
    leat_message m = message("t", "");
    m.payload = leat::kAbsent;
    CHECK(json(m) == "{\"topic\":\"t\",\"payload\":null}\n");
    std::string why;
    CHECK_FALSE(parse_json(json(m), why)->payload.has_value());
}

TEST_CASE("a payload that is JSON but no text is taken as its JSON text") {
    std::string why;
    CHECK(*parse_json(R"({"payload": {"value": 81.5}})", why)->payload == R"({"value":81.5})");
    CHECK(*parse_json(R"({"payload": 7})", why)->payload == "7");
}

TEST_CASE("a line that is no message is refused with the reason") {
    std::string why;
    CHECK_FALSE(parse_json("{", why));
    CHECK(why == "the line is no JSON");
    CHECK_FALSE(parse_json("[]", why));
    CHECK(why == "the line is JSON, but no object");
    CHECK_FALSE(parse_json(R"({"key_base64": "!"})", why));
    CHECK(why == "key_base64 is no base64");
    CHECK_FALSE(parse_json(R"({"headers": 1})", why));
}

TEST_CASE("a line can show topic, key and headers before the payload") {
    leat_message m = message("t", "p");
    m.key = bytes("k");
    const leat_header header{bytes("h"), bytes("v")};
    m.headers = &header;
    m.header_count = 1;
    std::string out;
    append_line(out, m, 0);
    append_line(out, m, kShowTopic | kShowKey | kShowHeaders);
    CHECK(out == "p\nt\tk\th=v\tp\n");
}

TEST_CASE("a separator splits a line into key and payload") {
    const Line line = parse_line("a:b:c", ":");
    CHECK(*line.key == "a");
    CHECK(*line.payload == "b:c");
    CHECK_FALSE(parse_line("abc", ":").key);
    CHECK_FALSE(parse_line("a:b", "").key);
}
