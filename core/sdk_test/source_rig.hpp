// For tests of sources: one that emits numbers, with a host that is stepped by hand around it.
#pragma once
#include <leat/sdk/source.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/stepped_host.hpp"

namespace leat::test {

/** Numbers on one or several windows, as many as there is credit for. */
struct Numbers : leat::Source {
    uint64_t most = 0;  // per window
    size_t window_count = 1;
    uint64_t first = 0;  // sequence number
    bool by_confirmation = false;
    bool shares_buffers = false;  // one for each batch
    std::vector<leat::InFlight*> open_windows;
    std::vector<uint64_t> made, watermarks, rejects;
    Instance* me = nullptr;
    SteppedHost* host = nullptr;
    bool may_emit_in_advanced = false;
    std::set<uint64_t> returnable;  // sequence numbers that the broker takes back
    std::vector<uint64_t> given_back;

    void open() override {
        for (size_t i = 0; i < window_count; ++i) open_windows.push_back(&open_window(by_confirmation, first));
        made.resize(window_count);
        watermarks.resize(window_count);
    }
    void start() override { wake(); }
    void stop() override { stopped_when_idle(); }
    void resume() override {
        if (!emitting()) return;
        for (size_t w = 0; w < window_count; ++w) {
            while (made[w] < most) {
                const uint64_t n = std::min({open_windows[w]->credit(), uint64_t{LEAT_BATCH_MAX}, most - made[w]});
                if (n == 0) break;
                std::vector<leat_message> batch;
                for (uint64_t i = 0; i < n; ++i) {
                    batch.push_back(make_message(*host, *me, "t", "", std::to_string(made[w]++)));
                    batch.back().lane = static_cast<uint32_t>(w);
                }
                if (shares_buffers) share_buffer(batch);
                emit(*open_windows[w], batch.data(), n);
            }
        }
    }
    void advanced(leat::InFlight& w) override {
        CHECK(w.watermark() >= watermarks[w.domain()]);
        watermarks[w.domain()] = w.watermark();
    }
    void rejected(leat::InFlight&, uint64_t sequence, const leat_settlement&) override {
        rejects.push_back(sequence);
    }
    bool give_back(leat::InFlight&, uint64_t sequence) override {
        if (!returnable.contains(sequence)) return false;
        given_back.push_back(sequence);
        return true;
    }
    void share_buffer(std::vector<leat_message>& batch) const {
        leat_buffer* all = batch[0].buffer;
        for (size_t i = 1; i < batch.size(); ++i) {
            host->table()->buffer_adopt(all, batch[i].buffer, 1);
            batch[i].buffer = all;
            leat_buffer_retain(all, 1);
        }
    }
    void forget_all() {
        for (auto* w : open_windows) forget(*w);
    }
};

struct SourceRig {
    SteppedHost host;
    Instance me{host};
    Collector below;
    std::unique_ptr<Numbers> source = std::make_unique<Numbers>();

    explicit SourceRig(uint64_t most, uint64_t in_flight = 10, size_t windows = 1, bool shares_buffers = false,
                       uint64_t first = 0, uint64_t bytes_in_flight = 1 << 24) {
        me.identity.max_in_flight = in_flight;
        me.identity.max_in_flight_bytes = bytes_in_flight;
        source->most = most;
        source->window_count = windows;
        source->shares_buffers = shares_buffers;
        source->first = first;
        source->me = &me;
        source->host = &host;
        source->attach(host.setup(me));
        source->open();
        start();
    }
    void start() {
        me.stopped = false;
        source->c()->start(source->c(), &below);
        host.run();
    }
    void hold() { source->c()->hold(source->c()); }
    void stop() {
        source->c()->stop(source->c());
        host.run();
    }
    const leat_flow& flow() { return *source->c()->flow; }
    void check_ledger() {
        const leat_flow& f = flow();
        CHECK(f.settled == f.landed + f.filtered + f.discarded + f.dead_lettered + f.returned);
    }
};

}  // namespace leat::test
