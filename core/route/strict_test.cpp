// "ordering": "strict": nothing of a lane lands behind a message that is refused, until that one has ended.
#include "route/rig.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace leat;
using namespace leat::route;
using namespace leat::route::test;

namespace {

// Every 7th is refused twice.
Scripted::Script refuse_every_seventh(int count, int lanes) {
    std::set<std::string> which;
    for (int i = 0; i < count; i += 7) which.insert("t" + std::to_string(i % lanes) + ":" + std::to_string(i));
    return refuse_first(which, 2, LEAT_RETRY);
}

}  // namespace

TEST_CASE("strict: each lane lands strictly in order though messages are refused; without it later ones land first") {
    for (const bool strict : {true, false}) {
        Rig rig(600, 4);
        rig.plan.strict = strict;
        rig.scripts["main"] = refuse_every_seventh(600, 4);
        rig.start();
        REQUIRE(rig.wait_settled(600));
        const auto arrived = rig.arrivals["main"].get();
        CHECK(arrived.size() == 600);
        CHECK(in_order_by_topic(arrived) == strict);
        CHECK(rig.snapshot().retries >= 2 * 600 / 7);
        CHECK(rig.drain().ledger.landed == 600);
    }
}

TEST_CASE(
    "strict: a sink that cannot hold a lane back gets one message of it at a time, of others meanwhile theirs") {
    Rig rig(400, 8);
    rig.plan.strict = true;
    std::map<uint32_t, int> in_batch;
    std::atomic<int> most_of_lane{0}, batches{0};
    const leat_message* last = nullptr;
    rig.scripts["main"] = [&](const leat_message& m, const std::string&) {
        if (last == nullptr || &m < last) in_batch.clear();  // another array: another push
        last = &m;
        most_of_lane = std::max(most_of_lane.load(), ++in_batch[m.lane]);
        batches = std::max<int>(batches.load(), static_cast<int>(in_batch.size()));
        return Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(400));
    CHECK(in_order_by_topic(rig.arrivals["main"].get()));
    CHECK(most_of_lane == 1);
    CHECK(batches > 1);  // lanes go down together
}

TEST_CASE("strict: a sink IN_ORDER is fed without waiting, blocks a refused lane by itself, and resumes when told") {
    Rig rig(600, 3);
    rig.plan.strict = true;
    rig.plan.branches[0].sink.descriptor = Rig::with_flags(LEAT_SINK_IN_ORDER);
    rig.plan.on_failure.policy.attempts = 4;  // being held back behind others is no attempt
    std::map<std::string, int> tries;
    std::atomic<int> resumed{0};
    rig.scripts["main"] = [&, refuse = refuse_every_seventh(600, 3)](const leat_message& m,
                                                                     const std::string& shown) {
        if (m.flags & LEAT_MESSAGE_RESUME) ++resumed;
        ++tries[shown];
        return refuse(m, shown);
    };
    rig.start();
    REQUIRE(rig.wait_settled(600));
    CHECK(rig.arrivals["main"].get().size() == 600);
    CHECK(in_order_by_topic(rig.arrivals["main"].get()));
    CHECK(resumed >= 2 * 600 / 7);
    CHECK(tries["t0:21"] == 3);
    CHECK(rig.drain().ledger.landed == 600);
}

TEST_CASE("strict: what is rejected goes to the dead letter before anything behind it lands") {
    for (const uint32_t flags : {0u, LEAT_SINK_IN_ORDER}) {
        Rig rig(200, 2);
        rig.plan.strict = true;
        rig.plan.branches[0].sink.descriptor = Rig::with_flags(flags);
        rig.plan.on_failure.has_dead_letter = true;
        rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
        rig.scripts["main"] = refuse_first({"t0:20", "t1:41", "t0:100"}, 99, LEAT_REJECT);
        std::atomic<size_t> landed_before{0};
        rig.scripts["dead"] = [&](const leat_message&, const std::string& shown) {
            if (shown == "t0:20") {
                for (const auto& a : rig.arrivals["main"].get()) landed_before += a == "t0:22" || a == "t0:24";
            }
            return Answer{};
        };
        rig.start();
        REQUIRE(rig.wait_settled(200));
        const Ledger ledger = rig.drain().ledger;
        CHECK(ledger.dead_lettered == 3);
        CHECK(ledger.landed == 197);
        CHECK(landed_before == 0);
        CHECK(in_order_by_topic(rig.arrivals["main"].get()));
    }
}

TEST_CASE("strict: a drain with lanes held gives everything back, and more lanes than are kept do no harm") {
    Rig rig(9000, 6000);
    rig.plan.strict = true;
    rig.plan.max_in_flight = 9000;
    rig.plan.drain_timeout = std::chrono::milliseconds(10);
    rig.scripts["main"] = [](const leat_message&, const std::string& shown) {
        return shown == "t5:5" || shown == "t7:7" ? Answer{LEAT_RETRY} : Answer{};
    };
    rig.plan.on_failure.policy.backoff = {std::chrono::seconds(30), std::chrono::seconds(30)};
    rig.start();
    REQUIRE(rig.wait_settled(9000 - 4));  // those two, and one behind each
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.returned == 4);
    CHECK(ledger.landed == 9000 - 4);
    CHECK(ledger.balances());
}

TEST_CASE("strict: with branches each keeps its own order, and a retry repeats one branch only") {
    Rig rig(200, 2);
    rig.plan.strict = true;
    rig.add_branch("second");
    rig.scripts["second"] = refuse_every_seventh(200, 2);
    rig.start();
    REQUIRE(rig.wait_settled(200));
    CHECK(rig.arrivals["main"].get().size() == 200);
    CHECK(rig.arrivals["second"].get().size() == 200);
    CHECK(in_order_by_topic(rig.arrivals["main"].get()));
    CHECK(in_order_by_topic(rig.arrivals["second"].get()));
}

TEST_CASE("strict: what collects below is told that the lane waits for it") {
    Rig rig(200, 2);
    rig.plan.strict = true;
    rig.plan.max_in_flight = 5000;  // so that the source never says that it waits
    rig.plan.branches[0].sink = rig.sink_plan("collects");
    rig.start();
    REQUIRE(rig.wait_settled(198));  // the last of each lane has nobody waiting for it
    rig.drain();
    CHECK(rig.arrivals["collects"].get().size() == 200);
    CHECK(in_order_by_topic(rig.arrivals["collects"].get()));
}
