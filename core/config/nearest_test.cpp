#include "config/nearest.hpp"

#include <doctest/doctest.h>

using leat::config::did_you_mean;
using leat::config::nearest;

TEST_CASE("the nearest word is found through one slip of the keyboard") {
    const std::vector<std::string_view> words{"topic", "topics", "qos", "client_id", "max_in_flight"};
    CHECK(nearest("topci", words) == "topic");
    CHECK(nearest("topi", words) == "topic");
    CHECK(nearest("topicss", words) == "topics");
    CHECK(nearest("QoS", words) == "qos");
    CHECK(nearest("clientid", words) == "client_id");
    CHECK(nearest("max_inflight", words) == "max_in_flight");
}

TEST_CASE("a word that is near to nothing gets no suggestion") {
    CHECK(nearest("password", {"topic", "qos"}).empty());
    CHECK(nearest("a", {"b"}).empty());
    CHECK(nearest("", {"b"}).empty());
    CHECK(nearest("x", {}).empty());
    CHECK(did_you_mean("zzzz", {"topic"}).empty());
}

TEST_CASE("the beginning of a word suggests the whole word") {
    CHECK(nearest("max_in", {"max_in_flight_bytes"}) == "max_in_flight_bytes");
}

TEST_CASE("of two words at the same distance the first is suggested") {
    CHECK(nearest("cat", {"bat", "rat"}) == "bat");
}

TEST_CASE("words of absurd length are ignored") {
    const std::string longest(100000, 'a');
    CHECK(nearest(longest, {"a"}).empty());
    CHECK(nearest("a", {longest}).empty());
}

TEST_CASE("the suggestion is a clause to append") {
    CHECK(did_you_mean("topci", {"topic"}) == " (did you mean \"topic\"?)");
}
