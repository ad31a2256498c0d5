#include "native/session.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/broker_bytes.hpp"

using namespace leat::mqtt;
using broker::operator+;

namespace {

std::string word(const Event& e) {
    switch (e.kind) {
        case Event::Kind::connected:
            return e.connack.session_present ? "connected, session" : "connected";
        case Event::Kind::refused:
            return "refused " + std::to_string(e.connack.code);
        case Event::Kind::published:
            return "published " + std::string(e.publish.topic) + " " + std::string(as_text(e.publish.payload));
        case Event::Kind::acknowledged:
            return "acknowledged " + std::to_string(e.ack.packet_id);
        case Event::Kind::received:
            return "received " + std::to_string(e.ack.packet_id) + (e.ack.code != 0 ? " refused" : "");
        case Event::Kind::released:
            return "released " + std::to_string(e.ack.packet_id);
        case Event::Kind::completed:
            return "completed " + std::to_string(e.ack.packet_id);
        case Event::Kind::subscribed:
            return "subscribed " + std::to_string(e.granted.packet_id);
        case Event::Kind::unsubscribed:
            return "unsubscribed " + std::to_string(e.granted.packet_id);
        case Event::Kind::ping_answered:
            return "ping answered";
        case Event::Kind::closed:
            return e.fault != nullptr ? std::string("closed: ") + e.fault : "closed by the broker";
    }
    return "?";
}

using Words = std::vector<std::string>;

struct Client {
    explicit Client(Version version = Version::v5, std::size_t largest = 1024) {
        session.open({.version = version, .client_id = "c", .user = {}, .password = {}}, largest);
        session.out().clear();
    }
    Words feed(const ByteBuffer& bytes) {
        Words words;
        Bytes in(bytes);
        for (Event e; session.next(in, e) == Session::Step::event;) words.push_back(word(e));
        left = in.size();
        return words;
    }
    Session session;
    std::size_t left = 0;
};

}  // namespace

TEST_CASE("opening a session puts CONNECT out") {
    Session session;
    session.open({.client_id = "c", .user = {}, .password = {}}, 1024);
    CHECK(session.out().at(0) == 0x10);
    CHECK_FALSE(session.is_connected());
}

TEST_CASE("a session tells what the broker sends, in order, and leaves a packet that is not whole") {
    Client c;
    const auto bytes = broker::connack(true) + broker::publish(1, "a", "one") + broker::publish(0, "b", "two") +
                       broker::raw({0xD0, 0}) + broker::puback(9) + broker::raw({0x90, 4, 0, 1, 0, 1, 0x30, 20});
    CHECK(c.feed(bytes) == Words{"connected, session", "published a one", "published b two", "ping answered",
                                 "acknowledged 9", "subscribed 1"});
    CHECK(c.left == 2);
    CHECK(c.session.wanted() == 22);
    CHECK(c.session.is_connected());
}

TEST_CASE("the packets of QoS 2 are told, each with its identifier and code") {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
        Client c(version);
        c.feed(broker::connack(false, version));
        CHECK(c.feed(broker::publish(1, "a", "one", false, version, 2) + broker::ack(Packet::pubrel, 1) +
                     broker::ack(Packet::pubrec, 7) + broker::ack(Packet::pubcomp, 7)) ==
              Words{"published a one", "released 1", "received 7", "completed 7"});
        c.session.acknowledge(Packet::pubrec, 1);
        c.session.acknowledge(Packet::pubcomp, 1);
        c.session.acknowledge(Packet::pubrel, 7, reason::packet_id_not_found);
        CHECK(broker::words(c.session.out(), version) ==
              Words{"PUBREC 1", "PUBCOMP 1", version == Version::v5 ? "PUBREL 7 0x92" : "PUBREL 7"});
    }
    Client c;
    c.feed(broker::connack(false));
    CHECK(c.feed(broker::ack(Packet::pubrec, 7, 0x87)) == Words{"received 7 refused"});
}

TEST_CASE("bytes may come one by one") {
    Client c(Version::v3_1_1);
    const auto all = broker::connack(false, Version::v3_1_1) + broker::publish(3, "t", "x", false, Version::v3_1_1);
    Words words;
    ByteBuffer held;
    for (const std::uint8_t b : all) {
        held.push_back(b);
        for (const auto& w : c.feed(held)) words.push_back(w);
        held.erase(held.begin(), held.end() - static_cast<std::ptrdiff_t>(c.left));
    }
    CHECK(words == Words{"connected", "published t x"});
}

TEST_CASE("a refused CONNECT ends the session") {
    Client c;
    CHECK(c.feed(broker::raw({0x20, 3, 0, 0x86, 0})) == Words{"refused 134"});
    Bytes none;
    Event e;
    CHECK(c.session.next(none, e) == Session::Step::over);
}

TEST_CASE("the broker's DISCONNECT ends the session") {
    Client c;
    CHECK(c.feed(broker::connack(false) + broker::raw({0xE0, 1, 0x8E})) ==
          Words{"connected", "closed by the broker"});
}

TEST_CASE("a breach of the protocol ends the session with its reason, and says so to the broker") {
    const std::pair<ByteBuffer, const char*> breaches[] = {
        {broker::connack(false), "closed: a second CONNACK"},
        {broker::raw({0x60, 2, 0, 1}),
         "closed: an acknowledgement with reserved flags set"},  // PUBREL [MQTT-3.6.1-1]
        {broker::raw({0x50, 2, 0, 0}), "closed: an acknowledgement of packet identifier 0"},
        {broker::raw({0x70, 1, 0}), "closed: an acknowledgement is cut short"},
        {broker::raw({0x30, 3, 0, 0, 0}), "closed: the topic is empty"},
        {broker::raw({0x00, 0}), "closed: a packet that only a client may send"},
        {broker::raw({0xF0, 0}), "closed: AUTH, though no authentication method was agreed"},
        {broker::raw({0xD0, 1, 0}), "closed: PINGRESP is malformed"},
        {broker::raw({0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1}), "closed: a packet whose length is malformed"},
        {broker::raw({0x30, 0x80, 0x10}), "closed: a packet larger than max_packet_size"},
    };
    for (const auto& [bytes, expected] : breaches) {
        Client c;
        CHECK(c.feed(broker::connack(false) + bytes) == Words{"connected", expected});
        CHECK(c.session.out().size() == 3);
        CHECK(c.session.out().at(0) == 0xE0);
        CHECK(c.feed(broker::publish(1, "a", "late")).empty());
    }
}

TEST_CASE("anything before CONNACK is a breach") {
    Client c;
    CHECK(c.feed(broker::publish(1, "a", "x")) == Words{"closed: the first packet is no CONNACK"});
}
