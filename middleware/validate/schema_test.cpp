#include "schema.hpp"

#include <doctest/doctest.h>

using namespace leat::validate;

namespace {

// "" when the value follows the schema, else what comes behind the preamble.
std::string refusal(const char* schema, const std::string& value) {
    std::string why;
    if (Schema(Json::parse(schema)).accepts(Json::parse(value), why)) return "";
    const std::string preamble = "the payload does not follow the schema: ";
    CHECK(why.starts_with(preamble));
    return why.substr(preamble.size());
}

struct Row {
    const char* schema;
    std::vector<const char*> good, bad;
};

}  // namespace

TEST_CASE("each keyword takes what it should and nothing else") {
    const Row rows[] = {
        {"true", {"1", "{}"}, {}},
        {"false", {}, {"1"}},
        {R"({"type":"integer"})", {"1", "-3", "2.0"}, {"1.5", "\"1\"", "null"}},
        {R"({"type":["string","null"]})", {"\"\"", "null"}, {"0", "false", "[]"}},
        {R"({"type":"number"})", {"1", "1.5"}, {"\"1\""}},
        {R"({"enum":["a",1,null]})", {"\"a\"", "1", "null"}, {"\"b\"", "2"}},
        {R"({"const":{"a":[1]}})", {R"({"a":[1]})"}, {R"({"a":[2]})"}},
        {R"({"minimum":1,"exclusiveMaximum":3})", {"1", "2.9", "\"text\""}, {"0.9", "3"}},
        {R"({"exclusiveMinimum":1,"maximum":3})", {"1.1", "3"}, {"1", "3.1"}},
        {R"({"minLength":2,"maxLength":3})", {"\"éé\"", "\"abc\"", "7"}, {"\"é\"", "\"abcd\""}},
        {R"({"minItems":1,"maxItems":2,"items":{"type":"integer"}})",
         {"[1]", "[1,2]", "{}"},
         {"[]", "[1,2,3]", "[\"a\"]"}},
        {R"({"properties":{"a":{"type":"integer"}},"required":["a"]})",
         {R"({"a":1})", R"({"a":1,"b":2})", "3"},
         {"{}", R"({"a":"x"})"}},
        {R"({"properties":{"a":true},"additionalProperties":false})", {"{}", R"({"a":1})"}, {R"({"b":1})"}},
        {R"({"additionalProperties":{"type":"string"}})", {R"({"b":"x"})"}, {R"({"b":1})"}},
        {R"({"minProperties":1,"maxProperties":1})", {R"({"b":1})"}, {"{}", R"({"b":1,"c":1})"}},
        {R"({"allOf":[{"minimum":1},{"maximum":2}]})", {"1"}, {"0", "3"}},
        {R"({"anyOf":[{"const":1},{"const":2}]})", {"1", "2"}, {"3"}},
        {R"({"oneOf":[{"minimum":1},{"maximum":2}]})", {"0", "3"}, {"1"}},
        {R"({"not":{"type":"null"}})", {"1"}, {"null"}},
        {R"({"$ref":"#/$defs/x","$defs":{"x":{"type":"integer"}}})", {"1"}, {"\"a\""}},
        {R"({"properties":{"next":{"$ref":"#"}},"additionalProperties":false})",
         {R"({"next":{"next":{}}})"},
         {R"({"next":{"next":{"x":1}}})"}},
        {R"({"title":"t","description":"d","format":"email","$schema":"s"})", {"1"}, {}}};
    for (const Row& row : rows) {
        CAPTURE(row.schema);
        for (const char* value : row.good) CHECK_MESSAGE(refusal(row.schema, value) == "", value);
        for (const char* value : row.bad) CHECK_MESSAGE(refusal(row.schema, value) != "", value);
    }
}

TEST_CASE("a refusal says where and what") {
    const char* schema = R"({"type":"object","required":["id"],"properties":{
        "id":{"type":"string"},"values":{"items":{"maximum":100}}}})";
    CHECK(refusal(schema, "[]") == "it is of type array, not object");
    CHECK(refusal(schema, "{}") == "it lacks \"id\"");
    CHECK(refusal(schema, R"({"id":7})") == "/id: is of type integer, not string");
    CHECK(refusal(schema, R"({"id":"a","values":[1,2,101]})") == "/values/2: is above maximum");
}

TEST_CASE("a schema that cannot be understood is refused, with the place") {
    const auto fails = [](const char* schema, const char* words) {
        CHECK_THROWS_WITH(Schema(Json::parse(schema)), words);
    };
    fails("7", "schema: /: a schema is an object, true or false");
    fails(R"({"properties":{"a":{"type":"int"}}})", "schema: /properties/a/type: there is no type \"int\"");
    fails(R"({"pattern":"a"})", "schema: /pattern: this keyword is not supported");
    fails(R"({"minLength":-1})", "schema: /minLength: is a whole number from 0");
    fails(R"({"$ref":"#/$defs/none"})", "schema: /$ref: there is nothing at #/$defs/none");
    fails(R"({"$ref":"http://x"})", "schema: /$ref: only references within the schema, such as \"#/$defs/device\"");
}

TEST_CASE("references that go round and branches without end are given up, not followed") {
    CHECK(refusal(R"({"$ref":"#"})", "1").find("takes too long") != std::string::npos);
    CHECK(refusal(R"({"anyOf":[{"$ref":"#"},{"$ref":"#"}]})", "1") != "");
    CHECK(refusal(R"({"$defs":{"x":{"not":{"$ref":"#/$defs/x"}}},"$ref":"#/$defs/x"})", "1") != "");
}
