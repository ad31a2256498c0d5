// What is published arrives, whole, and to whom it should.
#include <algorithm>
#include <map>

#include "conformance/case.hpp"
#include "conformance/envelopes.hpp"

using namespace leat::test;

namespace {

constexpr std::size_t kMebibyte = 1024 * 1024;

/** A rig for what a sink writes: read by the test's own client, or where there is no broker, by a reader. */
RigShape writing(const TestedBackend& backend, int topics) {
    RigShape shape{.topics = topics, .writer = true};
    if (backend.has_broker()) shape.readers.clear();
    return shape;
}

}  // namespace

CONFORMANCE_CASE("what is published arrives, each once") {
    Rig rig(backend);
    rig.publish(1, 500);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 500; }));
    CHECK(rig.seen().missing(1, 500).empty());
    CHECK(rig.seen().each_once());
}

CONFORMANCE_CASE("what is sent lands, each once") {
    Rig rig(backend, writing(backend, 1));
    backend.listen(rig.topics());
    rig.feed().send(rig.numbered(1, 500));
    REQUIRE(rig.wait([&] { return rig.feed().ended_as(LEAT_ACK) == 500; }));
    std::map<std::uint64_t, int> times;
    for (const Sample& s : rig.collect(500)) ++times[number_of(s)];
    CHECK(times.size() == 500);
    CHECK(std::all_of(times.begin(), times.end(), [](const auto& t) { return t.second == 1; }));
}

CONFORMANCE_CASE("many topics at once") {
    constexpr int kTopics = 20;
    Rig rig(backend, {.topics = kTopics});
    rig.publish(1, 1000);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 1000; }));
    CHECK(rig.seen().missing(1, 1000).empty());
    int misplaced = 0;
    for (const Arrival& a : rig.tap().arrivals()) misplaced += a.topic != rig.topic(number_of(a) % kTopics);
    CHECK(misplaced == 0);
}

CONFORMANCE_CASE("headers, key and bytes arrive as they were published") {
    Rig rig(backend, {.topics = kEnvelopes});
    auto published = envelopes(rig.topics());
    if (!backend.envelope().binary_headers) std::erase_if(published, has_binary_header);  // no client can say it
    rig.publish(published);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= published.size(); }));
    for (const Arrival& a : rig.tap().arrivals()) {
        CAPTURE(a.topic);
        CHECK(differences(find_by_topic(published, a.topic), a, backend.envelope()) == "");
    }
}

CONFORMANCE_CASE("headers, key and bytes land as they were sent") {
    Rig rig(backend, writing(backend, kEnvelopes));
    backend.listen(rig.topics());
    const auto sent = envelopes(rig.topics());
    rig.feed().send(sent);
    REQUIRE(rig.wait([&] { return rig.feed().settled() == sent.size(); }));
    std::size_t landed = 0;
    const auto outcomes = rig.feed().outcomes();
    for (std::size_t i = 0; i < sent.size(); ++i) {
        CAPTURE(i);
        const Envelope envelope = backend.envelope();
        const bool must_land = !envelope.headers || envelope.binary_headers || !has_binary_header(sent[i]);
        CHECK(outcomes[i].front().outcome == (must_land ? LEAT_ACK : LEAT_REJECT));
        if (!must_land) CHECK(outcomes[i].front().reason != "");
        landed += must_land;
    }
    const auto read = rig.collect(landed);
    CHECK(read.size() == landed);
    for (const Sample& s : read) {
        CAPTURE(s.topic);
        CHECK(differences(find_by_topic(sent, s.topic), s, backend.envelope()) == "");
    }
}

CONFORMANCE_CASE("payloads of 1 MiB pass both ways") {
    Rig rig(backend, {.writer = true});
    std::vector<Sample> sent = rig.numbered(1, 3);
    for (Sample& s : sent) {
        *s.payload += ' ';
        for (char c = 0; s.payload->size() < kMebibyte; ++c) *s.payload += c;
    }
    rig.feed().send(sent);
    REQUIRE(rig.wait([&] { return rig.feed().settled() == 3; }));
    if (!backend.features().large_payloads) {
        absent("large payloads");
        CHECK(rig.feed().ended_as(LEAT_REJECT) == 3);
        CHECK(rig.feed().outcomes()[0][0].reason != "");
        return;
    }
    CHECK(rig.feed().ended_as(LEAT_ACK) == 3);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 3; }));
    for (const Arrival& a : rig.tap().arrivals()) CHECK((a.payload == sent.at(number_of(a) - 1).payload));
}

CONFORMANCE_CASE("a payload above the limit is rejected with the reason, and those around it land") {
    Rig rig(backend, {.writer = true});
    std::vector<Sample> sent = rig.numbered(1, 3);
    const std::size_t limit = backend.payload_limit().value_or(4'000'000);
    sent[0].payload->append(1, ' ').append(limit - sent[0].payload->size(), 'x');
    sent[1].payload->append(1, ' ').append(limit + limit / 4, 'x');
    rig.feed().send(sent);
    REQUIRE(rig.wait([&] { return rig.feed().settled() == 3; }));
    const auto outcomes = rig.feed().outcomes();
    CHECK(outcomes[0][0].outcome == LEAT_ACK);
    CHECK(outcomes[2][0].outcome == LEAT_ACK);
    if (!backend.payload_limit()) {
        absent("a limit");
        CHECK(outcomes[1][0].outcome == LEAT_ACK);
        return;
    }
    CHECK(outcomes[1][0].outcome == LEAT_REJECT);
    CHECK(outcomes[1][0].reason != "");
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 2; }));
    CHECK(rig.seen().times(2) == 0);
}

CONFORMANCE_CASE("ten thousand topics") {
    const int topics = backend.many_topics();
    Rig rig(backend, {.topics = topics, .writer = true});
    const auto all = static_cast<std::uint64_t>(topics);
    rig.feed().send(rig.numbered(1, all));
    REQUIRE(rig.wait([&] { return rig.feed().ended_as(LEAT_ACK) == all && rig.tap().distinct() == all; }));
    CHECK(rig.seen().missing(1, all).empty());
}

CONFORMANCE_CASE("messages published before the subscriber exists arrive") {
    Rig rig(backend, {.starts = false});
    if (!backend.features().persists) {
        absent("persistence");
        rig.start({"writer"});
        rig.publish(1, 50);
        REQUIRE(rig.wait([&] { return rig.feed().ended_as(LEAT_ACK) == 50; }));
        rig.stop();
        rig.start();
        rig.publish(51, 100);
        REQUIRE(rig.wait([&] { return rig.seen().missing(51, 100).empty(); }));
        CHECK(rig.seen().missing(1, 50).size() == 50);
        return;
    }
    rig.publish(1, 100);
    rig.start();
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 100; }));
    CHECK(rig.seen().missing(1, 100).empty());
    CHECK(rig.seen().each_once());
}

CONFORMANCE_CASE("independent groups each get all") {
    Rig rig(backend, {.readers = {"one", "two"}});
    rig.publish(1, 300);
    if (!backend.features().independent_groups) {
        absent("independent groups");
        REQUIRE(rig.wait([&] { return rig.tap(0).settled() + rig.tap(1).settled() == 300; }));
        return;
    }
    REQUIRE(rig.wait([&] { return rig.tap(0).settled() >= 300 && rig.tap(1).settled() >= 300; }));
    for (const std::size_t reader : {0u, 1u}) {
        CHECK(rig.seen(reader).missing(1, 300).empty());
        CHECK(rig.seen(reader).each_once());
    }
}

CONFORMANCE_CASE("two sources and a sink share a process") {
    Rig rig(backend, {.readers = {"one", "two"}, .writer = true, .starts = false, .all_tested = true});
    if (backend.bounds().together != Together::all) {
        absent("several at once");
        CHECK_THROWS_WITH(rig.start(), doctest::Contains("can have one source in a process"));
        CHECK_THROWS_WITH(rig.start(), doctest::Contains("can have no sink in the process of its source"));
        return;
    }
    rig.start();
    REQUIRE(rig.wait_until_up());
    rig.feed().send(rig.numbered(1, 20));
    REQUIRE(rig.wait([&] { return rig.tap(0).distinct() == 20 && rig.tap(1).distinct() == 20; }));
}

CONFORMANCE_CASE("competing consumers share the messages out") {
    Rig rig(backend, {.max_in_flight = 8, .topics = 4, .partitions = 2, .readers = {"one", "one"}});
    const auto publish = [&](std::uint64_t first, std::uint64_t last) {
        auto samples = rig.numbered(first, last);
        for (Sample& s : samples) s.key = "k" + std::to_string(number_of(s) % 16);
        rig.publish(samples);
    };
    const auto missing = [&](std::uint64_t first, std::uint64_t last) {
        std::size_t n = 0;
        const Seen one = rig.seen(0), two = rig.seen(1);
        for (auto i = first; i <= last; ++i) n += one.times(i) + two.times(i) == 0;
        return n;
    };
    // Both have joined when both have got something; until then the group may still divide its work.
    std::uint64_t last = 0;
    while (last < 20'000 && (rig.tap(0).count() == 0 || rig.tap(1).count() == 0)) {
        publish(last + 1, last + 200);
        last += 200;
        REQUIRE(rig.wait([&] { return missing(last - 199, last) == 0; }));
    }
    CHECK(rig.tap(0).count() > 0);
    CHECK(rig.tap(1).count() > 0);
    publish(last + 1, last + 400);
    REQUIRE(rig.wait([&] { return missing(1, last + 400) == 0; }));
    const Seen one = rig.seen(0), two = rig.seen(1);
    int twice = 0;
    for (auto i = last + 1; i <= last + 400; ++i) twice += one.times(i) + two.times(i) > 1;
    CHECK(twice == 0);
}
