#include "test_rig.hpp"

#include <malloc.h>

#include <random>

using namespace leat::memory;

TEST_CASE("a group's figures tell what it was sent, given, has settled and has left") {
    Fixture f;
    auto sink = f.sink();
    Reader a(f, "a", 4);
    f.push(*sink, 0, 10);
    f.host.run();
    f.host.advance(3s);
    auto& now = a.me.counters;
    CHECK(now["depth{t}"] == 10);
    CHECK(now["published{t}"] == 10);
    CHECK(now["delivered{t}"] == 4);
    CHECK(now["settled{t}"] == 0);
    CHECK(now["oldest_ms{t}"] == 3000);
    a.below.settle(0, LEAT_ACK);
    f.host.run();
    a.stop();
    CHECK(now["depth{t}"] == 9);
    CHECK(now["settled{t}"] == 1);
    a.start();
    f.host.advance(1s);
    CHECK(now["redelivered{t}"] == 4);
    CHECK(now["delivered{t}"] == 5 + 4);
    for (int i = 0; i < 5; ++i) {
        a.below.settle_all(LEAT_ACK);
        f.host.run();
    }
    f.host.advance(1s);
    CHECK(now["depth{t}"] == 0);
    CHECK(now["settled{t}"] == 10);
    CHECK(now["oldest_ms{t}"] == 0);
    CHECK(f.instances[0]->counters["topics"] == 1);
    CHECK(f.instances[0]->counters["stored"] == 10);
}

TEST_CASE("a source of very many topics shows the sum") {
    Fixture f;
    f.to.text = "${key}";
    auto sink = f.sink();
    std::vector<std::string> topics;
    for (int i = 0; i < 200; ++i) topics.push_back("t" + std::to_string(i));
    Reader a(f, "a", 1000, "", topics);
    for (int i = 0; i < 200; ++i) f.push(*sink, i, 1, topics[static_cast<size_t>(i)]);
    f.host.run();
    f.host.advance(1s);
    CHECK(a.me.counters["published"] == 200);
    CHECK(a.me.counters["delivered"] == 200);
    CHECK(a.me.counters["depth"] == 200);
    a.below.settle_all(LEAT_ACK);
}

TEST_CASE("an idle topic takes less than 1 KB, with the sink's place for it, also after it was used") {
    constexpr size_t kTopics = 20000;
    Fixture f;
    f.backend.max_topics = kTopics;
    f.backend.open();
    f.to.text = "${key}";
    auto sink = f.sink();
    std::vector<std::string> names;
    for (size_t i = 0; i < kTopics; ++i) names.push_back("plant/7/device/" + std::to_string(i) + "/temperature");
    const size_t before = mallinfo2().uordblks;
    for (const std::string& name : names) f.push(*sink, 0, 1, name);
    {
        Reader all(f, "a", 10, "", names);
        f.host.run();
        all.below.settle_all(LEAT_ACK);
        f.host.run();
        all.stop();
    }
    f.told.all = {};
    const size_t each = (mallinfo2().uordblks - before) / kTopics;
    MESSAGE("bytes of an idle topic with its sink's place and one group: ", each);
    CHECK(each < 1024);
}

TEST_CASE("a random history: what was published is settled, dropped, expired or still there, in order") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 30; ++round) {
        Fixture f(50, 400);
        f.backend.overflow = static_cast<Overflow>(random() % 3);
        f.backend.ttl = random() % 2 ? 5s : 0s;
        f.backend.open();
        auto sink = f.sink();
        Reader a(f, "a", 1 + random() % 40), b(f, "b", 1 + random() % 40);
        int next = 0;
        for (int step = 0; step < 200; ++step) {
            switch (random() % 5) {
                case 0: {
                    const int n = static_cast<int>(random() % 40) + 1;
                    f.push(*sink, next, n);
                    next += n;
                    break;
                }
                case 1:
                    f.host.advance(std::chrono::milliseconds(random() % 3000));
                    break;
                default:
                    (random() % 2 ? a : b).below.settle_all(LEAT_ACK);
                    f.host.run();
            }
        }
        for (Reader* r : {&a, &b}) {
            size_t told = 0;
            do {  // the figures are those before what an expiry let in, which is delivered in the same step
                told = r->below.payloads.size();
                f.host.advance(1s);
            } while (r->below.payloads.size() != told);
            int last = -1;
            for (const std::string& payload : r->seen()) {
                CHECK(std::stoi(payload) > last);
                last = std::stoi(payload);
            }
            auto& now = r->me.counters;
            // What found no room at all was never published, and is counted with the dropped.
            CHECK(now["published{t}"] + f.instances[0]->counters["dropped"] ==
                  now["settled{t}"] + now["dropped{t}"] + now["expired{t}"] + now["depth{t}"]);
            CHECK(now["delivered{t}"] == r->below.payloads.size());
            CHECK(now["depth{t}"] <= 51);
        }
        sink->c()->stop(sink->c());
        a.below.settle_all(LEAT_ACK);
        b.below.settle_all(LEAT_ACK);
    }
}
