#include "native/outbound.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/broker_bytes.hpp"

using namespace leat::mqtt;

namespace {

struct Fixture {
    Fixture() { connect(false, 65'535); }

    void connect(bool session_present, std::uint16_t receive_maximum) {
        session.open({.client_id = "c", .user = {}, .password = {}}, 1024);
        const ByteBuffer granted = broker::connack(session_present);
        Bytes in(granted);
        Event e;
        (void)session.next(in, e);
        session.out().clear();
        outbound.begin(session_present, receive_maximum);
    }
    void add(std::string_view topic, std::uint8_t qos = 1) {
        Outbound::Item item;
        item.publish.topic = topic;
        item.publish.payload = as_bytes("payload");
        item.publish.qos = qos;
        outbound.add(item);
    }
    // What goes out: "topic id", with a '*' where it is sent again.
    std::vector<std::string> sent(std::size_t room = 100'000, std::uint32_t largest = 0) {
        session.out().clear();
        outbound.write(session, room, largest);
        std::vector<std::string> words;
        Bytes rest(session.out());
        Frame frame;
        while (next_frame(rest, kMaxPacket, frame) == Framing::whole) {
            Publish p;
            REQUIRE(decode_publish(frame.first, frame.body, Version::v5, p) == nullptr);
            words.push_back(std::string(p.topic) + " " + std::to_string(p.packet_id) + (p.dup ? "*" : ""));
            rest = rest.subspan(frame.size);
        }
        return words;
    }
    bool confirm(std::uint16_t id) {
        std::uint64_t position = 0;
        if (!outbound.find(id, position)) return false;
        outbound.finish(position);
        return true;
    }

    Session session;
    Outbound outbound;
};

using Sent = std::vector<std::string>;

}  // namespace

TEST_CASE("messages go out in order with identifiers of their own, and end with their PUBACK") {
    Fixture f;
    f.add("a");
    f.add("b");
    CHECK(f.sent() == Sent{"a 1", "b 2"});
    CHECK(f.sent() == Sent{});
    CHECK(f.confirm(2));
    CHECK_FALSE(f.confirm(2));
    CHECK_FALSE(f.confirm(3));
    CHECK(f.outbound.held() == 1);
    CHECK(f.confirm(1));
    CHECK(f.outbound.held() == 0);
    f.add("c");
    CHECK(f.sent() == Sent{"c 3"});
}

TEST_CASE("no more than the Receive Maximum are on their way; QoS 0 does not count") {
    Fixture f;
    f.connect(false, 2);
    for (const char* t : {"a", "b", "c"}) f.add(t);
    CHECK(f.sent() == Sent{"a 1", "b 2"});
    CHECK(f.confirm(1));
    CHECK(f.sent() == Sent{"c 3"});
    f.add("free", 0);
    CHECK(f.sent() == Sent{"free 0"});
}

TEST_CASE("after a reconnect with a session the unconfirmed are sent again, first and as repetitions") {
    Fixture f;
    f.connect(false, 2);
    for (const char* t : {"a", "b", "c"}) f.add(t);
    f.sent();
    f.confirm(1);
    f.outbound.lost();
    f.connect(true, 10);
    CHECK_FALSE(f.confirm(2));  // not sent on this connection yet
    CHECK(f.sent() == Sent{"b 2*", "c 3"});
    CHECK(f.confirm(2));
    CHECK(f.confirm(3));
}

TEST_CASE("after a reconnect without a session the unconfirmed are new to the broker") {
    Fixture f;
    f.add("a");
    f.sent();
    f.outbound.lost();
    f.connect(false, 10);
    CHECK(f.sent() == Sent{"a 1"});
}

TEST_CASE("the Receive Maximum of the new connection holds, also for what is sent again") {
    Fixture f;
    for (const char* t : {"a", "b", "c"}) f.add(t);
    f.sent();
    f.outbound.lost();
    f.connect(true, 1);
    CHECK(f.sent() == Sent{"a 1*"});
    f.confirm(1);
    CHECK(f.sent() == Sent{"b 2*"});
}

TEST_CASE("writing stops when there is no room, and goes on where it was") {
    Fixture f;
    for (const char* t : {"a", "b", "c"}) f.add(t);
    CHECK(f.sent(1) == Sent{"a 1"});
    CHECK(f.sent() == Sent{"b 2", "c 3"});
}

TEST_CASE("a message over the broker's limit is passed over and told of") {
    Fixture f;
    f.add("a");
    f.add("a/much/longer/topic/than/the/others");
    f.add("b");
    CHECK(f.sent(100'000, 30) == Sent{"a 1", "b 3"});
    REQUIRE(f.outbound.too_large().size() == 1);
    f.outbound.finish(f.outbound.too_large()[0]);
    CHECK(f.outbound.on_their_way() == 2);
}

TEST_CASE(
    "QoS 0 messages are told of when written, and written again when the connection went before the socket had "
    "them") {
    Fixture f;
    f.add("a", 0);
    CHECK(f.sent() == Sent{"a 0"});
    CHECK(f.outbound.written().size() == 1);
    f.outbound.lost();
    CHECK(f.outbound.written().empty());
    f.connect(false, 10);
    CHECK(f.sent() == Sent{"a 0"});
    f.outbound.finish(f.outbound.written()[0]);
    CHECK(f.outbound.held() == 0);
}

TEST_CASE("identifiers wrap after 65535 and are not used twice at a time") {
    Fixture f;
    f.add("oldest");
    for (int i = 0; i < 70'000; ++i) f.add("t");
    const Sent first = f.sent(100'000'000);
    CHECK(first.size() == 65'535);
    CHECK(first.back() == "t 65535");
    CHECK(f.confirm(2));
    CHECK(f.sent(100'000'000) == Sent{});  // the oldest still has its identifier
    CHECK(f.confirm(1));
    CHECK(f.sent(100'000'000) == Sent{"t 1", "t 2"});
    CHECK(f.confirm(65'535));
}

TEST_CASE("a message given up keeps its place at the broker until the PUBACK, or the end of the connection") {
    Fixture f;
    f.connect(false, 2);
    for (const char* t : {"a", "b", "c"}) f.add(t);
    CHECK(f.sent() == Sent{"a 1", "b 2"});
    f.outbound.give_up(0);
    CHECK_FALSE(f.outbound.is_live(0));
    CHECK(f.outbound.held() == 2);
    CHECK(f.sent() == Sent{});
    CHECK(f.confirm(1));
    CHECK_FALSE(f.confirm(1));
    CHECK(f.sent() == Sent{"c 3"});
    f.outbound.give_up(1);
    f.outbound.lost();
    f.connect(true, 2);
    CHECK(f.outbound.on_their_way() == 0);
    CHECK(f.sent() == Sent{"c 3*"});
    CHECK(f.confirm(3));
    CHECK(f.outbound.held() == 0);
}

TEST_CASE("a QoS 0 message given up before the socket had it is live no more") {
    Fixture f;
    f.add("a", 0);
    f.add("b", 0);
    CHECK(f.sent() == Sent{"a 0", "b 0"});
    f.outbound.give_up(0);
    REQUIRE(f.outbound.written().size() == 2);
    CHECK_FALSE(f.outbound.is_live(f.outbound.written()[0]));
    CHECK(f.outbound.is_live(f.outbound.written()[1]));
}
