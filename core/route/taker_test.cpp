// A stage with LEAT_STAGE_TAKES_REJECTS: what the steps below give up comes up to it.
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/flow/token.hpp>

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>

#include "route/rig.hpp"

using namespace leat;
using namespace leat::route;
using namespace leat::route::test;

namespace {

constexpr uint32_t kTakes = LEAT_STAGE_ASYNC | LEAT_STAGE_TAKES_REJECTS;

// Takes rejects with a reason that contains `ignored` as done.
struct Forgives : Stage {
    struct Frame : leat_settler {
        Forgives* owner;
    };
    explicit Forgives(const char* text) : ignored(text) {
        frame.settle = [](leat_settler* s, const leat_settlement* all, size_t n) {
            Forgives& me = *static_cast<Frame*>(s)->owner;
            Settlements up;
            for (size_t i = 0; i < n; ++i) me.take_back(all[i], up);
        };
        frame.owner = this;
    }
    void push(Batch& batch) override {
        size_t n = 0;
        leat_message* all = batch.all(n);
        for (size_t i = 0; i < n; ++i) {
            const auto [token, receipt] = sent.open();
            *receipt = std::exchange(all[i].receipt, {&frame, token});
        }
        pass(all, n);
    }
    void take_back(const leat_settlement& s, Settlements& up) {
        const leat_receipt receipt = *sent.find(s.token);
        sent.remove(s.token);
        const bool is_ignored = s.outcome == LEAT_REJECT && s.detail && view(s.detail->text).find(ignored) != npos;
        up.settle(receipt, is_ignored ? LEAT_ACK : s.outcome, is_ignored ? LEAT_DISCARDED : s.code, s.detail);
    }

    static constexpr size_t npos = std::string_view::npos;
    std::string ignored;
    Frame frame;
    Slots<leat_receipt> sent;
};

std::string header_of(const leat_message& m, std::string_view name) {
    for (uint32_t i = 0; i < m.header_count; ++i) {
        if (view(m.headers[i].name) == name) return std::string(view(m.headers[i].value));
    }
    return "none";
}

void reject_five(Message& m) {
    if (m.payload() == "5") m.reject("five is too much");
    if (m.payload() == "6") m.reject("six is another matter");
}

void with_dead_letter(Rig& rig) {
    rig.plan.on_failure.has_dead_letter = true;
    rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
}

}  // namespace

TEST_CASE("what a stage below rejects comes up to the one that takes rejects, though the route would stop") {
    Rig rig(10);
    rig.add_stage_of<Forgives>(kTakes, "");
    rig.add_stage(reject_five);
    rig.start();
    REQUIRE(rig.wait_settled(10));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.discarded == 2);
    CHECK(ledger.landed == 8);
    CHECK(ledger.balances());
}

TEST_CASE("what the stage does not take goes to the route's dead letter, as received there, with its step") {
    Rig rig(10);
    with_dead_letter(rig);
    std::string step, reason;
    rig.scripts["dead"] = [&](const leat_message& m, const std::string&) {
        step = header_of(m, "leat-step");
        reason = header_of(m, "leat-reason");
        return Answer{};
    };
    rig.add_stage_of<Forgives>(kTakes, "too much");
    rig.add_stage(reject_five);
    rig.start();
    REQUIRE(rig.wait_settled(10));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.discarded == 1);
    CHECK(ledger.dead_lettered == 1);
    CHECK(ledger.landed == 8);
    CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t0:6"});
    CHECK(step == "stage0");
    CHECK(reason == "six is another matter");
}

TEST_CASE("a reject that the stage does not take stops the route where it has no other end") {
    Rig rig(10);
    rig.add_stage_of<Forgives>(kTakes, "too much");
    rig.add_stage(reject_five);
    rig.start();
    REQUIRE(rig.wait([](const RouteSnapshot& s) { return s.state == RouteState::failed; }));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.discarded == 1);
    CHECK(ledger.returned >= 1);
    CHECK(ledger.balances());
}

TEST_CASE("the sink below is tried as often as the policy says before its message comes up; a stage above is not") {
    Rig rig(20, 4);
    rig.plan.on_failure.policy.attempts = 3;
    with_dead_letter(rig);
    rig.add_stage([](Message& m) {
        if (m.payload() == "3") m.reject("as the script says, too");
    });
    rig.add_stage_of<Forgives>(kTakes, "as the script says");
    int tries = 0;
    rig.scripts["main"] = [&](const leat_message&, const std::string& shown) {
        tries += shown == "t0:4";
        return shown == "t0:4" ? Answer{LEAT_RETRY} : Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(20));
    const Ledger ledger = rig.drain().ledger;
    CHECK(tries == 3);
    CHECK(ledger.discarded == 1);
    CHECK(ledger.dead_lettered == 1);
    CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t3:3"});
    CHECK(in_order_by_topic(rig.arrivals["main"].get()));
}

TEST_CASE("a branch's reject comes up once all branches have ended; one with a policy of its own keeps it") {
    Rig rig(10);
    with_dead_letter(rig);
    rig.add_branch("second");
    BranchPlan& own = rig.add_branch("third");
    own.has_own_failure = true;
    own.on_failure.policy = rig.plan.on_failure.policy;
    own.on_failure.has_dead_letter = true;
    own.on_failure.dead_letter = rig.sink_plan("own_dead");
    rig.add_stage_of<Forgives>(kTakes, "");
    rig.scripts["second"] = refuse_first({"t0:2"}, 9, LEAT_REJECT);
    rig.scripts["third"] = refuse_first({"t0:3"}, 9, LEAT_REJECT);
    rig.start();
    REQUIRE(rig.wait_settled(10));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.discarded == 1);
    CHECK(ledger.dead_lettered == 1);
    CHECK(rig.arrivals["dead"].get().empty());
    CHECK(rig.arrivals["own_dead"].get() == std::vector<std::string>{"t0:3"});
    CHECK(rig.arrivals["main"].get() == numbered(10));
}

TEST_CASE("a best-effort branch keeps the route's dead letter: the stage above heard its acknowledgement long ago") {
    Rig rig(10);
    with_dead_letter(rig);
    rig.add_branch("second").best_effort = 100;
    rig.add_stage_of<Forgives>(kTakes, "");
    rig.scripts["second"] = refuse_first({"t0:2"}, 9, LEAT_REJECT);
    rig.start();
    REQUIRE(rig.wait_settled(10));
    CHECK(rig.drain().ledger.landed == 10);
    CHECK(rig.arrivals["dead"].get() == std::vector<std::string>{"t0:2"});
}

TEST_CASE("the nearest stage above takes; what it passes on comes up to the next") {
    Rig rig(10);
    rig.add_stage_of<Forgives>(kTakes, "six");
    rig.add_stage_of<Forgives>(kTakes, "five");
    rig.add_stage(reject_five);
    rig.start();
    REQUIRE(rig.wait_settled(10));
    CHECK(rig.drain().ledger.discarded == 2);
}

TEST_CASE("a time-out counts at the step that is late, not at the stage that takes its rejects") {
    Rig rig(3);
    rig.plan.on_failure.policy.attempts = 2;
    rig.plan.on_failure.policy.timeout = std::chrono::milliseconds(20);
    rig.plan.on_failure.policy.backoff = {std::chrono::milliseconds(200), std::chrono::milliseconds(200)};
    rig.add_stage_of<Forgives>(kTakes, "no outcome in time");
    rig.scripts["main"] = [](const leat_message&, const std::string& shown) {
        return shown == "t0:2" ? Answer{Scripted::kNever} : Answer{};
    };
    rig.start();
    REQUIRE(rig.wait_settled(3));
    const RouteSnapshot end = rig.snapshot();
    CHECK(end.ledger.discarded == 1);
    CHECK(end.ledger.landed == 2);
    CHECK(end.retries == 1);
}

TEST_CASE("a dead letter of a step below such a stage is redriven through the stage") {
    static const std::array<leat_header, 3> headers{leat_header{bytes("leat-route"), bytes("test")},
                                                    leat_header{bytes("leat-step"), bytes("to")},
                                                    leat_header{bytes("leat-reason"), bytes("old")}};
    Rig rig(1);
    auto redrive = std::make_shared<RedrivePlan>();
    redrive->run = "run";
    rig.plan.redrive = redrive;
    with_dead_letter(rig);
    rig.dress = [](leat_message& m) {
        m.headers = headers.data();
        m.header_count = headers.size();
    };
    rig.add_stage_of<Forgives>(kTakes, "");
    rig.scripts["main"] = [](const leat_message&, const std::string&) { return Answer{LEAT_REJECT}; };
    rig.start();
    REQUIRE(rig.wait_settled(1));
    CHECK(rig.drain().ledger.discarded == 1);
}
