#include "native/inbound.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "native/broker_bytes.hpp"

using namespace leat::mqtt;

namespace {

// A broker's side of a source: gives messages to Inbound, settles them, reads the packet identifiers of the PUBACKs.
struct Fixture {
    Fixture() {
        buffer.refs = 1;
        buffer.release = [](leat_buffer*) { FAIL("the buffer was released too often"); };
        session.open({.client_id = "c", .user = {}, .password = {}}, 1024);
        const ByteBuffer granted = broker::connack(false);
        Bytes in(granted);
        Event e;
        (void)session.next(in, e);
        inbound.begin(false);
    }
    ~Fixture() {
        inbound.lost();
        inbound.begin(false);
        CHECK(buffer.refs == 1);
    }

    static Publish message(std::uint16_t id, std::string_view payload, bool dup) {
        Publish p;
        p.topic = "t";
        p.payload = as_bytes(payload);
        p.packet_id = id;
        p.qos = 1;
        p.dup = dup;
        return p;
    }
    // True when it was emitted as new.
    bool arrive(std::uint16_t id, std::string_view payload, bool dup = false) {
        const Publish p = message(id, payload, dup);
        if (inbound.adopt(p)) return false;
        inbound.received(p, next++, &buffer);
        return true;
    }
    std::vector<int> acknowledged() {
        session.out().clear();
        inbound.acknowledge([this](std::uint64_t s) { return settled.contains(s); }, session);
        std::vector<int> ids;
        const ByteBuffer& out = session.out();
        for (std::size_t at = 0; at < out.size(); at += 2U + out[at + 1]) {
            ids.push_back(out[at + 2] * 256 + out[at + 3]);
            codes.push_back(out[at + 1] == 3 ? out[at + 4] : 0);
        }
        return ids;
    }

    leat_buffer buffer{};
    Session session;
    Inbound inbound;
    std::uint64_t next = 0;
    std::set<std::uint64_t> settled;
    std::vector<int> codes;
};

using Ids = std::vector<int>;

}  // namespace

TEST_CASE("PUBACKs go out in the order of the PUBLISHes, whatever the order of the outcomes") {
    Fixture f;
    for (std::uint16_t id = 11; id <= 14; ++id) CHECK(f.arrive(id, "x"));
    f.settled = {1, 2};
    CHECK(f.acknowledged() == Ids{});
    f.settled.insert(0);
    CHECK(f.acknowledged() == Ids{11, 12, 13});
    f.settled.insert(3);
    CHECK(f.acknowledged() == Ids{14});
    CHECK(f.inbound.unacknowledged() == 0);
}

TEST_CASE("a refused message is acknowledged with its reason code, in its place") {
    Fixture f;
    for (std::uint16_t id = 1; id <= 3; ++id) f.arrive(id, "x");
    f.inbound.refuse(1, reason::implementation_specific);
    f.settled = {0, 1, 2};
    CHECK(f.acknowledged() == Ids{1, 2, 3});
    CHECK(f.codes == Ids{0, 0x83, 0});
}

TEST_CASE("after a reconnect, the twins of unsettled messages are adopted and not emitted again") {
    Fixture f;
    f.arrive(1, "a");
    f.arrive(2, "b");
    f.inbound.lost();
    CHECK(f.inbound.awaited() == 2);
    f.inbound.begin(true);
    CHECK_FALSE(f.arrive(1, "a", true));
    CHECK_FALSE(f.arrive(2, "b", true));
    CHECK(f.arrive(3, "c"));
    f.settled = {0, 1, 2};
    CHECK(f.acknowledged() == Ids{1, 2, 3});
}

TEST_CASE("a message settled while the connection was away is acknowledged when its twin comes") {
    Fixture f;
    f.arrive(1, "a");
    f.inbound.lost();
    f.settled = {0};
    CHECK(f.acknowledged() == Ids{});
    f.inbound.begin(true);
    CHECK_FALSE(f.arrive(1, "a", true));
    CHECK(f.acknowledged() == Ids{1});
}

TEST_CASE("what differs from the oldest one in anything is emitted as new") {
    Fixture f;
    f.arrive(1, "a");
    f.inbound.lost();
    f.inbound.begin(true);
    SUBCASE("another payload under the same identifier") { CHECK(f.arrive(1, "b", true)); }
    SUBCASE("another identifier") { CHECK(f.arrive(2, "a", true)); }
    SUBCASE("the same, but not sent again") { CHECK(f.arrive(1, "a", false)); }
    SUBCASE("not the head") {
        f.arrive(2, "x");
        f.inbound.lost();
        f.inbound.begin(true);
        CHECK(f.arrive(3, "y", true));
    }
}

TEST_CASE("a PUBACK that the broker did not get makes a duplicate, and the twins behind it are still found") {
    Fixture f;
    f.arrive(1, "a");
    f.arrive(2, "b");
    f.settled = {0};
    CHECK(f.acknowledged() == Ids{1});
    f.inbound.lost();
    f.inbound.begin(true);
    CHECK(f.arrive(1, "a", true));        // sequence 2
    CHECK_FALSE(f.arrive(2, "b", true));  // sequence 1
    f.settled.insert(1);
    CHECK(f.acknowledged() == Ids{});  // identifier 1 came first on this connection
    f.settled.insert(2);
    CHECK(f.acknowledged() == Ids{1, 2});
}

TEST_CASE("two disconnects in a row: twins come in the broker's order") {
    Fixture f;
    f.arrive(1, "x1");
    f.arrive(2, "x2");
    f.arrive(3, "x3");
    f.inbound.lost();
    f.inbound.begin(true);
    CHECK_FALSE(f.arrive(1, "x1", true));
    f.inbound.lost();
    f.inbound.begin(true);
    CHECK_FALSE(f.arrive(1, "x1", true));
    CHECK_FALSE(f.arrive(2, "x2", true));
    CHECK_FALSE(f.arrive(3, "x3", true));
    f.settled = {0, 1, 2};
    CHECK(f.acknowledged() == Ids{1, 2, 3});
}

TEST_CASE("without a session there are no twins, and what is unsettled needs no PUBACK any more") {
    Fixture f;
    f.arrive(1, "a");
    f.inbound.lost();
    f.inbound.begin(false);
    CHECK(f.inbound.awaited() == 0);
    CHECK(f.arrive(1, "a", true));
    f.settled = {0, 1};
    CHECK(f.acknowledged() == Ids{1});
}

TEST_CASE("the first message that is not sent again ends the comparing") {
    Fixture f;
    f.arrive(1, "a");
    f.inbound.lost();
    f.inbound.begin(true);
    CHECK(f.arrive(2, "new"));
    CHECK(f.inbound.awaited() == 0);
    CHECK(f.arrive(1, "a", true));
}

TEST_CASE("what was abandoned is emitted anew, what was settled behind it is adopted") {
    Fixture f;
    f.arrive(1, "abandoned");
    f.arrive(2, "settled");
    f.settled = {1};
    f.inbound.lost();
    f.inbound.forget_unsettled([&f](std::uint64_t s) { return f.settled.contains(s); });
    f.inbound.begin(true);
    CHECK(f.arrive(1, "abandoned", true));
    CHECK_FALSE(f.arrive(2, "settled", true));
    f.settled.insert(2);
    CHECK(f.acknowledged() == Ids{1, 2});
}

TEST_CASE("a refusal is remembered only for a message that has a PUBACK to come") {
    Fixture f;
    f.arrive(7, "a");
    f.inbound.refuse(f.next, reason::implementation_specific);  // QoS 0: never received() here
    CHECK(f.inbound.refused() == 0);
    f.inbound.refuse(0, reason::implementation_specific);
    CHECK(f.inbound.refused() == 1);
    f.inbound.lost();
    f.inbound.begin(true);
    CHECK(f.inbound.refused() == 1);
    CHECK(f.arrive(8, "new"));  // no DUP: the broker has forgotten the first
    CHECK(f.inbound.refused() == 0);
}
