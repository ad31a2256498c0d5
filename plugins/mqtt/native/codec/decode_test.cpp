#include "native/codec/decode.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "native/codec/encode.hpp"
#include "native/codec/properties.hpp"

using namespace leat::mqtt;

namespace {

using Raw = std::vector<std::uint8_t>;

Fault publish_fault(const Raw& packet, Version version = Version::v5) {
    Frame frame;
    Publish publish;
    REQUIRE(next_frame(packet, kMaxPacket, frame) == Framing::whole);
    const Fault fault = decode_publish(frame.first, frame.body, version, publish);
    return fault == nullptr ? "" : fault;
}

Raw encoded(const Publish& p, Version version) {
    Raw out(publish_size(p, version));
    CHECK(write_publish(out.data(), p, version) == out.data() + out.size());
    return out;
}

}  // namespace

TEST_CASE("a packet is whole only when its last byte is there, and says before how long it will be") {
    const Raw packet = encoded(
        {.topic = "a/b", .payload = as_bytes("hello"), .properties = {}, .packet_id = 7, .qos = 1}, Version::v5);
    for (std::size_t have = 0; have < packet.size(); ++have) {
        Frame frame;
        CHECK(next_frame(Bytes(packet).first(have), kMaxPacket, frame) == Framing::partial);
        CHECK(frame.size == (have < 2 ? 0 : packet.size()));
    }
    Frame frame;
    CHECK(next_frame(packet, kMaxPacket, frame) == Framing::whole);
    CHECK(frame.size == packet.size());
}

TEST_CASE("a remaining length of five bytes is malformed, one over the limit too large") {
    Frame frame;
    CHECK(next_frame(Raw{0x30, 0x80, 0x80, 0x80, 0x80, 0x01}, kMaxPacket, frame) == Framing::malformed);
    CHECK(next_frame(Raw{0x30, 0x80, 0x01}, 100, frame) == Framing::too_large);
    CHECK(frame.size == 131);
}

TEST_CASE("PUBLISH comes back from its bytes as it was, in both versions and for all sizes of the length field") {
    const Raw properties{0x03, 0, 4, 't', 'e', 'x', 't', 0x26, 0, 1, 'k', 0, 1, 'v'};
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        for (const std::size_t size : {0U, 1U, 100U, 127U, 128U, 16'383U, 16'384U, 2'097'152U}) {
            const std::string payload(size, 'x');
            Publish p{.topic = "p7/oven/temp", .payload = as_bytes(payload)};
            p.packet_id = 65'535;
            p.qos = 1;
            p.retain = true;
            if (version == Version::v5) p.properties = properties;
            const Raw packet = encoded(p, version);
            Frame frame;
            Publish q;
            REQUIRE(next_frame(packet, kMaxPacket, frame) == Framing::whole);
            REQUIRE(decode_publish(frame.first, frame.body, version, q) == nullptr);
            CHECK(q.topic == p.topic);
            CHECK(as_text(q.payload) == payload);
            CHECK(as_text(q.properties) == as_text(p.properties));
            CHECK(q.packet_id == 65'535);
            CHECK(q.qos == 1);
            CHECK(q.retain);
            CHECK_FALSE(q.dup);
        }
    }
}

TEST_CASE("set_dup changes the one bit that says a PUBLISH is sent again") {
    Raw packet = encoded({.topic = "t", .payload = {}, .properties = {}, .packet_id = 1, .qos = 1}, Version::v3_1_1);
    set_dup(packet.data(), true);
    CHECK(packet[0] == 0x3A);
    set_dup(packet.data(), false);
    CHECK(packet[0] == 0x32);
}

TEST_CASE("what the specification forbids in a PUBLISH is refused in words") {
    CHECK(publish_fault({0x30, 0x04, 0, 1, 't', 0}) == std::string_view(""));
    CHECK(publish_fault({0x36, 0x06, 0, 1, 't', 0, 1, 0}) == std::string_view("PUBLISH with QoS 3"));
    CHECK(publish_fault({0x38, 0x04, 0, 1, 't', 0}) ==
          std::string_view("PUBLISH with QoS 0 that says it is sent again"));
    CHECK(publish_fault({0x30, 0x01, 0}) == std::string_view("PUBLISH is cut short"));
    CHECK(publish_fault({0x30, 0x03, 0, 5, 't'}) == std::string_view("PUBLISH is cut short"));
    CHECK(publish_fault({0x32, 0x03, 0, 1, 't'}) == std::string_view("PUBLISH is cut short"));
    CHECK(publish_fault({0x32, 0x06, 0, 1, 't', 0, 0, 0}) == std::string_view("PUBLISH with packet identifier 0"));
    CHECK(publish_fault({0x30, 0x03, 0, 0, 0}) == std::string_view("the topic is empty"));
    CHECK(publish_fault({0x30, 0x04, 0, 1, '#', 0}) == std::string_view("the topic has a wildcard in it"));
    CHECK(publish_fault({0x30, 0x04, 0, 1, 0, 0}) == std::string_view("the topic has a null character in it"));
    CHECK(publish_fault({0x30, 0x05, 0, 2, 0xC0, 0x80, 0}) == std::string_view("the topic is not UTF-8"));
    CHECK(publish_fault({0x30, 0x03, 0, 1, 't'}) == std::string_view("PUBLISH is cut short"));  // no property length
    CHECK(publish_fault({0x30, 0x03, 0, 1, 't'}, Version::v3_1_1) == std::string_view(""));
    CHECK(publish_fault({0x30, 0x05, 0, 1, 't', 9, 1}) ==
          std::string_view("the properties are longer than the packet"));
}

TEST_CASE("properties are checked: known, in the right packet, in range, not twice") {
    const auto fault = [](const Raw& block, Packet packet) {
        const Fault f = check_properties(block, packet);
        return std::string_view(f == nullptr ? "" : f);
    };
    CHECK(fault({0x01, 1, 0x02, 0, 0, 0, 9}, Packet::publish) == "");
    CHECK(fault({0x01, 2}, Packet::publish) == "a property that is 0 or 1 has another value");
    CHECK(fault({0x01, 1, 0x01, 1}, Packet::publish) == "a property stands twice");
    CHECK(fault({0x26, 0, 1, 'a', 0, 0, 0x26, 0, 1, 'a', 0, 0}, Packet::publish) == "");
    CHECK(fault({0x0B, 1, 0x0B, 2}, Packet::publish) == "");
    CHECK(fault({0x0B, 0}, Packet::publish) == "a Subscription Identifier is 0");
    CHECK(fault({0x21, 0, 9}, Packet::publish) == "a property that does not belong in this packet");
    CHECK(fault({0x21, 0, 9}, Packet::connack) == "");
    CHECK(fault({0x21, 0, 0}, Packet::connack) == "Receive Maximum is 0");
    CHECK(fault({0x7F}, Packet::connack) == "unknown property");
    CHECK(fault({0x03, 0, 5, 'a'}, Packet::publish) == "a property is cut short");
    CHECK(fault({0x03, 0, 1, 0xFF}, Packet::publish) == "a property's text is not UTF-8");
    CHECK(fault({0x0B, 0x80, 0x80, 0x80, 0x80}, Packet::publish) == "a property's variable length integer is broken");
}

TEST_CASE("CONNACK tells what the broker grants") {
    Connack c;
    const Raw block{0, 0, 13, 0x21, 0, 20, 0x24, 1, 0x25, 0, 0x27, 0, 0, 4, 0};
    CHECK(decode_connack(Raw{0, 0, 12, 0x21, 0, 20, 0x24, 1, 0x25, 0, 0x27, 0, 0, 4, 0}, Version::v5, c) == nullptr);
    CHECK(c.receive_maximum == 20);
    CHECK(c.maximum_qos == 1);
    CHECK_FALSE(c.retain_available);
    CHECK(c.maximum_packet_size == 1024);
    CHECK(decode_connack(block, Version::v5, c) != nullptr);
    CHECK(decode_connack(Raw{1, 0}, Version::v3_1_1, c) == nullptr);
    CHECK(c.session_present);
    CHECK(decode_connack(Raw{1, 5}, Version::v3_1_1, c) != nullptr);
    CHECK(decode_connack(Raw{2, 0}, Version::v3_1_1, c) != nullptr);
    CHECK(decode_connack(Raw{0, 0, 0}, Version::v3_1_1, c) != nullptr);
    CHECK(decode_connack(Raw{0, 1}, Version::v5, c) == nullptr);  // an older broker's "unacceptable version"
    CHECK(c.code == 1);
    CHECK(decode_connack(Raw{0, 0}, Version::v5, c) != nullptr);
}

TEST_CASE("acknowledgements are read with and without code and properties") {
    Ack a;
    CHECK(decode_ack(0x40, Raw{0, 9}, Version::v5, a) == nullptr);
    CHECK(a.packet_id == 9);
    CHECK(a.code == 0);
    CHECK(decode_ack(0x40, Raw{0, 9, 0x10}, Version::v5, a) == nullptr);
    CHECK(a.code == reason::no_matching_subscribers);
    const Raw denied{0, 9, 0x87, 6, 0x1F, 0, 3, 'a', 'c', 'l'};
    CHECK(decode_ack(0x40, denied, Version::v5, a) == nullptr);
    CHECK(a.reason_string == "acl");
    CHECK(decode_ack(0x40, Raw{0, 9, 0}, Version::v3_1_1, a) != nullptr);
    CHECK(decode_ack(0x40, Raw{0, 0}, Version::v5, a) != nullptr);
    CHECK(decode_ack(0x41, Raw{0, 9}, Version::v5, a) != nullptr);
    CHECK(decode_ack(0x62, Raw{0, 9}, Version::v5, a) == nullptr);
    CHECK(decode_ack(0x60, Raw{0, 9}, Version::v5, a) != nullptr);
}

TEST_CASE("SUBACK gives a code for each filter, UNSUBACK none in 3.1.1") {
    Granted g;
    const Raw two{0, 3, 0, 1, 0x87};
    CHECK(decode_granted(0x90, two, Version::v5, g) == nullptr);
    CHECK(g.codes.size() == 2);
    CHECK(g.codes[1] == reason::not_authorized);
    CHECK(decode_granted(0x90, Raw{0, 3, 0}, Version::v5, g) != nullptr);
    CHECK(decode_granted(0xB0, Raw{0, 3}, Version::v3_1_1, g) == nullptr);
    CHECK(g.codes.empty());
}

TEST_CASE("DISCONNECT carries a code and a text in version 5, and does not exist towards a client in 3.1.1") {
    Goodbye g;
    CHECK(decode_disconnect(0xE0, Raw{}, Version::v5, g) == nullptr);
    CHECK(decode_disconnect(0xE0, Raw{0x8E}, Version::v5, g) == nullptr);
    CHECK(g.code == reason::session_taken_over);
    CHECK(decode_disconnect(0xE0, Raw{}, Version::v3_1_1, g) != nullptr);
}

TEST_CASE("random bytes, and good packets with random damage, never read outside of the packet") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const Raw good = encoded(
        {.topic = "a/b", .payload = as_bytes("hello"), .properties = {}, .packet_id = 7, .qos = 1}, Version::v5);
    for (int i = 0; i < 20'000; ++i) {
        Raw packet = good;
        if (i % 2 == 0) packet.resize(random() % 40);
        for (std::size_t k = 0; k < packet.size(); ++k)
            if (i % 2 == 0 || random() % 4 == 0) packet[k] = static_cast<std::uint8_t>(random());
        const Raw exact(packet.begin(), packet.end());
        Frame frame;
        if (next_frame(exact, 1'000, frame) != Framing::whole) continue;
        const Version version = random() % 2 == 0 ? Version::v5 : Version::v3_1_1;
        Publish publish;
        Connack connack;
        Ack ack;
        Granted granted;
        Goodbye goodbye;
        (void)decode_publish(frame.first, frame.body, version, publish);
        (void)decode_connack(frame.body, version, connack);
        (void)decode_ack(frame.first, frame.body, version, ack);
        (void)decode_granted(frame.first, frame.body, version, granted);
        (void)decode_disconnect(frame.first, frame.body, version, goodbye);
    }
}
