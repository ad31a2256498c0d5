// For tests of routes: a route on a shard of its own, with a source that emits what it is told and sinks whose
// outcomes are scripted.
//
//     Rig rig(100);                                        // payloads "0" to "99" on topic t0
//     rig.scripts["main"] = refuse_first({"t0:7"}, 1, LEAT_RETRY);
//     rig.start();
//     REQUIRE(rig.wait_settled(100));
#pragma once
#include "backends.hpp"
#include "route/parts_rig.hpp"
#include "route/route.hpp"
#include "runtime/buffers.hpp"
#include "runtime/services.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace leat::route::test {

class Rig : public Makers {
  public:
    explicit Rig(int count, int lanes = 1) : count_(count), lanes_(lanes) {
        plan.name = "test";
        plan.max_in_flight = 64;
        plan.max_in_flight_bytes = 1 << 20;
        plan.branches.resize(1);
        plan.branches[0].name = "to";
        plan.branches[0].sink = sink_plan("main");
        plan.on_failure.policy.backoff = {std::chrono::milliseconds(1), std::chrono::milliseconds(5)};
        plan.drain_timeout = std::chrono::seconds(2);
    }
    ~Rig() override { finish(); }

    SinkPlan sink_plan(const std::string& name) {
        SinkPlan sink;
        sink.backend = name;
        arrivals.try_emplace(name);
        return sink;
    }
    /// A branch of its own, to a sink of that name.
    BranchPlan& add_branch(const std::string& sink) {
        BranchPlan& branch = plan.branches.emplace_back();
        branch.sink = sink_plan(sink);
        for (size_t i = 0; i < plan.branches.size(); ++i) plan.branches[i].name = "to[" + std::to_string(i) + "]";
        return branch;
    }
    /// A descriptor that says nothing but flags.
    static const leat_descriptor* with_flags(uint32_t flags) {
        static std::map<uint32_t, leat_descriptor> all;
        leat_descriptor& d = all[flags];
        d.size = sizeof d;
        d.flags = flags;
        return &d;
    }
    void add_stage(std::function<void(Message&)> fn, uint32_t flags = 0) {
        StagePlan stage;
        stage.name = "stage" + std::to_string(handlers_.size());
        stage.descriptor = with_flags(flags);
        plan.through.push_back(stage);
        handlers_[stage.name] = std::move(fn);
    }

    /// A stage of a class of the test's own.
    template <class T, class... Arguments>
    void add_stage_of(uint32_t flags, Arguments... arguments) {
        add_stage({}, flags);
        make_stage_[plan.through.back().name] = [this, arguments...](runtime::Shard& shard,
                                                                     std::unique_ptr<runtime::Identity> identity) {
            return stand_in(shard, std::make_unique<T>(arguments...), std::move(identity));
        };
    }

    void start() {
        shard_.run();
        route_ = std::make_unique<Route>(plan, *this, parts_, shard_,
                                         [this](uint32_t, const std::string& who, std::string_view text) {
                                             log.add(who + ": " + std::string(text));
                                         });
        shard_.post([this] {
            route_->build();
            route_->start();
        });
    }
    RouteSnapshot snapshot() {
        RouteSnapshot s;
        shard_.call([&] { s = route_->snapshot(); });
        return s;
    }
    /// Of the shard, whatever holds them.
    size_t live_buffers() {
        size_t n = 0;
        shard_.call([&] { n = runtime::live_buffers(); });
        return n;
    }
    /// Waits for a condition, at most 20 s.
    bool wait(const std::function<bool(const RouteSnapshot&)>& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < end) {
            if (condition(snapshot())) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }
    bool wait_settled(uint64_t n) {
        return wait([n](const RouteSnapshot& s) { return s.ledger.received - s.ledger.in_flight >= n; });
    }
    RouteSnapshot drain() {
        std::promise<void> done;
        shard_.post([&] { route_->drain([&] { done.set_value(); }); });
        done.get_future().wait();
        return snapshot();
    }
    void finish() {
        if (!route_) return;
        drain();
        shard_.call([&] { route_.reset(); });
        shard_.end();
    }

    std::unique_ptr<leat_instance> source(runtime::Shard& shard, const RoutePlan& r, std::string&) override {
        return stand_in(shard, std::make_unique<Numbered>(count_, lanes_, dress),
                        identity_of(r, LEAT_ROLE_SOURCE, "src", "from"));
    }
    std::unique_ptr<leat_instance> stage(runtime::Shard& shard, const RoutePlan& r, const StagePlan& s,
                                         const std::string&, std::string&) override {
        if (!throws_at.empty()) {
            return stand_in(shard, std::make_unique<Throws>(throws_at), identity_of(r, LEAT_ROLE_STAGE, "", s.name));
        }
        auto identity = identity_of(r, LEAT_ROLE_STAGE, "", s.name);
        if (s.descriptor->flags & LEAT_STAGE_SETTLES) identity->c.flags |= LEAT_IDENTITY_MANUAL;
        if (const auto of_test = make_stage_.find(s.name); of_test != make_stage_.end()) {
            return of_test->second(shard, std::move(identity));
        }
        return stand_in(shard, std::make_unique<Calls>(handlers_.at(s.name)), std::move(identity));
    }
    std::unique_ptr<leat_instance> sink(runtime::Shard& shard, const RoutePlan& r, const SinkPlan& s, uint32_t role,
                                        const std::string& step, leat_instance*, std::string& error) override {
        if (s.backend == "broken") {
            error = "it is broken";
            return nullptr;
        }
        if (s.backend == "after") {
            return stand_in(shard, std::make_unique<After>(), identity_of(r, role, s.backend, step));
        }
        if (s.backend == "at_once") {
            return stand_in(shard, std::make_unique<AtOnce>(arrivals.at(s.backend)),
                            identity_of(r, role, s.backend, step));
        }
        if (s.backend == "collects") {
            return stand_in(shard, std::make_unique<Collects>(arrivals.at(s.backend)),
                            identity_of(r, role, s.backend, step));
        }
        if (s.backend == "unable") {
            return stand_in(shard, std::make_unique<Unable>(), identity_of(r, role, s.backend, step));
        }
        if (s.descriptor && (s.descriptor->flags & LEAT_SINK_IN_ORDER)) {
            return stand_in(shard, std::make_unique<InOrder>(arrivals.at(s.backend), scripts[s.backend]),
                            identity_of(r, role, s.backend, step));
        }
        return stand_in(shard, std::make_unique<Scripted>(arrivals.at(s.backend), scripts[s.backend]),
                        identity_of(r, role, s.backend, step));
    }
    bool has_parts(const std::string&) override { return false; }
    std::unique_ptr<leat_instance> part(runtime::Shard&, const std::string&, std::string&) override {
        return nullptr;
    }

    RoutePlan plan;
    std::map<std::string, Arrivals> arrivals;
    std::map<std::string, Scripted::Script> scripts;
    Arrivals log;
    Numbered::Dress dress;  ///< what each message is given beside topic and payload; may be empty
    std::string throws_at;  ///< makes the stage one that throws at this payload

  private:
    template <class T>
    std::unique_ptr<leat_instance> stand_in(runtime::Shard& shard, std::unique_ptr<T> made,
                                            std::unique_ptr<runtime::Identity> identity) {
        auto instance = std::make_unique<leat_instance>(&shard, std::move(identity),
                                                        [](uint32_t, const std::string&, std::string_view) {});
        made->attach({{runtime::services(), instance.get()}, &instance->identity->c});
        instance->take(made.release()->c());
        return instance;
    }

    int count_, lanes_;
    using MakeStage =
        std::function<std::unique_ptr<leat_instance>(runtime::Shard&, std::unique_ptr<runtime::Identity>)>;
    std::map<std::string, MakeStage> make_stage_;  // by step, as handlers_
    std::map<std::string, std::function<void(Message&)>> handlers_;
    Parts parts_;
    runtime::Shard shard_{0};
    std::unique_ptr<Route> route_;
};

/// A script that refuses each of `which` so many times.
inline Scripted::Script refuse_first(std::set<std::string> which, int times, uint32_t outcome) {
    auto left = std::make_shared<std::map<std::string, int>>();
    for (const auto& w : which) (*left)[w] = times;
    return [left, outcome](const leat_message&, const std::string& shown) {
        const auto found = left->find(shown);
        if (found == left->end() || found->second == 0) return Answer{};
        --found->second;
        return Answer{outcome};
    };
}

/// "t0:0", "t1:1" ...: what a source of n messages over some lanes gives.
inline std::vector<std::string> numbered(int n, int lanes = 1) {
    std::vector<std::string> all;
    for (int i = 0; i < n; ++i) all.push_back("t" + std::to_string(i % lanes) + ":" + std::to_string(i));
    return all;
}

/// Whether the payload numbers of each topic rise (first arrivals).
inline bool in_order_by_topic(const std::vector<std::string>& arrivals) {
    std::map<std::string, int> last;
    std::map<std::string, bool> seen;
    for (const std::string& a : arrivals) {
        if (seen[a]) continue;
        seen[a] = true;
        const auto colon = a.find(':');
        const int number = std::stoi(a.substr(colon + 1));
        auto [it, is_new] = last.try_emplace(a.substr(0, colon), -1);
        if (number <= it->second) return false;
        it->second = number;
    }
    return true;
}

}  // namespace leat::route::test
