// What the broker is told of each message, and what it does then.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>

#include "conformance/case.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

using namespace leat::test;

namespace {

/** What a host that has ended leaves unsettled is gone with it: only what is published from now on arrives. */
void check_gone(Rig& rig, std::uint64_t first, std::uint64_t last) {
    absent("persistence");
    rig.tap().clear();
    rig.tap().answer({});
    rig.start();
    rig.publish(last + 1, last + 20);
    REQUIRE(rig.wait([&] { return rig.seen().missing(last + 1, last + 20).empty(); }));
    CHECK(rig.seen().missing(first, last).size() == last - first + 1);
}

/** Random answers; each number is retried at most once. */
struct Dice {
    Dice(unsigned seed, std::uint64_t most) : random(seed), was_retried(most + 1) {}
    std::minstd_rand random;
    std::vector<bool> was_retried;
    std::atomic<std::uint64_t> retried = 0, rejected = 0;

    Answer answer(std::uint64_t number) {
        const auto thrown = random() % 100;
        if (thrown < 5 && !was_retried[number]) {
            was_retried[number] = true;
            ++retried;
            return Answer::retry;
        }
        if (thrown < 10) {
            ++rejected;
            return Answer::reject;
        }
        return thrown < 30 ? Answer::hold : Answer::ack;
    }
};

std::size_t lines_of(const std::string& file) {
    const std::string text = read_file(file);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

CONFORMANCE_CASE("with one in flight, a message settled retry comes again before the next") {
    Rig rig(backend, {.max_in_flight = 1});
    rig.tap().answer(once(7, Answer::retry));
    rig.publish(1, 50);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 51; }));
    const Seen seen = rig.seen();
    CHECK(seen.missing(1, 50).empty());
    CHECK(seen.times(7) == 2);
    CHECK(seen.in_order());
    CHECK(seen.numbers()[7] == 7);  // the second time, at once behind the first
    CHECK(rig.tap().peak_held() == 1);
    CHECK(seen.redelivered_by_broker(7) == backend.features().requeues_live);
    if (!backend.features().requeues_live) absent("requeues live");
}

CONFORMANCE_CASE("a rejected message does not come again, and those around it go on") {
    Rig rig(backend);
    rig.tap().answer(once(5, Answer::reject));
    rig.publish(1, 50);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= 50; }));
    REQUIRE(rig.wait([&] { return rig.view("reader0").ledger.in_flight == 0; }));
    CHECK(rig.view("reader0").ledger.returned == 1);
    CHECK(rig.view("reader0").ledger.landed == 49);
    rig.stop();
    rig.start();
    rig.publish(51, 60);
    REQUIRE(rig.wait([&] { return rig.seen().missing(51, 60).empty(); }));
    CHECK(rig.seen().times(5) == 1);
    CHECK(rig.seen().missing(1, 60).empty());
}

CONFORMANCE_CASE("what is unsettled comes back after a close") {
    Rig rig(backend);
    rig.tap().answer(hold(41, 60));
    rig.publish(1, 100);
    REQUIRE(rig.wait([&] { return rig.tap().count() >= backend.bounds().reached(41, 60, 100); }));
    rig.stop();
    if (!backend.features().persists) return check_gone(rig, 1, 100);
    rig.tap().clear();
    rig.tap().answer({});
    rig.start();
    REQUIRE(rig.wait([&] { return rig.seen().missing(41, 60).empty(); }));
    for (std::uint64_t n = 1; n <= 40; ++n) CHECK(rig.seen().times(n) == 0);  // these were acknowledged
    CHECK(rig.seen().in_order());
}

CONFORMANCE_CASE("what is unsettled comes back after a kill") {
    Rig rig(backend, {.starts = false});
    if (!backend.features().persists) {
        rig.start();
        rig.tap().answer(hold(1, 100));
        rig.publish(1, 100);
        REQUIRE(rig.wait([&] { return rig.tap().count() >= 100; }));
        rig.stop();
        return check_gone(rig, 1, 100);
    }
    const leat::test::Folder folder;
    const std::string record = folder / "held";
    Process victim({host(), "run", rig.config_that_holds(record), "--plugin-dir", plugin_folder()},
                   {.output = folder / "host.log"});
    rig.publish(1, 100);
    REQUIRE_MESSAGE(
        eventually([&] { return lines_of(record) >= backend.bounds().held_of(100); }, std::chrono::minutes(1)),
        victim.output());
    victim.kill();
    rig.start();
    REQUIRE(rig.wait([&] { return rig.seen().missing(1, 100).empty(); }));
    CHECK(rig.seen().in_order());
}

CONFORMANCE_CASE("every receipt is settled exactly once") {
    constexpr std::uint64_t kMessages = 1000;
    const auto seed = static_cast<unsigned>(setting("LEAT_SEED", std::random_device{}() & 0xffff));
    CAPTURE(seed);
    Rig rig(backend, {.max_in_flight = 64, .topics = 4});
    Dice dice(seed, kMessages);
    rig.tap().let_go_when_starved();
    rig.tap().answer([&dice](const Arrival& a) { return dice.answer(number_of(a)); });
    rig.publish(1, kMessages);
    const bool requeues = backend.features().requeues_live;
    REQUIRE(rig.wait([&] {
        rig.tap().settle_held(Answer::ack);
        const auto ledger = rig.view("reader0").ledger;
        return ledger.landed + dice.rejected == kMessages && ledger.in_flight == 0;
    }));
    const leat::RouteView view = rig.view("reader0");
    CHECK(view.ledger.balances());
    CHECK(view.stale == 0);
    CHECK(dice.retried > 0);
    CHECK(dice.rejected > 0);
    CHECK(view.ledger.returned == dice.rejected + (requeues ? dice.retried.load() : 0));
    CHECK(view.ledger.received == kMessages + (requeues ? dice.retried.load() : 0));
    CHECK(rig.seen().missing(1, kMessages).empty());
    CHECK(rig.tap().count() == rig.tap().settled());
    CHECK(rig.tap().held() == 0);
}

CONFORMANCE_CASE("a sink settles every receipt once and lets every buffer go") {
    constexpr std::size_t kMessages = 2000;
    Rig rig(backend, {.topics = 4, .writer = true});
    rig.feed().send(rig.numbered(1, kMessages));
    REQUIRE(rig.wait([&] { return rig.feed().settled() == kMessages && rig.tap().distinct() == kMessages; }));
    rig.stop();
    CHECK(rig.feed().ended_as(LEAT_ACK) == kMessages);
    CHECK(rig.feed().ended_twice() == 0);
    CHECK(rig.feed().live_buffers() == 0);
    CHECK(rig.view("writer").stale == 0);
    CHECK(rig.view("writer").ledger.balances());
}
