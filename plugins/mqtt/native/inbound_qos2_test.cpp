// What a source owes the broker for QoS 2 messages, step by step.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "native/broker_bytes.hpp"
#include "native/inbound.hpp"

using namespace leat::mqtt;

namespace {

using Words = std::vector<std::string>;

// Gives messages to Inbound, settles them, and reads what it answers.
struct Fixture {
    explicit Fixture(Version v = Version::v5) : version(v) {
        buffer.refs = 1;
        buffer.release = [](leat_buffer*) { FAIL("the buffer was released too often"); };
        connect(false);
    }
    ~Fixture() {
        inbound.lost();
        inbound.begin(false);
        CHECK(buffer.refs == 1);
    }
    void connect(bool session_present) {
        session.open({.version = version, .client_id = "c", .user = {}, .password = {}}, 1024);
        const ByteBuffer granted = broker::connack(session_present, version);
        Bytes in(granted);
        Event e;
        (void)session.next(in, e);
        session.out().clear();
        inbound.begin(session_present);
    }
    void reconnect(bool session_present = true) {
        inbound.lost();
        connect(session_present);
    }
    // True when it was emitted as new.
    bool arrive(std::uint16_t id, std::string_view payload, bool dup = false, std::uint8_t qos = 2) {
        const Publish p{
            .topic = "t", .payload = as_bytes(payload), .properties = {}, .packet_id = id, .qos = qos, .dup = dup};
        if (inbound.adopt(p)) return false;
        inbound.received(p, next++, &buffer);
        return true;
    }
    Words settle(std::initializer_list<std::uint64_t> sequences) {
        settled.insert(sequences);
        inbound.acknowledge([this](std::uint64_t s) { return settled.contains(s); }, session);
        return answers();
    }
    Words release(std::uint16_t id) {
        inbound.release(id, session);
        return answers();
    }
    Words answers() {
        const Words all = broker::words(session.out(), version);
        session.out().clear();
        return all;
    }

    Version version;
    leat_buffer buffer{};
    Session session;
    Inbound inbound;
    std::uint64_t next = 0;
    std::set<std::uint64_t> settled;
};

}  // namespace

TEST_CASE("a QoS 2 message gets its PUBREC when it has landed, and its PUBCOMP when it is released") {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        Fixture f(version);
        CHECK(f.arrive(7, "x"));
        CHECK(f.settle({}) == Words{});
        CHECK(f.settle({0}) == Words{"PUBREC 7"});
        CHECK(f.inbound.unreleased() == 1);
        CHECK(f.release(7) == Words{"PUBCOMP 7"});
        CHECK(f.inbound.unreleased() == 0);
        CHECK(f.arrive(7, "x"));  // the identifier is free again
    }
}

TEST_CASE("PUBACKs and PUBRECs go out in the order of the PUBLISHes") {
    Fixture f;
    f.arrive(1, "a");
    f.arrive(2, "b", false, 1);
    f.arrive(3, "c");
    CHECK(f.settle({2, 1}) == Words{});
    CHECK(f.settle({0}) == Words{"PUBREC 1", "PUBACK 2", "PUBREC 3"});
    CHECK(f.release(3) == Words{"PUBCOMP 3"});
    CHECK(f.release(1) == Words{"PUBCOMP 1"});
}

TEST_CASE("a PUBREC that got lost is sent again for the repetition, which is not emitted") {
    Fixture f;
    f.arrive(1, "a");
    f.arrive(2, "b");
    CHECK(f.settle({0, 1}) == Words{"PUBREC 1", "PUBREC 2"});
    f.reconnect();
    CHECK(f.release(1) == Words{"PUBCOMP 1"});  // this one had arrived
    CHECK_FALSE(f.arrive(2, "b", true));
    CHECK(f.settle({}) == Words{"PUBREC 2"});
    CHECK(f.release(2) == Words{"PUBCOMP 2"});
    CHECK(f.inbound.unreleased() == 0);
}

TEST_CASE("a PUBREC can get lost on several connections in a row") {
    Fixture f;
    f.arrive(1, "a");
    f.settle({0});
    for (int i = 0; i < 3; ++i) {
        f.reconnect();
        CHECK_FALSE(f.arrive(1, "a", true));
        if (i == 1) continue;  // lost before the PUBREC
        CHECK(f.settle({}) == Words{"PUBREC 1"});
    }
    CHECK(f.release(1) == Words{"PUBCOMP 1"});
}

TEST_CASE("after a reconnect landed, unsettled and new messages are told apart") {
    Fixture f;
    f.arrive(1, "landed");
    f.arrive(2, "unsettled");
    f.settle({0});
    f.reconnect();
    CHECK_FALSE(f.arrive(1, "landed", true));
    CHECK_FALSE(f.arrive(2, "unsettled", true));
    CHECK(f.arrive(3, "new"));
    CHECK(f.settle({2}) == Words{"PUBREC 1"});
    CHECK(f.settle({1}) == Words{"PUBREC 2", "PUBREC 3"});
}

TEST_CASE("an identifier that the broker uses for another message does not hide that message") {
    Fixture f;
    f.arrive(1, "a");
    f.settle({0});
    SUBCASE("on the same connection") { CHECK(f.arrive(1, "b")); }
    SUBCASE("on the same connection, the same content") { CHECK(f.arrive(1, "a")); }
    SUBCASE("after a reconnect, sent again") {
        f.reconnect();
        CHECK(f.arrive(1, "b", true));
    }
    SUBCASE("after a reconnect, not sent again") {
        f.reconnect();
        CHECK(f.arrive(1, "a"));
        CHECK(f.arrive(1, "a", true));  // and that has ended the comparing
    }
    SUBCASE("another QoS") {
        f.arrive(2, "q", false, 1);
        f.reconnect();
        CHECK(f.arrive(2, "q", true));
    }
}

TEST_CASE("a PUBREL for what is not known is answered, so that the broker can end it") {
    Fixture f;
    CHECK(f.release(9) == Words{"PUBCOMP 9 0x92"});
    Fixture old(Version::v3_1_1);
    CHECK(old.release(9) == Words{"PUBCOMP 9"});
}

TEST_CASE("a rejected message is told with its PUBREC in version 5 and is over; 3.1.1 completes it") {
    Fixture f;
    f.arrive(1, "a");
    f.inbound.refuse(0, reason::implementation_specific);
    CHECK(f.settle({0}) == Words{"PUBREC 1 0x83"});
    CHECK(f.inbound.unreleased() == 0);
    Fixture old(Version::v3_1_1);
    old.arrive(1, "a");
    old.inbound.refuse(0, reason::implementation_specific);
    CHECK(old.settle({0}) == Words{"PUBREC 1"});
    CHECK(old.release(1) == Words{"PUBCOMP 1"});
}

TEST_CASE("without a session nothing is left to release, and what comes is new") {
    Fixture f;
    f.arrive(1, "a");
    f.settle({0});
    f.reconnect(false);
    CHECK(f.inbound.unreleased() == 0);
    CHECK(f.arrive(1, "a", true));
}

TEST_CASE("what was abandoned is emitted anew, what had landed is not") {
    Fixture f;
    f.arrive(1, "landed");
    f.arrive(2, "abandoned");
    f.settle({0});
    f.reconnect();
    CHECK_FALSE(f.arrive(1, "landed", true));
    f.inbound.lost();
    f.inbound.forget_unsettled([&f](std::uint64_t s) { return f.settled.contains(s); });
    f.connect(true);
    CHECK_FALSE(f.arrive(1, "landed", true));
    CHECK(f.arrive(2, "abandoned", true));
}

TEST_CASE("a broker that never releases costs no more than a table of all identifiers") {
    Unreleased all;
    for (int i = 0; i < 200'000; ++i) all.add(static_cast<std::uint16_t>(i % 65'535 + 1), 0);
    CHECK(all.size() == Unreleased::kMost);
    CHECK(all.release(7));
    CHECK(all.size() == Unreleased::kMost - 1);
}
