#include "pointer.hpp"

#include <doctest/doctest.h>

using namespace leat::json;

TEST_CASE("the pointers of RFC 6901 section 5 find what they name") {
    Json document =
        Json::parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})");
    CHECK(Pointer("").find(document) == &document);
    CHECK(*Pointer("/foo/0").find(document) == "bar");
    const std::pair<const char*, int> members[] = {{"/", 0},     {"/a~1b", 1}, {"/c%d", 2}, {"/e^f", 3}, {"/g|h", 4},
                                                   {"/i\\j", 5}, {"/k\"l", 6}, {"/ ", 7},   {"/m~0n", 8}};
    for (const auto& [text, value] : members) CHECK(*Pointer(text).find(document) == value);
    for (const char* text :
         {"/foo/2", "/foo/-", "/foo/01", "/foo/bar", "/x", "/foo/0/y", "/foo/99999999999999999999"}) {
        CHECK(Pointer(text).find(document) == nullptr);
    }
}

TEST_CASE("what is no pointer is refused in words") {
    CHECK_THROWS_WITH(Pointer("a"), "\"a\" is no JSON pointer: it begins with /, as in \"/device/id\"");
    CHECK_THROWS(Pointer("/a~"));
    CHECK_THROWS(Pointer("/a~2"));
    CHECK_THROWS(Pointer(std::string(65, '/')));
}

TEST_CASE("a value is placed where it can be, and taken from there") {
    Json value = Json::parse(R"({"a":[1,2],"s":"text"})");
    std::string why;
    CHECK(Pointer("/n/e/w").place(value, 7, why));
    CHECK(Pointer("/a/1").place(value, "two", why));
    CHECK(Pointer("/a/2").place(value, 3, why));
    CHECK(Pointer("/a/-").place(value, 4, why));
    CHECK(value == Json::parse(R"({"a":[1,"two",3,4],"n":{"e":{"w":7}},"s":"text"})"));
    CHECK_FALSE(Pointer("/a/1000000000").place(value, 1, why));
    CHECK(why == "/a/1000000000: the array there has 4 elements");
    CHECK_FALSE(Pointer("/s/x").place(value, 1, why));
    CHECK(why == "/s/x: a string stands in the way");
    Json out;
    CHECK(Pointer("/a/1").take(value, out));
    CHECK(out == "two");
    CHECK(Pointer("/n/e").take(value, out));
    CHECK_FALSE(Pointer("/n/e").take(value, out));
    CHECK_FALSE(Pointer("").take(value, out));
    CHECK(value == Json::parse(R"({"a":[1,3,4],"n":{},"s":"text"})"));
}
