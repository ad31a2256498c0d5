// How long a message takes in memory from a route on one shard to a route on another: from its emission to its
// arrival at the sink, polling busily and sleeping. Beside it the bare crossing of the same run: one thread hands a
// time to another, which spins, or sleeps in poll(). Both send by a schedule that nothing moves.
//
//   leat-bench-crossing [MESSAGES] [ROUNDS] [--json FILE]
//
// The first messages of each round, ours and bare, are not counted: what they meet is new to caches and page tables,
// 50 to 300 us for the first of all, and that of few is no 99th percentile. Given are the medians of the rounds'
// percentiles, and the greatest of all: on a machine of others each stall of some ms is the 99th percentile of the
// round that it hits, and of all rounds together. How late the sender was by
// its schedule is shown apart. Both threads need a CPU each, and where they spin, ours and the bare ones are bound to
// CPUs 0 and 1: on a loaded machine the tail is the scheduler's.
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "result.hpp"
#include "run_host.hpp"

namespace {

using namespace leat::bench;

// No divisors of the kernel's ticks of 1 and 4 ms: each would hit the same message of so many, or none.
constexpr std::chrono::microseconds kBusyInterval{21}, kSleepingInterval{1037};

constexpr std::chrono::microseconds interval(bool busy) { return busy ? kBusyInterval : kSleepingInterval; }

constexpr uint64_t kFirst = 20;  // messages of a round that are not counted

struct Delays {
    std::vector<int64_t> crossing, lateness;  // ns; of the sender by its schedule

    void add(int64_t crossed, int64_t late) {
        crossing.push_back(crossed);
        lateness.push_back(late);
    }
};

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

Delays read_delays(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    Delays all;
    for (int64_t pair[2]; file.read(reinterpret_cast<char*>(pair), sizeof pair);) all.add(pair[0], pair[1]);
    std::filesystem::remove(path);
    return all;
}

// Ends the program when not all of it arrived.
Delays cross(uint64_t messages, bool busy) {
    const std::string record = std::filesystem::temp_directory_path() / ("leat-cross-" + std::to_string(getpid()));
    const std::string count = std::to_string(messages);
    const auto host = run_host(
        std::string("{\"shards\": {\"count\": 2") + (busy ? ", \"cpus\": [0, 1], \"busy_poll\": true" : "") +
        "}, \"backends\": {\"pulse\": {\"plugin\": \"pulse\"}, \"mem\": {\"plugin\": \"memory\"}}, \"routes\": {" +
        "\"a\": {\"from\": {\"backend\": \"pulse\", \"count\": " + count +
        ", \"spin\": " + (busy ? "true" : "false") + ", \"interval\": \"" + std::to_string(interval(busy).count()) +
        "us" + "\"}, \"to\": {\"backend\": \"mem\", \"topic\": \"x\"}}, " +
        "\"b\": {\"from\": {\"backend\": \"mem\", \"topics\": [\"x\"]}, \"to\": {\"backend\": \"pulse\", " +
        "\"record\": \"" + record + "\"}}}}");
    leat::LedgerSnapshot ledger;
    // A look at the routes is work for both shards: none before all can have arrived.
    std::this_thread::sleep_for(messages * interval(busy));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(600);
    while (ledger.landed < messages && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ledger = host->snapshot().routes.at(1).ledger;
    }
    host->drain();
    Delays delays = read_delays(record);
    if (delays.crossing.size() == messages) return delays;
    std::fprintf(stderr, "not all arrived: no figure\n");
    std::exit(1);
}

// As a busy shard is.
void keep_on(size_t cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

// One cache line each: what crosses is all in it.
struct alignas(64) Slot {
    std::atomic<int64_t> emitted_ns{0};  // 0: free
    int64_t due_ns = 0;
};

Delays bare(uint64_t messages, bool busy) {
    Delays delays;
    delays.crossing.reserve(messages);
    delays.lateness.reserve(messages);
    std::vector<Slot> ring(1024);
    const int event = eventfd(0, EFD_NONBLOCK);
    cpu_set_t before;
    pthread_getaffinity_np(pthread_self(), sizeof before, &before);
    std::thread reader([&] {
        if (busy) keep_on(1);
        for (uint64_t at = 0; at < messages;) {
            Slot& slot = ring[at % ring.size()];
            const int64_t emitted = slot.emitted_ns.load(std::memory_order_acquire);
            if (emitted != 0) {
                delays.add(now_ns() - emitted, emitted - slot.due_ns);
                slot.emitted_ns.store(0, std::memory_order_release);
                ++at;
            } else if (!busy) {
                pollfd wanted{event, POLLIN, 0};
                poll(&wanted, 1, -1);
                uint64_t n = 0;
                if (read(event, &n, sizeof n) < 0) continue;
            }
        }
    });
    if (busy) keep_on(0);
    const auto begin = std::chrono::steady_clock::now();
    for (uint64_t at = 0; at < messages; ++at) {
        const auto due = begin + at * interval(busy);
        if (!busy) std::this_thread::sleep_until(due);
        while (std::chrono::steady_clock::now() < due) {
        }
        Slot& slot = ring[at % ring.size()];
        while (slot.emitted_ns.load(std::memory_order_acquire) != 0) {
        }
        slot.due_ns = due.time_since_epoch().count();
        slot.emitted_ns.store(now_ns(), std::memory_order_release);
        const uint64_t one = 1;
        if (!busy && write(event, &one, sizeof one) < 0) std::exit(1);
    }
    reader.join();
    pthread_setaffinity_np(pthread_self(), sizeof before, &before);
    close(event);
    return delays;
}

std::string text(double value) {
    char out[32];
    std::snprintf(out, sizeof out, "%.3g", value);
    return out;
}

// The rounds of one side.
class Rounds {
  public:
    void add(const Delays& round) {
        crossings_.push_back(counted(round.crossing));
        lateness_.push_back(counted(round.lateness));
    }
    std::vector<double> medians() const {
        std::vector<double> all;
        for (const Percentiles& round : crossings_) all.push_back(round.p50);
        return all;
    }
    Percentiles crossing() const { return over(crossings_); }
    Percentiles lateness() const { return over(lateness_); }

  private:
    static Percentiles counted(const std::vector<int64_t>& all) {
        return Percentiles::of({all.begin() + kFirst, all.end()});
    }
    // The median of each, and the greatest of all.
    static Percentiles over(const std::vector<Percentiles>& rounds) {
        const auto each = [&rounds](double Percentiles::*member) {
            std::vector<double> all;
            for (const Percentiles& round : rounds) all.push_back(round.*member);
            return all;
        };
        const auto largest = each(&Percentiles::max);
        return {median(each(&Percentiles::p50)), median(each(&Percentiles::p90)), median(each(&Percentiles::p99)),
                median(each(&Percentiles::p999)), *std::max_element(largest.begin(), largest.end())};
    }

    std::vector<Percentiles> crossings_, lateness_;
};

}  // namespace

int main(int argc, char** argv) {
    const CommandLine given(argc, argv);
    const uint64_t messages = given.number(0, 10'000);
    const uint64_t rounds = given.number(1, 9);
    Results results;
    std::printf("%-10s %22s %30s %24s\n", "us", "leat p50 / p99 / max", "bare p50 / p99 / max",
                "late p99: leat / bare");
    for (const bool busy : {true, false}) {
        const uint64_t n = kFirst + (busy ? messages : std::max<uint64_t>(messages / 25, 200));
        Rounds ours, theirs;
        for (uint64_t i = 0; i < rounds; ++i) {
            ours.add(cross(n, busy));
            theirs.add(bare(n, busy));
        }
        const Percentiles mine = ours.crossing(), loop = theirs.crossing();
        const double late = ours.lateness().p99, loop_late = theirs.lateness().p99;
        std::printf("%-10s %8.2f %6.2f %8.1f %14.2f %6.2f %8.1f %14.2f %9.2f\n", busy ? "busy" : "sleeping", mine.p50,
                    mine.p99, mine.max, loop.p50, loop.p99, loop.max, late, loop_late);
        results.add(
            {.id = busy ? "crossing/busy" : "crossing/sleeping",
             .category = "latency",
             .title = busy ? "Memory, from shard to shard, busy polling" : "Memory, from shard to shard, sleeping",
             .unit = "us",
             .rounds = ours.medians(),
             .latency = mine,
             .ceiling =
                 Ceiling{busy ? "a time handed from thread to thread, spinning" : "the same through eventfd and poll",
                         theirs.medians(), loop},
             .goal = busy ? "\"p50_us\": 1, \"p99_us\": 5" : "\"p99_us\": 30",
             .note = "percentiles: medians of the rounds', without the first 20 messages of each. The sender itself "
                     "was late by " +
                     text(late) + " us in the 99th percentile, the bare one by " + text(loop_late) + " us"});
    }
    if (!given.json.empty() && !results.write(given.json)) {
        std::fprintf(stderr, "cannot write %s\n", given.json.c_str());
        return 1;
    }
    return 0;
}
