#include "mapping.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/codec/properties.hpp"

using namespace leat::mqtt;
using leat::bytes;

namespace {

std::vector<std::uint8_t> block_of(const std::vector<leat_header>& headers, const SinkProperties& sink,
                                   Fault& fault) {
    leat_message m{};
    m.headers = headers.data();
    m.header_count = static_cast<std::uint32_t>(headers.size());
    std::vector<std::uint8_t> block(properties_size(m, sink, fault));
    if (fault == nullptr) CHECK(write_properties(block.data(), m, sink) == block.data() + block.size());
    return block;
}

std::vector<std::string> words(const std::vector<std::uint8_t>& block) {
    std::vector<std::string> all;
    PropertyReader reader(block);
    for (PropertyView p; reader.next(p);)
        all.push_back(std::to_string(static_cast<int>(p.id)) + " " + std::string(p.text) + std::string(p.value) +
                      (p.number != 0 ? std::to_string(p.number) : ""));
    return all;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("headers become the properties of their names, and user properties") {
    Fault fault = nullptr;
    const auto block = block_of({{bytes("content-type"), bytes("text/plain")},
                                 {bytes("mqtt-response-topic"), bytes("r")},
                                 {bytes("mqtt-correlation-data"), bytes("\xFF\x01")},
                                 {bytes("mqtt-message-expiry"), bytes("60")},
                                 {bytes("mqtt-payload-format"), bytes("utf-8")},
                                 {bytes("k"), bytes("v")},
                                 {bytes("k"), bytes("w")}},
                                {}, fault);
    REQUIRE(fault == nullptr);
    CHECK(words(block) == Words{"3 text/plain", "8 r", "9 \xFF\x01", "2 60", "1 1", "38 kv", "38 kw"});
    CHECK(check_properties(block, Packet::publish) == nullptr);
}

TEST_CASE("the sink's own content type and expiry win, and a property never stands twice") {
    Fault fault = nullptr;
    const auto block = block_of({{bytes("content-type"), bytes("a")},
                                 {bytes("content-type"), bytes("b")},
                                 {bytes("mqtt-message-expiry"), bytes("60")},
                                 {bytes("mqtt-message-expiry"), bytes("no number")},
                                 {bytes("mqtt-response-topic"), bytes("r")},
                                 {bytes("mqtt-response-topic"), bytes("s")}},
                                {.content_type = "mine", .message_expiry = 5}, fault);
    REQUIRE(fault == nullptr);
    CHECK(words(block) == Words{"3 mine", "2 5", "8 r"});
    CHECK(check_properties(block, Packet::publish) == nullptr);
}

TEST_CASE("a header that no user property can carry is refused in words, unless they are switched off") {
    Fault fault = nullptr;
    block_of({{bytes("trace"), bytes("\xFF")}}, {}, fault);
    REQUIRE(fault != nullptr);
    CHECK(std::string(fault).find("user_properties") != std::string::npos);
    const std::string large(70'000, 'x');
    block_of({{bytes("trace"), bytes(large)}}, {}, fault);
    CHECK(fault != nullptr);
    fault = nullptr;
    CHECK(block_of({{bytes("trace"), bytes("\xFF")}}, {.user_properties = false}, fault).empty());
    CHECK(fault == nullptr);
}

TEST_CASE("a message without headers has no properties") {
    Fault fault = nullptr;
    CHECK(block_of({}, {}, fault).empty());
}

TEST_CASE("a lane follows from the whole topic") {
    CHECK(lane_of_topic("p7/oven/temp") == lane_of_topic(std::string("p7/oven/") + "temp"));
    CHECK(lane_of_topic("p7/oven/temp") != lane_of_topic("p7/oven/tem"));
    CHECK(lane_of_topic("p7/oven/temp1") != lane_of_topic("p7/oven/temp2"));
    CHECK(lane_of_topic("a") != lane_of_topic(std::string_view("a\0", 2)));
}
