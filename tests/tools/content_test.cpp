#include "tools/content.hpp"

#include <doctest/doctest.h>

using namespace leat::test;

namespace {

Record inspect(const Content& content, std::uint64_t id, std::string payload) {
    const std::string number = std::to_string(id);
    const std::string trace = Content::trace(id);
    const std::string key = content.key(id);
    Content::Arrival arrival;
    arrival.payload = payload;
    arrival.check_key = arrival.check_headers = true;
    arrival.key = key;
    arrival.header_n = number;
    arrival.header_trace = trace;
    return content.inspect(arrival);
}

}  // namespace

TEST_CASE("a numbered payload has its size, and its id can be read back") {
    const Content content({.lanes = 16, .size = 100});
    std::string payload;
    for (const std::uint64_t id : {1ULL, 17ULL, 300'000ULL}) {
        content.payload(id, payload);
        CHECK(payload.size() == 100);
        CHECK(Content::id_of(payload) == id);
        const Record record = inspect(content, id, payload);
        CHECK(record.id == id);
        CHECK(record.lane == id % 16);
        CHECK(record.faults == kNoFault);
    }
}

TEST_CASE("one changed byte of the payload, another key or a missing header is a fault") {
    const Content content({.lanes = 16, .size = 100});
    std::string payload;
    content.payload(5, payload);
    std::string changed = payload;
    changed[80] ^= 1;
    CHECK(inspect(content, 5, changed).faults == kPayloadFault);
    CHECK(inspect(content, 5, "no id").faults == kUnreadable);
    Content::Arrival arrival;
    arrival.payload = payload;
    arrival.check_key = arrival.check_headers = true;
    CHECK(content.inspect(arrival).faults == (kKeyFault | kHeaderFault));
}

TEST_CASE("a sensor's topic, key and value belong together") {
    const Content content({.kind = Content::Kind::sensor, .lanes = 16});
    CHECK(content.topic("p7", 4) == "p7/press/4/temp");
    CHECK(content.key(4) == "press-4");
    std::string payload;
    content.payload(4, payload);
    CHECK(Content::id_of(payload) == 4);
    CHECK(payload.starts_with("{\"sensor\":\"press/4\",\"value\":"));
}
