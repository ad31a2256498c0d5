#include "test_rig.hpp"

#include <atomic>
#include <random>
#include <set>
#include <thread>

using namespace leat::memory;

TEST_CASE("messages cross shards: two writers, two readers, a small topic; none lost, none twice, each in order") {
    constexpr int kEach = 20000;
    Backend backend;
    backend.capacity = 700;
    backend.open();
    std::atomic<int> landed{0}, finished{0};
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);

    const auto write = [&](int writer) {
        SteppedHost host;
        Instance me(host);
        SteppedTemplate to{"t"};
        SinkOptions options;
        options.topic = leat::Template(host.table(), to);
        auto sink = backend.sink(host.setup(me), nullptr, std::move(options));
        sink->attach(host.setup(me));
        sink->c()->start(sink->c(), nullptr);
        Told told;
        std::mt19937 random(seed + static_cast<uint32_t>(writer));
        for (int sent = 0; sent < kEach;) {
            const int n = std::min<int>(kEach - sent, static_cast<int>(random() % 256) + 1);
            std::vector<leat_message> batch;
            for (int i = 0; i < n; ++i, ++sent) {
                batch.push_back(make_message(host, me, "in", writer ? "b" : "a", std::to_string(sent), {&told, 0}));
            }
            sink->c()->inlet->push(sink->c()->inlet, batch.data(), batch.size());
            while (told.all.size() + 600 < static_cast<size_t>(sent)) host.run(1);
        }
        while (told.all.size() < kEach) host.run(1);
        sink->c()->stop(sink->c());
        while (finished < 2) host.run(1);
    };
    std::vector<std::pair<std::string, int>> seen[2];
    const auto read = [&](int reader) {
        SteppedHost host;
        Instance me(host);
        me.identity.max_in_flight = 300;
        auto source = backend.source(host.setup(me), {{"t"}, "g"});
        source->attach(host.setup(me));
        source->open();
        Collector below;
        source->c()->start(source->c(), &below);
        size_t counted = 0;
        while (landed < 2 * kEach) {
            host.run(1);
            for (; counted < below.messages.size(); ++counted) {
                seen[reader].emplace_back(leat::view(below.messages[counted].key),
                                          std::stoi(below.payloads[counted]));
                ++landed;
            }
            below.settle_all(LEAT_ACK);
        }
        source->c()->hold(source->c());
        source->c()->stop(source->c());
        host.run();
        ++finished;
    };
    std::vector<std::thread> threads;
    for (int i : {0, 1}) threads.emplace_back(read, i);
    for (int i : {0, 1}) threads.emplace_back(write, i);
    for (std::thread& t : threads) t.join();

    std::set<std::pair<std::string, int>> all;
    for (const auto& one : seen) {
        std::map<std::string, int> last{{"a", -1}, {"b", -1}};
        for (const auto& [key, number] : one) {
            CHECK(last[key] < number);
            last[key] = number;
            CHECK(all.emplace(key, number).second);
        }
    }
    CHECK(all.size() == 2 * kEach);
}
