#include <leat/sdk/source.hpp>

#include <doctest/doctest.h>

#include <random>
#include <utility>
#include <vector>

#include "support/stepped_host.hpp"

using namespace std::chrono_literals;
using namespace leat::test;

namespace {

std::vector<int64_t> recorded;  // by the host's function, which knows no test

/** Emits batches when told to; its broker takes back what came with retry. */
struct Batches : leat::Source {
    std::vector<leat::InFlight*> windows;
    void open() override {
        for (int i = 0; i < 2; ++i) windows.push_back(&open_window());
    }
    void start() override {}
    void stop() override { stopped_when_idle(); }
    void resume() override {}
    void advanced(leat::InFlight&) override {}
    bool give_back(leat::InFlight&, uint64_t) override { return true; }
    using leat::Source::emit;
    using leat::Source::forget;
};

struct Fixture {
    SteppedHost host;
    leat_host table = *host.table();
    Instance me{host};
    Collector below;
    Batches source;
    uint64_t batches = 0;

    Fixture() {
        recorded.clear();
        table.histogram_record = [](leat_histogram*, int64_t ns, uint64_t) { recorded.push_back(ns); };
        me.identity.max_in_flight = 1000;
        source.attach({{&table, me}, &me.identity});
        source.open();
        source.c()->start(source.c(), &below);
        host.run();
    }
    void emit(size_t window, size_t n) {
        std::vector<leat_message> batch;
        for (size_t i = 0; i < n; ++i) batch.push_back(make_message(host, me, "t", "", "p"));
        source.emit(*source.windows[window], batch.data(), n);
        ++batches;
    }
};

}  // namespace

TEST_CASE("the time of each batch's last message is taken once, in whatever order and number outcomes come") {
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 20; ++round) {
        Fixture f;
        size_t emitted = 0;
        for (int i = 0; i < 40; ++i) {
            const size_t n = 1 + random() % 5;
            f.emit(random() % 2, n);
            emitted += n;
        }
        std::vector<size_t> order(emitted);
        for (size_t i = 0; i < emitted; ++i) order[i] = i;
        std::shuffle(order.begin(), order.end(), random);
        for (const size_t i : order) {
            const auto thrown = random() % 10;
            f.below.settle(i, thrown == 0 ? LEAT_RETRY : thrown == 1 ? LEAT_REJECT : LEAT_ACK);
            if (random() % 20 == 0) f.host.advance(101ms);
        }
        f.host.advance(101ms);
        CHECK(recorded.size() == f.batches);
        CHECK(f.source.c()->flow->settled == emitted);
    }
}

TEST_CASE("the time of an acknowledgement is that from its message's emission") {
    Fixture f;
    f.emit(0, 2);
    f.host.advance(30ms);
    f.emit(0, 1);
    f.below.settle(0, LEAT_ACK);
    CHECK(recorded.empty());
    f.host.advance(20ms);
    f.below.settle(2, LEAT_ACK);
    CHECK(recorded.empty());  // told in order of emission
    f.below.settle(1, LEAT_ACK);
    CHECK(recorded == std::vector<int64_t>{50'000'000, 20'000'000});
}

TEST_CASE("a connection that ends with messages unsettled does not keep the times of later ones") {
    Fixture f;
    f.emit(0, 3);
    f.source.forget(*f.source.windows[0]);
    f.emit(1, 1);
    f.below.settle(3, LEAT_ACK);
    CHECK(recorded.size() == 2);
}
