#include "runtime/shard.hpp"

#include "runtime/instance.hpp"
#include "runtime/services.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

using namespace leat::runtime;
using namespace std::chrono_literals;

namespace {

// An instance that only asks for services.
leat_instance asker(Shard& shard) {
    return leat_instance(&shard, std::make_unique<Identity>(LEAT_ROLE_SOURCE, "b", "r", ""),
                         [](uint32_t, const std::string&, std::string_view) {});
}

}  // namespace

TEST_CASE("posts of several threads are run once each, that of each thread in its order") {
    for (const bool busy : {false, true}) {
        CAPTURE(busy);
        constexpr uint64_t kThreads = 3, kEach = 5'000;
        Shard shard(0, {.cpu = {}, .busy_poll = busy});
        REQUIRE(shard.run().empty());
        std::vector<uint64_t> next(kThreads);
        uint64_t out_of_order = 0;
        std::vector<std::thread> threads;
        for (uint64_t t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (uint64_t i = 0; i < kEach; ++i) {
                    shard.post([&, t, i] { out_of_order += next[t]++ == i ? 0 : 1; });
                }
            });
        }
        for (auto& thread : threads) thread.join();
        shard.end();  // runs what is posted
        CHECK(next == std::vector<uint64_t>(kThreads, kEach));
        CHECK(out_of_order == 0);
    }
}

TEST_CASE("a shard that sleeps is woken by every post that finds it so") {
    Shard shard(0);
    REQUIRE(shard.run().empty());
    std::atomic<int> run = 0;
    for (int i = 0; i < 2'000; ++i) {
        shard.call([&] { ++run; });  // would wait for ever
        if (i % 16 == 0) std::this_thread::yield();
    }
    CHECK(run == 2'000);
}

TEST_CASE("what is deferred runs in the next turn, behind what is posted, and timers run beside both") {
    for (const bool busy : {false, true}) {
        CAPTURE(busy);
        Shard shard(0, {.cpu = {}, .busy_poll = busy});
        REQUIRE(shard.run().empty());
        std::promise<void> timer;
        uint64_t turns = 0;
        struct Loop {
            Shard& shard;
            uint64_t& turns;
            bool go_on = true;
            void turn() {
                ++turns;
                if (go_on) shard.defer([this] { turn(); });
            }
        } loop{shard, turns};
        shard.post([&] {
            loop.turn();
            shard.timers().start(1ms, [&] {
                loop.go_on = false;
                timer.set_value();
            });
        });
        timer.get_future().wait();
        shard.end();
        CHECK(turns > 0);
    }
}

TEST_CASE("a watched descriptor is seen, whether the shard sleeps, polls busily or has deferred calls") {
    for (const bool busy : {false, true}) {
        for (const bool defers : {false, true}) {
            CAPTURE(busy);
            CAPTURE(defers);
            Shard shard(0, {.cpu = {}, .busy_poll = busy});
            REQUIRE(shard.run().empty());
            leat_instance me = asker(shard);
            int ends[2];
            REQUIRE(pipe(ends) == 0);
            struct Seen {
                Shard& shard;
                std::promise<void> told;
                bool is_told = false;
                void turn() {
                    if (!is_told) shard.defer([this] { turn(); });
                }
            } seen{shard, {}};
            shard.call([&] {
                me.running = true;
                services()->watch_start(
                    &me, ends[0], LEAT_WATCH_READ,
                    [](void* arg, uint32_t) {
                        auto& mine = *static_cast<Seen*>(arg);
                        if (!std::exchange(mine.is_told, true)) mine.told.set_value();
                    },
                    &seen);
                if (defers) seen.turn();
            });
            CHECK(write(ends[1], "x", 1) == 1);
            seen.told.get_future().wait();
            shard.call([&] {
                me.running = false;
                for (const auto& watch : me.watches) watch->end();
                me.watches.clear();
            });
            shard.end();
            close(ends[0]);
            close(ends[1]);
        }
    }
}
