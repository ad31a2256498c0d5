// What a route costs in memory: messages with a payload of their own, two handler libraries, acknowledgements on, one
// shard. Beside each rate the bare loop of the same run: the same payloads made, looked at and labelled, no router.
//
//   leat-bench-memory [MESSAGES] [ROUNDS] [--json FILE]
#include <leat/plugin.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "result.hpp"
#include "run_host.hpp"
#include "stages/parity.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

using leat::bench::Ceiling;
using leat::bench::CommandLine;
using leat::bench::median;
using leat::bench::Result;
using leat::bench::Results;

struct Figure {
    double rate = 0;    // messages per second
    double cpu_ns = 0;  // CPU per message
};

// A route from generate through the given handlers to a console that prints nothing. No rate without all of it
// landed.
Figure route(uint64_t messages, const std::vector<std::string>& through) {
    std::string stages;
    for (const std::string& name : through)
        stages += (stages.empty() ? "" : ", ") + std::string("{\"plugin\": \"") + name + "\"}";
    const auto loaded = leat::bench::load_host(
        "{\"shards\": 1, \"backends\": {\"in\": {\"plugin\": \"generate\"}, \"out\": {\"plugin\": \"console\"}},"
        "\"routes\": {\"bench\": {\"from\": {\"backend\": \"in\", \"size\": 100, \"count\": " +
        std::to_string(messages) + "}, \"through\": [" + stages +
        "], \"to\": {\"backend\": \"out\", \"format\": \"null\"}}}}");
    leat::Host& host = *loaded;
    const double cpu = cpu_seconds();
    const auto begin = Clock::now();
    if (!host.run()) std::exit(1);
    leat::LedgerSnapshot ledger;
    while (ledger.landed < messages) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ledger = host.snapshot().routes.at(0).ledger;
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const double used = cpu_seconds() - cpu;
    host.drain();
    ledger = host.snapshot().routes.at(0).ledger;
    if (ledger.landed != messages || !ledger.balances()) {
        std::fprintf(stderr, "not all landed: no rate\n");
        std::exit(1);
    }
    return {static_cast<double>(messages) / seconds, used * 1e9 / static_cast<double>(messages)};
}

// The same work in one loop over an array: payload, sum, label; `touch` without the two readings.
Figure bare(uint64_t messages, bool touch) {
    static leat_message batch[LEAT_BATCH_MAX];
    static char payloads[LEAT_BATCH_MAX * 100];
    static leat_header headers[LEAT_BATCH_MAX * 2];
    volatile unsigned sink = 0;
    const double cpu = cpu_seconds();
    const auto begin = Clock::now();
    for (uint64_t done = 0; done < messages; done += LEAT_BATCH_MAX) {
        for (size_t i = 0; i < LEAT_BATCH_MAX; ++i) {
            char* at = payloads + i * 100;
            std::memset(at, '0', 100);
            uint64_t number = done + i;
            for (char* digit = at + 99; number; number /= 10) *digit-- = static_cast<char>('0' + number % 10);
            batch[i].payload = {at, 100};
        }
        for (int stage = 0; touch && stage < 2; ++stage) {
            for (size_t i = 0; i < LEAT_BATCH_MAX; ++i) {
                const bool odd = parity({batch[i].payload.data, 100});
                headers[2 * i + static_cast<size_t>(stage)] = {{"stamp", 5}, {odd ? "odd" : "even", odd ? 3u : 4u}};
                batch[i].headers = headers + 2 * i;
                batch[i].header_count = static_cast<uint32_t>(stage + 1);
            }
        }
        sink = sink + batch[done % LEAT_BATCH_MAX].header_count;
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return {static_cast<double>(messages) / seconds, (cpu_seconds() - cpu) * 1e9 / static_cast<double>(messages)};
}

struct Shape {
    const char* id;
    const char* name;
    std::vector<std::string> through;
    bool touch;
    const char* goal;
};

Result measure(const Shape& shape, uint64_t messages, int rounds) {
    Result result{.id = std::string("memory/") + shape.id,
                  .category = "routes",
                  .title = std::string("In memory: ") + shape.name,
                  .unit = "msg/s",
                  .more_is_better = true,
                  .ceiling = Ceiling{"the same in one loop over an array", {}, {}},
                  .goal = shape.goal};
    std::vector<double> cpu;
    for (int i = 0; i < rounds; ++i) {
        const Figure ours = route(messages, shape.through);
        result.rounds.push_back(ours.rate);
        cpu.push_back(ours.cpu_ns / 1e3);
        result.ceiling->rounds.push_back(bare(messages, shape.touch).rate);
    }
    result.cpu_us = median(cpu);
    const double rate = median(result.rounds), loop = median(result.ceiling->rounds);
    std::printf("%-36s %12.1f %10.1f %14.1f %7.2f\n", shape.name, rate / 1e6, *result.cpu_us * 1e3, loop / 1e6,
                rate / loop);
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    const CommandLine given(argc, argv);
    const uint64_t messages = given.number(0, 10'000'000);
    const int rounds = static_cast<int>(given.number(1, 5));
    const std::vector<Shape> shapes = {
        {"no-handler", "no handler", {}, false, ""},
        {"two-that-pass", "two handlers that pass", {"pass_a", "pass_b"}, false, "\"value\": 40e6"},
        {"two-that-write", "two that read and write a header", {"stamp_a", "stamp_b"}, true, ""}};
    std::printf("%llu messages of 100 B, each its own payload, one shard, median of %d\n",
                static_cast<unsigned long long>(messages), rounds);
    std::printf("%-36s %12s %10s %14s %7s\n", "route in memory", "M msg/s", "CPU ns", "bare loop M/s", "ratio");
    Results results;
    for (const Shape& shape : shapes) results.add(measure(shape, messages, rounds));
    if (!given.json.empty() && !results.write(given.json)) {
        std::fprintf(stderr, "cannot write %s\n", given.json.c_str());
        return 1;
    }
    return 0;
}
