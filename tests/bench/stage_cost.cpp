// What single parts of a route cost per message: a stage in a shared library, an acknowledgement, a topic's look-up.
// Google Benchmark.
//
//   leat-bench-stages [--benchmark_repetitions=5] [--benchmark_out=FILE]
//
// Each stands beside a bare loop over the same messages (".../bare"). goal_ns is per message.
#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <leat/sdk/export.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "runtime/instance.hpp"
#include "runtime/services.hpp"

namespace {

using namespace leat;

void quiet(uint32_t, const std::string&, std::string_view) {}

// A component of the host's, on a shard that does not run: calls are made by hand.
struct Place {
    runtime::Shard shard{0};
    leat_instance instance{&shard, std::make_unique<runtime::Identity>(LEAT_ROLE_STAGE, "", "bench", "stage"), quiet};
    Place() {
        instance.identity->c.flags = LEAT_IDENTITY_ORDERED;
        instance.identity->c.max_in_flight = 4096;
        instance.identity->c.max_in_flight_bytes = 64u << 20;
    }
};

/// Where messages end: looks at each.
struct End : leat_inlet {
    uint64_t seen = 0;
    End() {
        push = [](leat_inlet* self, leat_message* batch, size_t n) {
            uint64_t sum = 0;
            for (size_t i = 0; i < n; ++i) sum += batch[i].payload.size;
            static_cast<End*>(self)->seen += sum;
        };
        signal = [](leat_inlet*, uint32_t, uint64_t) {};
    }
};

std::vector<leat_message> messages(size_t n) {
    static const std::string kPayload(100, 'x');
    std::vector<leat_message> all(n);
    for (leat_message& m : all) {
        m.topic = bytes("bench");
        m.payload = bytes(kPayload);
    }
    return all;
}

// ---- a stage ----

leat_component* load_stage(Place& place, const char* library) {
    void* opened = dlopen((std::string(LEAT_BENCH_PLUGINS) + "/" + library).c_str(), RTLD_NOW | RTLD_LOCAL);
    const auto* plugin = opened ? static_cast<const leat_plugin*>(dlsym(opened, "leat_plugin_entry")) : nullptr;
    if (!plugin) return nullptr;
    leat_text error{nullptr, 0, 0};
    return plugin->descriptors[0]->create_stage(runtime::services(), &place.instance, &place.instance.identity->c,
                                                nullptr, &error);
}

void push_all(benchmark::State& state, leat_inlet* inlet, size_t n) {
    auto batch = messages(n);
    for ([[maybe_unused]] auto _ : state) inlet->push(inlet, batch.data(), n);
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(n));
}

void stage(benchmark::State& state, size_t n, double goal_ns) {
    Place place;
    End end;
    leat_component* made = load_stage(place, "leat_pass_a.so");
    if (!made) return state.SkipWithError("the stage cannot be loaded");
    place.instance.take(made);
    place.instance.start(&end);
    push_all(state, made->inlet, n);
    benchmark::DoNotOptimize(end.seen);
    state.counters["goal_ns"] = goal_ns;
    state.SetLabel("one pass-through stage in a shared library, batches of " + std::to_string(n));
}

void stage_bare(benchmark::State& state, size_t n) {
    End end;
    push_all(state, &end, n);
    benchmark::DoNotOptimize(end.seen);
    state.SetLabel("without a stage, batches of " + std::to_string(n));
}

// ---- an acknowledgement ----

struct Ticks : leat::Source {
    InFlight* window = nullptr;
    uint64_t told = 0;
    void start() override { window = &open_window(); }
    void resume() override {}
    void advanced(InFlight& w) override { told = w.watermark(); }
    using Source::emit;
};

/// Keeps receipts.
struct Keeper : leat_inlet {
    std::vector<leat_receipt> receipts;
    Keeper() {
        push = [](leat_inlet* self, leat_message* batch, size_t n) {
            for (size_t i = 0; i < n; ++i) static_cast<Keeper*>(self)->receipts.push_back(batch[i].receipt);
        };
        signal = [](leat_inlet*, uint32_t, uint64_t) {};
    }
};

// Only the settlements are timed: the messages are emitted between.
void acknowledge(benchmark::State& state, size_t together, double goal_ns) {
    constexpr size_t kInFlight = 4096;
    Place place;
    Keeper keeper;
    auto* source = new Ticks();
    source->attach({{runtime::services(), &place.instance}, &place.instance.identity->c});
    place.instance.take(source->c());
    place.instance.start(&keeper);
    auto batch = messages(LEAT_BATCH_MAX);
    for ([[maybe_unused]] auto _ : state) {
        keeper.receipts.clear();
        for (size_t i = 0; i < kInFlight; i += LEAT_BATCH_MAX) {
            source->emit(*source->window, batch.data(), LEAT_BATCH_MAX);
        }
        std::vector<leat_settlement> done;
        for (const leat_receipt& r : keeper.receipts) done.push_back({r.token, LEAT_ACK, LEAT_NONE, nullptr});
        leat_settler* settler = keeper.receipts[0].settler;
        const auto begin = std::chrono::steady_clock::now();
        for (size_t i = 0; i < kInFlight; i += together) settler->settle(settler, done.data() + i, together);
        const auto taken = std::chrono::steady_clock::now() - begin;
        state.SetIterationTime(std::chrono::duration<double>(taken).count());
    }
    if (source->told != source->window->next()) state.SkipWithError("the watermark is not where it should be");
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kInFlight));
    state.counters["goal_ns"] = goal_ns;
    state.SetLabel("an acknowledgement at the source, " + std::to_string(together) + " in a call");
}

// The same settlements, each counted, and one bit of a ring set for it.
void acknowledge_bare(benchmark::State& state, size_t together) {
    constexpr size_t kInFlight = 4096;
    std::vector<uint64_t> ring(kInFlight / 64);
    std::vector<leat_settlement> done;
    for (size_t i = 0; i < kInFlight; ++i) done.push_back({i, LEAT_ACK, LEAT_NONE, nullptr});
    uint64_t landed = 0;
    for ([[maybe_unused]] auto _ : state) {
        for (const leat_settlement& s : done) {
            ring[s.token / 64 % ring.size()] ^= uint64_t{1} << (s.token % 64);
            landed += s.outcome == LEAT_ACK;
        }
        benchmark::ClobberMemory();
    }
    benchmark::DoNotOptimize(landed);
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kInFlight));
    state.SetLabel("one bit in a ring, " + std::to_string(together) + " in a call");
}

}  // namespace

int main(int argc, char** argv) {
    using benchmark::RegisterBenchmark;
    RegisterBenchmark("plugin_call/stage-256", stage, LEAT_BATCH_MAX, 2.0);
    RegisterBenchmark("plugin_call/stage-256/bare", stage_bare, LEAT_BATCH_MAX);
    RegisterBenchmark("plugin_call/stage-1", stage, 1, 100.0);
    RegisterBenchmark("plugin_call/stage-1/bare", stage_bare, 1);
    RegisterBenchmark("ack/settle-individual", acknowledge, 1, 10.0)->UseManualTime();
    RegisterBenchmark("ack/settle-individual/bare", acknowledge_bare, 1);
    RegisterBenchmark("ack/settle-batched", acknowledge, LEAT_BATCH_MAX, 2.0)->UseManualTime();
    RegisterBenchmark("ack/settle-batched/bare", acknowledge_bare, LEAT_BATCH_MAX);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
}
