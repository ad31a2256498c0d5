// How long a message takes in memory from a route on one shard to a route on another: from its emission to its
// arrival at the sink, polling busily and sleeping. Beside it the bare crossing of the same run: one thread hands a
// time to another, which spins, or sleeps in poll().
//
//   leat-bench-crossing [MESSAGES] [ROUNDS] [--json FILE]
//
// 20 us between messages when busy, 1 ms when sleeping. Both threads need a CPU each, and where they spin, ours and
// the bare ones are bound to CPUs 0 and 1: on a loaded machine the tail is the scheduler's.
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "result.hpp"
#include "run_host.hpp"

namespace {

using namespace leat::bench;

constexpr std::chrono::microseconds kBusyInterval{20}, kSleepingInterval{1000};

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

std::vector<int64_t> read_delays(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<int64_t> all;
    for (int64_t one = 0; file.read(reinterpret_cast<char*>(&one), sizeof one);) all.push_back(one);
    std::filesystem::remove(path);
    return all;
}

// Nothing: not all of it arrived.
std::vector<int64_t> cross(uint64_t messages, bool busy) {
    const std::string record = std::filesystem::temp_directory_path() / ("leat-cross-" + std::to_string(getpid()));
    const std::string count = std::to_string(messages);
    const auto host = run_host(
        std::string("{\"shards\": {\"count\": 2") + (busy ? ", \"cpus\": [0, 1], \"busy_poll\": true" : "") +
        "}, \"backends\": {\"pulse\": {\"plugin\": \"pulse\"}, \"mem\": {\"plugin\": \"memory\"}}, \"routes\": {" +
        "\"a\": {\"from\": {\"backend\": \"pulse\", \"count\": " + count +
        ", \"spin\": " + (busy ? "true" : "false") + ", \"interval\": \"" +
        std::to_string((busy ? kBusyInterval : kSleepingInterval).count()) + "us" +
        "\"}, \"to\": {\"backend\": \"mem\", \"topic\": \"x\"}}, " +
        "\"b\": {\"from\": {\"backend\": \"mem\", \"topics\": [\"x\"]}, \"to\": {\"backend\": \"pulse\", " +
        "\"record\": \"" + record + "\"}}}}");
    leat::LedgerSnapshot ledger;
    // A look at the routes is work for both shards: none before all can have arrived.
    std::this_thread::sleep_for(messages * (busy ? kBusyInterval : kSleepingInterval));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(600);
    while (ledger.landed < messages && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ledger = host->snapshot().routes.at(1).ledger;
    }
    host->drain();
    const auto delays = read_delays(record);
    if (delays.size() == messages) return delays;
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

std::vector<int64_t> bare(uint64_t messages, bool busy) {
    std::vector<int64_t> delays;
    std::atomic<int64_t> handed{0};
    const int event = eventfd(0, EFD_NONBLOCK);
    cpu_set_t before;
    pthread_getaffinity_np(pthread_self(), sizeof before, &before);
    std::thread reader([&] {
        if (busy) keep_on(1);
        while (delays.size() < messages) {
            int64_t begin = 0;
            if (busy) {
                while ((begin = handed.exchange(0, std::memory_order_acquire)) == 0) {
                }
            } else {
                pollfd wanted{event, POLLIN, 0};
                poll(&wanted, 1, -1);
                uint64_t n = 0;
                if (read(event, &n, sizeof n) < 0) continue;
                begin = handed.exchange(0, std::memory_order_acquire);
            }
            delays.push_back(now_ns() - begin);
        }
    });
    if (busy) keep_on(0);
    for (uint64_t i = 0; i < messages; ++i) {
        if (busy) {
            const int64_t due = now_ns() + std::chrono::nanoseconds(kBusyInterval).count();
            while (now_ns() < due) {
            }
        } else {
            std::this_thread::sleep_for(kSleepingInterval);
        }
        while (handed.load(std::memory_order_relaxed) != 0) {
        }
        handed.store(now_ns(), std::memory_order_release);
        const uint64_t one = 1;
        if (!busy && write(event, &one, sizeof one) < 0) std::exit(1);
    }
    reader.join();
    pthread_setaffinity_np(pthread_self(), sizeof before, &before);
    close(event);
    return delays;
}

}  // namespace

int main(int argc, char** argv) {
    const CommandLine given(argc, argv);
    const uint64_t messages = given.number(0, 50'000);
    const uint64_t rounds = given.number(1, 3);
    Results results;
    std::printf("%-10s %22s %30s\n", "us", "leat p50 / p99 / max", "bare p50 / p99 / max");
    for (const bool busy : {true, false}) {
        const uint64_t n = busy ? messages : std::max<uint64_t>(messages / 50, 200);
        std::vector<int64_t> ours, theirs;
        std::vector<double> our_rounds, their_rounds;
        for (uint64_t i = 0; i < rounds; ++i) {
            const auto mine = cross(n, busy), loop = bare(n, busy);
            our_rounds.push_back(Percentiles::of(mine).p50);
            their_rounds.push_back(Percentiles::of(loop).p50);
            ours.insert(ours.end(), mine.begin(), mine.end());
            theirs.insert(theirs.end(), loop.begin(), loop.end());
        }
        const Percentiles mine = Percentiles::of(ours), loop = Percentiles::of(theirs);
        std::printf("%-10s %8.2f %6.2f %8.1f %14.2f %6.2f %8.1f\n", busy ? "busy" : "sleeping", mine.p50, mine.p99,
                    mine.max, loop.p50, loop.p99, loop.max);
        results.add(
            {.id = busy ? "crossing/busy" : "crossing/sleeping",
             .category = "latency",
             .title = busy ? "Memory, from shard to shard, busy polling" : "Memory, from shard to shard, sleeping",
             .unit = "us",
             .rounds = our_rounds,
             .latency = mine,
             .ceiling =
                 Ceiling{busy ? "a time handed from thread to thread, spinning" : "the same through eventfd and poll",
                         their_rounds, loop},
             .goal = busy ? "\"p50_us\": 1, \"p99_us\": 5" : "\"p99_us\": 30"});
    }
    if (!given.json.empty() && !results.write(given.json)) {
        std::fprintf(stderr, "cannot write %s\n", given.json.c_str());
        return 1;
    }
    return 0;
}
