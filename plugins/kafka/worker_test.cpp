#include "worker.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "test_rig.hpp"

using leat::test::ScriptedHost;

TEST_CASE("jobs run one after the other off the shard, and are told on it") {
    ScriptedHost host;
    const leat::Setup setup = host.setup("w", kafka::test::make_identity(LEAT_ROLE_SOURCE));
    kafka::Worker worker(setup.services);
    std::vector<int> told;
    const auto shard = std::this_thread::get_id();
    std::atomic<bool> off_shard = true;
    for (int i = 0; i < 3; ++i) {
        worker.run([&] { off_shard = off_shard && std::this_thread::get_id() != shard; },
                   [&, i] { told.push_back(i); });
    }
    CHECK(worker.busy() == 3);
    REQUIRE(host.run_until([&] { return told.size() == 3; }));
    CHECK(told == std::vector{0, 1, 2});
    CHECK(off_shard);
    CHECK(worker.busy() == 0);
}

TEST_CASE("nothing is told once the worker is gone, but its jobs run") {
    ScriptedHost host;
    const leat::Setup setup = host.setup("w", kafka::test::make_identity(LEAT_ROLE_SOURCE));
    auto ran = std::make_shared<std::atomic<int>>(0);
    bool told = false;
    {
        kafka::Worker worker(setup.services);
        for (int i = 0; i < 2; ++i) worker.run([ran] { ++*ran; }, [&] { told = true; });
    }
    REQUIRE(host.run_until([&] { return *ran == 2; }));
    host.run_for(std::chrono::milliseconds(20));
    CHECK(!told);
}
