// How a sink's QoS 2 messages go to the broker, step by step.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/broker_bytes.hpp"
#include "native/outbound.hpp"

using namespace leat::mqtt;

namespace {

using Words = std::vector<std::string>;

struct Fixture {
    Fixture() { connect(false); }

    void connect(bool session_present, std::uint16_t receive_maximum = 65'535) {
        outbound.lost();
        session.open({.client_id = "c", .user = {}, .password = {}}, 1024);
        const ByteBuffer granted = broker::connack(session_present);
        Bytes in(granted);
        Event e;
        (void)session.next(in, e);
        session.out().clear();
        outbound.begin(session_present, receive_maximum);
    }
    void add(std::string_view topic, std::uint8_t qos = 2) {
        Outbound::Item item;
        item.publish.topic = topic;
        item.publish.qos = qos;
        outbound.add(item);
    }
    Words sent() {
        outbound.write(session, 100'000, 0);
        const Words all = broker::words(session.out());
        session.out().clear();
        return all;
    }
    // PUBREC came.
    Words receive(std::uint16_t id) {
        std::uint64_t position = 0;
        REQUIRE(outbound.find(id, position));
        outbound.release(position, 0, session);
        return sent();
    }
    // PUBACK or PUBCOMP came.
    bool finish(std::uint16_t id) {
        std::uint64_t position = 0;
        if (!outbound.find(id, position)) return false;
        outbound.finish(position);
        return true;
    }

    Session session;
    Outbound outbound;
};

}  // namespace

TEST_CASE("PUBLISH, PUBREL after the PUBREC, and the message is kept until the PUBCOMP") {
    Fixture f;
    f.add("a");
    CHECK(f.sent() == Words{"PUBLISH a 1"});
    CHECK(f.receive(1) == Words{"PUBREL 1"});
    CHECK(f.outbound.held() == 1);
    CHECK(f.finish(1));
    CHECK(f.outbound.held() == 0);
    CHECK_FALSE(f.finish(1));
}

TEST_CASE("to the same session: PUBLISH again with DUP, then PUBREL again, each message where it was, in order") {
    Fixture f;
    for (const char* t : {"a", "b", "c", "d"}) f.add(t);
    f.sent();
    f.receive(1);
    f.receive(2);
    CHECK(f.finish(1));
    f.connect(true);
    CHECK(f.sent() == Words{"PUBREL 2", "PUBLISH* c 3", "PUBLISH* d 4"});
    CHECK(f.receive(3) == Words{"PUBREL 3"});
    CHECK(f.finish(2));
    CHECK(f.finish(3));
    CHECK(f.outbound.held() == 1);
}

TEST_CASE("to a new session everything without PUBCOMP is new") {
    Fixture f;
    for (const char* t : {"a", "b"}) f.add(t);
    f.sent();
    f.receive(1);
    f.connect(false);
    CHECK(f.sent() == Words{"PUBLISH a 1", "PUBLISH b 2"});
    CHECK(f.receive(1) == Words{"PUBREL 1"});
    f.connect(false);
    f.connect(true);  // nothing was sent on the connection between
    CHECK(f.sent() == Words{"PUBLISH a 1", "PUBLISH b 2"});
}

TEST_CASE("the new connection's Receive Maximum holds for PUBLISHes, and never holds a PUBREL back") {
    Fixture f;
    for (const char* t : {"a", "b", "c", "d"}) f.add(t);
    f.sent();
    f.receive(1);
    f.receive(2);
    f.connect(true, 1);
    CHECK(f.sent() == Words{"PUBREL 1", "PUBREL 2"});
    CHECK(f.finish(1));
    CHECK(f.sent() == Words{});
    CHECK(f.finish(2));
    CHECK(f.sent() == Words{"PUBLISH* c 3"});
    CHECK(f.receive(3) == Words{"PUBREL 3"});  // counts until its PUBCOMP
    CHECK(f.finish(3));
    CHECK(f.sent() == Words{"PUBLISH* d 4"});
}

TEST_CASE("whether a PUBREL is a repetition is known") {
    Fixture f;
    f.add("a");
    f.sent();
    f.receive(1);
    CHECK_FALSE(f.outbound.at(0).is_repeated);
    f.connect(true);
    f.sent();
    CHECK(f.outbound.at(0).is_repeated);
}

TEST_CASE("what was given up is still completed; the session that may hold it is not resumed") {
    Fixture f;
    for (const char* t : {"a", "b"}) f.add(t);
    f.sent();
    f.outbound.give_up(0);
    CHECK_FALSE(f.outbound.needs_new_session());
    CHECK(f.receive(1) == Words{"PUBREL 1"});
    CHECK(f.finish(1));
    SUBCASE("completed") {
        f.outbound.lost();
        CHECK_FALSE(f.outbound.needs_new_session());
    }
    SUBCASE("given up, and the connection went") {
        f.outbound.give_up(1);
        f.outbound.lost();
        CHECK(f.outbound.needs_new_session());
    }
    SUBCASE("the connection went, and given up") {
        f.outbound.lost();
        f.outbound.give_up(1);
        CHECK(f.outbound.needs_new_session());
    }
    f.connect(false);
    CHECK_FALSE(f.outbound.needs_new_session());
}

TEST_CASE("QoS 1 and 2 share identifiers and order") {
    Fixture f;
    f.add("a", 1);
    f.add("b", 2);
    CHECK(f.sent() == Words{"PUBLISH a 1", "PUBLISH b 2"});
    CHECK(f.receive(2) == Words{"PUBREL 2"});
    CHECK(f.finish(1));
    CHECK(f.finish(2));
    CHECK(f.outbound.held() == 0);
}
