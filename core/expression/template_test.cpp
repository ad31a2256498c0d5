#include "expression/template.hpp"

#include <doctest/doctest.h>

#include "expression/scratch.hpp"

using namespace leat::expression;

namespace {

struct Sample {
    leat_header headers[3] = {
        {bytes("unit"), bytes("C")}, {bytes("none"), {nullptr, 0}}, {bytes("leat-exchange"), bytes("amq.topic")}};
    leat_message message{};
    Sample() {
        message.topic = bytes("plant/7/temp");
        message.key = bytes("dev-1");
        message.payload =
            bytes(R"({"value": 80.5, "name": "a\"b", "plain": "p", "n": null, "o": {"x": 1}, "e": ""})");
        message.headers = headers;
        message.header_count = 3;
        message.timestamp_ns = 1'700'000'000'123'456'789;
    }
};

std::string rendered(std::string_view text, const leat_message& message, char separator = '/') {
    std::string error;
    const auto compiled = Template::compile(text, {separator, "telemetry"}, error);
    if (!compiled) return "compile: " + error;
    leat_text scratch{nullptr, 0, 0};
    leat_bytes out{};
    const bool good = compiled->render(message, scratch, out);
    CHECK(out.data != nullptr);
    std::string result = (good ? "" : "missing: ") + std::string(view(out));
    clear(scratch);
    return result;
}

std::string rendered(std::string_view text) { return rendered(text, Sample().message); }

}  // namespace

TEST_CASE("every field is filled in") {
    CHECK(rendered("${topic}") == "plant/7/temp");
    CHECK(rendered("${topic[0]}") == "plant");
    CHECK(rendered("${topic[2]}") == "temp");
    CHECK(rendered("${key}") == "dev-1");
    CHECK(rendered("${header:unit}") == "C");
    CHECK(rendered("${json:/value}") == "80.5");
    CHECK(rendered("${json:/name}") == "a\"b");
    CHECK(rendered("${json:/o}") == "{\"x\": 1}");
    CHECK(rendered("${timestamp}") == "1700000000123");
    CHECK(rendered("${route}") == "telemetry");
    CHECK(rendered("${routing_key}") == "plant/7/temp");
    CHECK(rendered("${exchange}") == "amq.topic");
}

TEST_CASE("literals and fields are joined in order") {
    CHECK(rendered("devices/${key}/cmd") == "devices/dev-1/cmd");
    CHECK(rendered("${topic[0]}-${json:/name}-${timestamp}-${json:/plain}") == "plant-a\"b-1700000000123-p");
    CHECK(rendered("${route}.${key}") == "telemetry.dev-1");
    CHECK(rendered("") == "");
    CHECK(rendered("plain $ { } $x") == "plain $ { } $x");
}

TEST_CASE("a missing value is an error that names it, never empty") {
    CHECK(rendered("${topic[3]}") == "missing: topic[3]: the message has none");
    CHECK(rendered("a/${header:nope}/b") == "missing: header:nope: the message has none");
    CHECK(rendered("${header:none}") == "missing: header:none: the message has none");
    CHECK(rendered("${json:/nope}") == "missing: json:/nope: the payload has no such value");
    CHECK(rendered("${json:/n}") == "missing: json:/n: the payload has no such value");
    Sample sample;
    sample.message.key = {nullptr, 0};
    sample.message.timestamp_ns = 0;
    sample.message.payload = bytes("no json");
    CHECK(rendered("x${key}", sample.message) == "missing: key: the message has none");
    CHECK(rendered("${timestamp}", sample.message) == "missing: timestamp: the message has none");
    CHECK(rendered("${json:/a}", sample.message) == "missing: json:/a: the payload is not well-formed JSON");
    CHECK(rendered("${json:/a:-x}", sample.message) == "missing: json:/a: the payload is not well-formed JSON");
}

TEST_CASE("a default stands in for a missing or empty value") {
    CHECK(rendered("${header:nope:-none}") == "none");
    CHECK(rendered("<${json:/nope:-}>") == "<>");
    CHECK(rendered("${json:/e:-empty}") == "empty");
    CHECK(rendered("${key:-x}") == "dev-1");
    CHECK(rendered("${header:nope:-a:-b}") == "a:-b");
}

TEST_CASE("a present but empty value without default is empty") {
    Sample sample;
    sample.message.key = bytes("");
    CHECK(rendered("<${key}>", sample.message) == "<>");
    CHECK(rendered("${json:/e}") == "");
}

TEST_CASE("the separator is the source's") {
    Sample sample;
    sample.message.topic = bytes("a.b/c..d");
    CHECK(rendered("${topic[1]}", sample.message, '.') == "b/c");
    CHECK(rendered("<${topic[2]}>", sample.message, '.') == "<>");
    CHECK(rendered("${topic[3]}", sample.message, '.') == "d");
    CHECK(rendered("${topic[4]}", sample.message, '.').find("missing") == 0);
}

TEST_CASE("$${ is a literal") {
    CHECK(rendered("$${key}") == "${key}");
    CHECK(rendered("$$${key}") == "$${key}");
    CHECK(rendered("a$${b${key}c$") == "a${bdev-1c$");
}

TEST_CASE("a template that is none is refused in words") {
    CHECK(rendered("${key").find("compile: a placeholder has no closing") == 0);
    CHECK(rendered("${topci}").find("compile: unknown field \"topci\"") == 0);
    CHECK(rendered("${}").find("compile: unknown field") == 0);
    CHECK(rendered("${topic[-1]}").find("compile: topic[-1]: expected the number of a level") == 0);
    CHECK(rendered("${topic[]}").find("compile:") == 0);
    CHECK(rendered("${topic[99999999999]}").find("compile:") == 0);
    CHECK(rendered("${header:}").find("compile: expected the name of a header") == 0);
    CHECK(rendered("${json:value}").find("compile: a JSON pointer begins with '/'") == 0);
    CHECK(rendered(std::string(70'000, 'x')).find("compile: a template is at most") == 0);
}

TEST_CASE("a literal and a lone field are views, not copies") {
    Sample sample;
    std::string error;
    leat_text scratch{nullptr, 0, 0};
    leat_bytes out{};
    const auto field = Template::compile("${topic[1]}", {'/', ""}, error);
    REQUIRE(field->render(sample.message, scratch, out));
    CHECK(out.data == sample.message.topic.data + 6);
    const auto json = Template::compile("${json:/plain}", {'/', ""}, error);
    REQUIRE(json->render(sample.message, scratch, out));
    CHECK(out.data > sample.message.payload.data);
    CHECK(out.data < sample.message.payload.data + sample.message.payload.size);
    const auto literal = Template::compile("fixed-${route}", {'/', "r"}, error);
    REQUIRE(literal->render(sample.message, scratch, out));
    CHECK(literal->literal() == "fixed-r");
    CHECK_FALSE(json->literal());
    CHECK(scratch.capacity == 0);
}

TEST_CASE("a warm scratch text is not reallocated") {
    Sample sample;
    std::string error;
    leat_text scratch{nullptr, 0, 0};
    leat_bytes out{};
    const auto joined = Template::compile("a/${key}/${timestamp}/${json:/name}", {'/', ""}, error);
    REQUIRE(joined->render(sample.message, scratch, out));
    const char* memory = scratch.data;
    const size_t capacity = scratch.capacity;
    for (int i = 0; i < 100; ++i) REQUIRE(joined->render(sample.message, scratch, out));
    CHECK(scratch.data == memory);
    CHECK(scratch.capacity == capacity);
    CHECK(view(out) == "a/dev-1/1700000000123/a\"b");
    clear(scratch);
}
