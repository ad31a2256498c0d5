// What waits takes memory: a message in flight, an idle topic of the backend memory. And how soon a host is there.
//
//   leat-bench-held [ROUNDS] [--json FILE]
//
// Overhead of a message in flight: what the process has allocated while so many are unsettled at a sink, without the
// payload and without the 24 bytes that this sink keeps of each.
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <thread>

#include "memory/backend.hpp"
#include "memory/recent.hpp"
#include "result.hpp"
#include "run_host.hpp"

namespace {

using namespace leat::bench;
using Clock = std::chrono::steady_clock;

double allocated() {
    const auto info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

double resident() {
    std::ifstream file("/proc/self/statm");
    double size = 0, pages = 0;
    file >> size >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void wait_until(const std::function<bool()>& reached) {
    const auto end = Clock::now() + std::chrono::seconds(600);
    while (!reached()) {
        if (Clock::now() > end) {
            std::fprintf(stderr, "it does not come that far: no figure\n");
            std::exit(1);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

// Bytes for each of so many messages in flight.
double in_flight(uint64_t messages) {
    constexpr double kOfSink = 24;  // as stages/pulse.cpp keeps them, in a vector that doubles
    const std::string n = std::to_string(messages);
    const auto host = load_host(
        "{\"shards\": 1, \"backends\": {\"pulse\": {\"plugin\": \"pulse\"}}, \"routes\": {\"r\": {\"from\": "
        "{\"backend\": \"pulse\", \"interval\": \"0s\", \"count\": " +
        n + ", \"max_in_flight\": " + n +
        ", \"max_in_flight_bytes\": \"4GiB\"}, \"to\": {\"backend\": \"pulse\", \"hold\": true}, "
        "\"drain_timeout\": \"1ms\"}}}");
    const double before = allocated();
    if (!host->run()) std::exit(1);
    wait_until([&] { return host->snapshot().routes.at(0).ledger.in_flight == messages; });
    const double each = (allocated() - before) / static_cast<double>(messages) - kOfSink;
    host->drain();
    return each;
}

// Bytes for each of so many topics: made and idle.
double idle_topic(uint64_t topics, double& gigabytes) {
    const double before = allocated(), pages = resident();
    auto all = std::make_unique<leat::memory::Topics>();
    all->limit({}, topics);
    for (uint64_t i = 0; i < topics; ++i) {
        if (!all->find("device/" + std::to_string(i))) std::exit(1);
    }
    gigabytes = (resident() - pages) / 1e9;
    return (allocated() - before) / static_cast<double>(topics);
}

// The same as routes have it: each was written to once, so the sink knows it, too, and it holds a message of 100 B.
double used_topic(uint64_t topics, double& gigabytes) {
    const std::string n = std::to_string(topics);
    const double before = resident();
    const auto host = run_host(
        "{\"shards\": 1, \"backends\": {\"pulse\": {\"plugin\": \"pulse\"}, \"mem\": {\"plugin\": \"memory\", "
        "\"max_topics\": " +
        n +
        "}}, \"routes\": {\"r\": {\"from\": {\"backend\": \"pulse\", \"interval\": \"0s\", "
        "\"keyed\": true, \"count\": " +
        n + "}, \"to\": {\"backend\": \"mem\", \"topic\": \"${key}\"}}}}");
    wait_until([&] { return host->snapshot().routes.at(0).ledger.landed == topics; });
    gigabytes = (resident() - before) / 1e9;
    return gigabytes * 1e9 / static_cast<double>(topics);
}

// ns for a look-up of one of the topics written to last; bare: the same names compared with one that is known.
struct Named {
    std::string text, known;
    const std::string& name() const { return text; }
};

template <class F>
double look_up(F&& find) {
    constexpr size_t kTimes = 4'000'000, kNames = 64;
    std::array<Named, kNames> all;
    for (size_t i = 0; i < kNames; ++i) all[i].text = all[i].known = "plant/7/device/" + std::to_string(1000 + i);
    leat::memory::Recent<Named> recent;
    for (Named& one : all) recent.put(one.text, &one);
    uint64_t found = 0;
    const auto begin = Clock::now();
    for (size_t i = 0; i < kTimes; ++i) found += find(recent, all[i % kNames].text, all[i % kNames]);
    const double ns = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    if (found == 0) std::exit(1);
    return ns / kTimes;
}

// ms from the construction of a host to the first message that has landed.
double start() {
    const auto begin = Clock::now();
    const auto host = run_host(
        "{\"shards\": 1, \"backends\": {\"pulse\": {\"plugin\": \"pulse\"}, \"mem\": {\"plugin\": \"memory\"}}, "
        "\"routes\": {\"r\": {\"from\": {\"backend\": \"pulse\", \"interval\": \"1ms\"}, \"to\": {\"backend\": "
        "\"mem\", "
        "\"topic\": \"x\"}}}}");
    while (host->snapshot().routes.at(0).ledger.landed == 0) std::this_thread::yield();
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    return ms;
}

template <class F>
Result measure(uint64_t rounds, std::string id, std::string title, std::string unit, std::string goal, F&& round) {
    Result result{.id = std::move(id),
                  .category = "memory",
                  .title = std::move(title),
                  .unit = std::move(unit),
                  .goal = std::move(goal)};
    for (uint64_t i = 0; i < rounds; ++i) result.rounds.push_back(round());
    std::printf("%-64s %10.1f %s\n", result.title.c_str(), median(result.rounds), result.unit.c_str());
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    const CommandLine given(argc, argv);
    const uint64_t rounds = given.number(0, 3);
    Results results;
    Result first = measure(rounds, "memory/start", "From a host made to the first message landed", "ms",
                           "\"value\": 20", [] { return start(); });
    first.category = "startup";
    results.add(std::move(first));
    for (const uint64_t n : {4096u, 65536u, 1048576u}) {
        results.add(measure(rounds, "memory/in-flight/" + std::to_string(n),
                            "Overhead of a message in flight, of " + std::to_string(n), "B", "\"value\": 200",
                            [n] { return in_flight(n); }));
    }
    constexpr uint64_t kTopics = 1'000'000;
    double gigabytes = 0;
    results.add(measure(1, "memory/idle-topic", "An idle topic, of 1,000,000", "B", "\"value\": 1000",
                        [&] { return idle_topic(kTopics, gigabytes); }));
    results.add(measure(1, "memory/idle-topics", "1,000,000 idle topics, resident", "GB", "\"value\": 1",
                        [&] { return gigabytes; }));
    results.add(measure(1, "memory/used-topic", "A topic that a sink has stored one message of 100 B in", "B", "",
                        [&] { return used_topic(kTopics, gigabytes); }));
    Result look =
        measure(rounds, "memory/look-up", "Look-up of a topic written to lately", "ns", "\"value\": 10", [] {
            return look_up(
                [](auto& recent, const std::string& name, Named&) { return recent.find(name) != nullptr; });
        });
    look.ceiling = Ceiling{"a comparison of the names", {}, {}};
    for (uint64_t i = 0; i < rounds; ++i) {
        look.ceiling->rounds.push_back(
            look_up([](auto&, const std::string& name, Named& one) { return one.known == name; }));
    }
    results.add(std::move(look));
    if (!given.json.empty() && !results.write(given.json)) {
        std::fprintf(stderr, "cannot write %s\n", given.json.c_str());
        return 1;
    }
    return 0;
}
