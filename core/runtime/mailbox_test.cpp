#include "runtime/mailbox.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using leat::runtime::Mailbox;
using leat::runtime::Task;

TEST_CASE("a task carries four words, and what is larger or owns something") {
    uint64_t sum = 0;
    const uint64_t one = 1, two = 2, three = 3;
    Task small([&sum, one, two, three] { sum += one + two + three; });
    const std::array<uint64_t, 16> many{4, 5, 6};
    Task large([&sum, many] { sum += many[0] + many[1] + many[2]; });
    const auto owned = std::make_shared<uint64_t>(7);
    Task owner([&sum, owned] { sum += *owned; });
    CHECK(owned.use_count() == 2);
    small();
    large();
    Task moved(std::move(owner));
    moved();
    CHECK(sum == 28);
    CHECK(owned.use_count() == 2);
    moved = std::move(small);
    CHECK(owned.use_count() == 1);
    moved();
    CHECK(sum == 34);
}

TEST_CASE("a mailbox is empty until something is put, and when all of it has been run") {
    Mailbox mailbox;
    CHECK(mailbox.is_empty());
    mailbox.put([] {});
    CHECK(!mailbox.is_empty());
    mailbox.put([] {});
    mailbox.run_all();
    CHECK(mailbox.is_empty());
    mailbox.put([] {});
    CHECK(!mailbox.is_empty());
}

TEST_CASE("more than find a place are run in their order, and what they put behind them all") {
    constexpr int kCalls = 1000;
    Mailbox mailbox;
    std::vector<int> seen;
    for (int i = 0; i < kCalls; ++i) {
        mailbox.put([&seen, &mailbox, i] {
            seen.push_back(i);
            if (i % 100 == 0) mailbox.put([&seen, i] { seen.push_back(kCalls + i); });
        });
    }
    mailbox.run_all();
    CHECK(seen.size() == kCalls);
    CHECK(!mailbox.is_empty());
    mailbox.run_all();
    CHECK(seen.size() == kCalls + kCalls / 100);
    CHECK(std::is_sorted(seen.begin(), seen.end()));
    CHECK(mailbox.is_empty());
}

TEST_CASE("what a call puts waits until all is run again") {
    Mailbox mailbox;
    std::string seen;
    mailbox.put([&] {
        seen += 'a';
        mailbox.put([&] { seen += 'c'; });
    });
    mailbox.put([&] { seen += 'b'; });
    mailbox.run_all();
    CHECK(seen == "ab");
    mailbox.run_all();
    CHECK(seen == "abc");
}

TEST_CASE("calls that are never run are destroyed with their mailbox") {
    const auto owned = std::make_shared<int>(1);
    {
        Mailbox mailbox;
        for (int i = 0; i < 300; ++i) mailbox.put([owned] {});
        CHECK(owned.use_count() == 301);
    }
    CHECK(owned.use_count() == 1);
}

TEST_CASE("what several threads put is run once, that of each thread in its order") {
    constexpr uint64_t kThreads = 4, kEach = 20'000;
    Mailbox mailbox;
    std::array<uint64_t, kThreads> next{};  // of the one that takes
    uint64_t run = 0, out_of_order = 0;
    std::vector<std::thread> threads;
    for (uint64_t t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (uint64_t i = 0; i < kEach; ++i) {
                mailbox.put([&, t, i] {
                    out_of_order += next[t]++ == i ? 0 : 1;
                    ++run;
                });
            }
        });
    }
    while (run < kThreads * kEach) {
        mailbox.run_all();
        std::this_thread::yield();
    }
    for (auto& thread : threads) thread.join();
    CHECK(out_of_order == 0);
    CHECK(mailbox.is_empty());
}
