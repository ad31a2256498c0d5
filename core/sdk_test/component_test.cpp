#include <leat/sdk/sink.hpp>
#include <leat/sdk/stage.hpp>

#include <doctest/doctest.h>

#include "support/stepped_host.hpp"

using namespace leat::test;

namespace {

struct Picky : leat::Sink {
    std::vector<std::string> kept;
    void push(leat::Batch& batch) override {
        leat::Settlements done;
        while (leat_message* m = batch.next()) {
            if (leat::view(m->payload) == "throw") throw std::runtime_error("cannot read it");
            if (leat::view(m->payload) == "leave") return;
            if (leat::view(m->payload) == "odd") throw 42;
            kept.emplace_back(leat::view(m->payload));
            done.end(*m, LEAT_ACK);
        }
    }
    void start() override { throw std::runtime_error("no start today"); }
};

struct Fixture {
    SteppedHost host;
    Instance me{host};
    Told told;
    Picky sink;
    Fixture() { sink.attach(host.setup(me)); }
    void push(std::vector<std::string> payloads) {
        std::vector<leat_message> batch;
        for (const auto& p : payloads) batch.push_back(make_message(host, me, "t", "k", p, {&told, batch.size()}));
        sink.c()->inlet->push(sink.c()->inlet, batch.data(), batch.size());
    }
};

}  // namespace

TEST_CASE("an exception in push rejects the message in hand and goes on with the next") {
    Fixture f;
    f.push({"a", "throw", "b", "odd", "c", "throw"});
    CHECK(f.sink.kept == std::vector<std::string>{"a", "b", "c"});
    CHECK(f.told.count(LEAT_ACK) == 3);
    CHECK(f.told.count(LEAT_REJECT) == 3);
    CHECK(f.told.all[1].reason == "cannot read it");
    CHECK(f.told.all[3].reason == "an exception that is no std::exception");
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("a push that leaves messages behind rejects them instead of losing them") {
    Fixture f;
    f.push({"a", "leave", "b"});
    CHECK(f.told.all.size() == 3);
    CHECK(f.told.count(LEAT_ACK) == 2);
    CHECK(f.host.live_buffers == 0);
}

TEST_CASE("an exception in start is a failed state, not a crash") {
    Fixture f;
    f.sink.c()->start(f.sink.c(), nullptr);
    CHECK(f.me.state == LEAT_STATE_FAILED);
    CHECK(f.me.why == "no start today");
}

TEST_CASE("a stage passes signals on, those it does not know too") {
    struct Pass : leat::Stage {
        void push(leat::Batch& batch) override { pass(batch); }
    };
    SteppedHost host;
    Instance me(host);
    Collector below;
    Pass stage;
    stage.attach(host.setup(me));
    stage.c()->start(stage.c(), &below);
    leat_inlet* in = stage.c()->inlet;
    in->signal(in, LEAT_SIGNAL_FLUSH, 0);
    in->signal(in, 99, 1);
    CHECK(below.signals == std::vector<uint32_t>{LEAT_SIGNAL_FLUSH, 99});
    leat_message m = make_message(host, me, "t", "k", "p");
    in->push(in, &m, 1);
    CHECK(below.payloads == std::vector<std::string>{"p"});
    stage.c()->stop(stage.c());
    CHECK(me.stopped);
}
