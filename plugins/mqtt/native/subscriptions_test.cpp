#include "native/subscriptions.hpp"

#include <doctest/doctest.h>

#include "native/broker_bytes.hpp"

using namespace leat::mqtt;

namespace {

Session connected(Version version = Version::v5) {
    Session session;
    session.open({.version = version, .client_id = "c", .user = {}, .password = {}}, 1024);
    const ByteBuffer granted =
        version == Version::v5 ? broker::connack(true) : broker::raw({0x20, 2, 1, 0});  // session present
    Bytes in(granted);
    Event e;
    (void)session.next(in, e);
    session.out().clear();
    return session;
}

}  // namespace

TEST_CASE("filters are subscribed on every connection, and those that are gone unsubscribed once") {
    Session session = connected();
    Subscriptions s({{.filter = "new"}}, {"old", "new"});
    CHECK(s.known() == std::vector<std::string>{"old", "new"});
    s.connected(true, session);
    CHECK(session.out()[0] == 0xA2);
    CHECK(session.out()[1] == 8);  // UNSUBSCRIBE "old"
    CHECK(session.out()[10] == 0x82);
    s.unsubscribed({.packet_id = 1, .codes = {}, .reason_string = {}});
    CHECK(s.known() == std::vector<std::string>{"new"});
    session.out().clear();
    s.connected(true, session);
    CHECK(session.out()[0] == 0x82);
}

TEST_CASE("a session that the broker lost has nothing to unsubscribe") {
    Session session = connected();
    Subscriptions s({{.filter = "new"}}, {"old"});
    s.connected(false, session);
    CHECK(session.out()[0] == 0x82);
}

TEST_CASE("a refused filter is named, with the reason in words") {
    Session session = connected();
    Subscriptions s({{.filter = "a"}, {.filter = "b/#"}}, {});
    s.connected(false, session);
    std::string refused;
    const ByteBuffer codes = broker::raw({1, 0x87});
    CHECK_FALSE(s.answered({.packet_id = 1, .codes = codes, .reason_string = {}}, Version::v5, refused));
    CHECK(refused == "the broker refuses 'b/#': not authorized (0x87)");
    CHECK_FALSE(s.is_complete());
    const ByteBuffer low = broker::raw({1, 0});
    CHECK_FALSE(s.answered({.packet_id = 1, .codes = low, .reason_string = {}}, Version::v5, refused));
    CHECK(refused == "the broker grants only QoS 0 for 'b/#'");
    const ByteBuffer good = broker::raw({1, 1});
    CHECK(s.answered({.packet_id = 1, .codes = good, .reason_string = {}}, Version::v5, refused));
    CHECK(s.is_complete());
}

TEST_CASE("3.1.1: a session that has granted all is not asked again, for that would bring all retained messages") {
    for (const std::uint8_t handling : {std::uint8_t{0}, std::uint8_t{1}}) {
        CAPTURE(static_cast<int>(handling));
        Session session = connected(Version::v3_1_1);
        Subscriptions s({{.filter = "a", .retain_handling = handling}}, {});
        const auto asks = [&](bool session_present) {
            session.out().clear();
            s.connected(session_present, session);
            return !session.out().empty();
        };
        std::string refused;
        const ByteBuffer good = broker::raw({1});
        CHECK(asks(true));  // of what an earlier process had granted nothing is known
        CHECK(asks(true));  // no SUBACK came
        CHECK(s.answered({.packet_id = 2, .codes = good, .reason_string = {}}, Version::v3_1_1, refused));
        CHECK(asks(true) == (handling == 0));  // "always"
        CHECK(asks(false));
    }
}
