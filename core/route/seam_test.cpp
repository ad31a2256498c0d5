// The inspector between two components catches each broken rule and names who breaks it; those who keep the rules
// never hear of it.
#include "route/rig.hpp"

#include <doctest/doctest.h>

using namespace leat;
using namespace leat::route;
using namespace leat::route::test;

namespace {

// What the inspectors said; only the first of each.
struct Told {
    Told() {
        all().clear();
        on_broken_rule = [](const char* what) {
            const std::lock_guard lock(mutex());
            all().insert(what);
        };
    }
    ~Told() { on_broken_rule = nullptr; }
    Told(const Told&) = delete;
    Told& operator=(const Told&) = delete;
    static bool says(std::string_view part) {
        const std::lock_guard lock(mutex());
        return std::any_of(all().begin(), all().end(),
                           [part](const std::string& s) { return s.find(part) != std::string::npos; });
    }
    static size_t count() {
        const std::lock_guard lock(mutex());
        return all().size();
    }

  private:
    static std::mutex& mutex() {
        static std::mutex m;
        return m;
    }
    static std::set<std::string>& all() {
        static std::set<std::string> set;
        return set;
    }
};

// A stage that breaks one rule, at the message "5".
class Liar final : public Stage {
  public:
    enum class Rule { settles_twice, pushes_inside_settle, changes_what_it_gives_back, forgets };
    explicit Liar(Rule rule) : rule_(rule) {
        settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            static_cast<Frame*>(s)->owner->settled(batch, n);
        };
        settler_.owner = this;
    }
    void push(Batch& batch) override {
        while (leat_message* m = batch.next()) {
            if (view(m->payload) == "5") {
                lie(m);
            } else {
                pass(m, 1);
            }
        }
    }

  private:
    struct Frame : leat_settler {
        Liar* owner;
    };

    void lie(leat_message* m) {
        switch (rule_) {
            case Rule::settles_twice: {
                Settlements done;
                done.settle(m->receipt, LEAT_ACK);
                done.end(*m, LEAT_ACK);
                return;
            }
            case Rule::pushes_inside_settle:
                original_ = m->receipt;
                m->receipt = {&settler_, 1};
                return pass(m, 1);
            case Rule::changes_what_it_gives_back:
                m->receipt = {&settler_, 2};
                services().host->fail(services().me, m, LEAT_REJECT, LEAT_NONE, nullptr);
                leat_buffer_release(m->buffer, 1);
                return;
            default:
                leat_buffer_release(m->buffer, 1);
        }
    }
    void settled(const leat_settlement* batch, size_t) {
        leat_message more{};
        more.topic = bytes("more");
        more.payload = bytes("more");
        more.receipt = original_;
        if (batch->token == 1) pass(&more, 1);
    }

    Rule rule_;
    Frame settler_;
    leat_receipt original_{};
};

void run(Rig& rig, Liar::Rule rule) {
    rig.plan.inspect = true;
    rig.plan.drain_timeout = std::chrono::milliseconds(10);
    rig.add_stage_of<Liar>(0, rule);
    rig.start();
    rig.wait_settled(19);
    rig.drain();
}

}  // namespace

TEST_CASE("who keeps the rules is not told anything, whatever fails") {
    const Told told;
    Rig rig(500, 3);
    rig.plan.inspect = true;
    rig.plan.on_failure.has_dead_letter = true;
    rig.plan.on_failure.dead_letter = rig.sink_plan("dead");
    std::map<std::string, int> refused;
    rig.add_stage([&](Message& m) {
        const std::string id(m.payload());
        const int n = std::stoi(id);
        if (n % 50 == 7 && refused[id]++ < 2) return m.retry("not now");
        if (n % 90 == 8) return m.reject("never");
        if (n % 10 == 0) m.emit(m.topic(), "", m.payload());
        m.set_header("seen", "yes");
    });
    rig.add_branch("second");
    rig.scripts["second"] = refuse_first({"t1:121", "t0:300"}, 2, LEAT_RETRY);
    rig.start();
    REQUIRE(rig.wait_settled(500));
    const Ledger ledger = rig.drain().ledger;
    CHECK(ledger.landed + ledger.dead_lettered == 500);
    CHECK(ledger.balances());
    CHECK(Told::count() == 0);
    CHECK(in_order_by_topic(rig.arrivals["main"].get()));
}

TEST_CASE("a stage that settles a message twice is named, and the second settlement goes no further") {
    const Told told;
    Rig rig(20);
    run(rig, Liar::Rule::settles_twice);
    CHECK(Told::says("stage stage0 settled a message twice"));
    CHECK(Told::count() == 1);
}

TEST_CASE("a stage that pushes inside settle is named") {
    const Told told;
    Rig rig(20);
    run(rig, Liar::Rule::pushes_inside_settle);
    CHECK(Told::says("stage stage0 pushed inside settle"));
}

TEST_CASE("a stage that gives back another message than it received is named") {
    const Told told;
    Rig rig(20);
    run(rig, Liar::Rule::changes_what_it_gives_back);
    CHECK(Told::says("stage stage0 gave a message back that is not as it was received"));
}

TEST_CASE("a stage that forgets a message is named when the route has ended") {
    const Told told;
    Rig rig(20);
    run(rig, Liar::Rule::forgets);
    CHECK(Told::says("stage stage0 left 1 receipts unsettled"));
}

TEST_CASE("a sink that settles after it has stopped is named") {
    const Told told;
    Rig rig(5);
    rig.plan.inspect = true;
    rig.plan.drain_timeout = std::chrono::milliseconds(10);
    rig.plan.branches[0].sink = rig.sink_plan("after");
    rig.start();
    REQUIRE(rig.wait([](const RouteSnapshot& now) { return now.ledger.received == 5; }));
    rig.drain();
    CHECK(Told::says("to after settled a message after it had stopped"));
}
