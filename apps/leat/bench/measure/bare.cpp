#include "bench/measure/bare.hpp"

#include "bench/measure/bare_parts.hpp"
#include "bench/measure/child.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>

namespace leat::bench {
namespace {

using Clock = std::chrono::steady_clock;

int64_t now_ns() { return Clock::now().time_since_epoch().count(); }

// Spins, and gives the core away when it takes longer than between two threads that both run.
template <class Condition>
void spin_until(const Condition& condition) {
    for (int spins = 0; !condition(); ++spins) {
        if (spins > 20'000) std::this_thread::yield();
    }
}

// Which batches are on their way at most, and how large each is.
struct Portions {
    size_t batch, slots;

    Portions(const BareCross& what, const Ring& ring)
        : batch(what.window ? std::clamp<size_t>(what.window / 2, 1, kBatch) : kBatch),
          slots(what.window ? std::clamp<size_t>(what.window / batch, 1, ring.slots()) : ring.slots()) {}
};

void cross_all(const BareCross& what, Run& run) {
    Ring ring(what.payload);
    const Portions portions(what, ring);
    alignas(64) std::atomic<uint64_t> written{0};
    alignas(64) std::atomic<uint64_t> taken{0};
    std::thread reader([&] {
        std::vector<uint64_t> last(what.writers), moved(what.readers);
        for (uint64_t at = 0, done = 0; done < what.messages; ++at) {
            spin_until([&] { return written.load(std::memory_order_acquire) > at; });
            const size_t n = std::min<uint64_t>(portions.batch, what.messages - done);
            const Message* batch = ring.block(at);
            uint64_t& number = last[at % what.writers];
            for (size_t i = 0; i < n; ++i)
                moved[at % what.readers] += number_of(batch[i].payload) == number++ ? 1 : 0;
            done += n;
            taken.store(at + 1, std::memory_order_release);
        }
        for (const uint64_t each : moved) run.moved += each;
    });
    std::vector<std::unique_ptr<Maker>> makers;
    for (uint64_t i = 0; i < what.writers; ++i) makers.push_back(std::make_unique<Maker>(what.payload));
    std::vector<uint64_t> made(what.writers);
    run.start();
    for (uint64_t done = 0, at = 0; done < what.messages; ++at) {
        const size_t n = std::min<uint64_t>(portions.batch, what.messages - done);
        spin_until([&] { return at - taken.load(std::memory_order_acquire) < portions.slots; });
        const uint64_t writer = at % what.writers;
        ring.copy(makers[writer]->make(n, made[writer], 0), n, at);
        made[writer] += n;
        done += n;
        written.store(at + 1, std::memory_order_release);
    }
    reader.join();
}

// Keeps this thread on a core, where there are two of them.
void stay_on(unsigned core) {
    if (std::thread::hardware_concurrency() < 2) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

// The other end of a delay: sees that a message was written, and when.
class Reader {
  public:
    Reader(const BareDelay& what, Ring& ring) : what_(what), ring_(ring), event_(eventfd(0, EFD_NONBLOCK)) {
        delays_.reserve(what.messages);
        thread_ = std::thread([this] { read(); });
    }
    ~Reader() { close(event_); }

    void write(Message* message, uint64_t at) {
        ring_.copy(message, 1, at);
        written_.store(at + 1, std::memory_order_release);
        const uint64_t one = 1;
        if (what_.sleeps && ::write(event_, &one, sizeof one) < 0) std::abort();
    }
    std::vector<int64_t> end() {
        thread_.join();
        return std::move(delays_);
    }

  private:
    void read() {
        stay_on(1);
        for (uint64_t at = 0; at < what_.messages; ++at) {
            while (written_.load(std::memory_order_acquire) <= at) {
                if (what_.sleeps) wait();
            }
            int64_t due = 0;
            std::memcpy(&due, ring_.block(at)->payload + 16, sizeof due);
            delays_.push_back(now_ns() - due);
        }
    }
    void wait() {
        pollfd ready{event_, POLLIN, 0};
        poll(&ready, 1, -1);
        uint64_t count = 0;
        if (::read(event_, &count, sizeof count) < 0) return;
    }

    const BareDelay what_;
    Ring& ring_;
    int event_;
    alignas(64) std::atomic<uint64_t> written_{0};
    std::vector<int64_t> delays_;
    std::thread thread_;
};

void delay_all(const BareDelay& what, Run& run) {
    Ring ring(what.payload);
    Maker maker(what.payload);
    if (what.crosses) stay_on(0);
    std::unique_ptr<Reader> reader = what.crosses ? std::make_unique<Reader>(what, ring) : nullptr;
    run.start();
    const int64_t origin = now_ns() + 1'000'000;
    for (uint64_t i = 0; i < what.messages; ++i) {
        const int64_t due = origin + static_cast<int64_t>(static_cast<double>(i) * 1e9 / what.rate);
        while (now_ns() < due) {
        }
        Message* message = maker.make(1, i, due);
        if (reader) {
            reader->write(message, i);
        } else {
            ring.copy(message, 1, i);
            run.delays.push_back(now_ns() - due);
        }
    }
    if (reader) run.delays = reader->end();
    run.moved = run.delays.size();
}

}  // namespace

Sample bare_cross(const BareCross& what) {
    return rate(run_apart([&](Run& run) { cross_all(what, run); }), what.messages);
}

Sample bare_delay(const BareDelay& what) {
    const Run run = run_apart([&](Run& r) { delay_all(what, r); });
    Sample sample;
    for (const int64_t ns : run.delays) sample.delays.record(ns);
    sample.value = static_cast<double>(sample.delays.percentile(50)) / 1000;
    return sample;
}

Sample bare_start() {
    const auto begin = Clock::now();
    const Ended ended = in_child({own_path(), "--version"}, std::chrono::seconds(600));
    if (!ended.failure.empty()) throw std::runtime_error("--version failed: " + ended.failure);
    Sample sample;
    sample.value = std::chrono::duration<double>(Clock::now() - begin).count() * 1e3;
    sample.peak_mb = ended.peak_mb;
    return sample;
}

Sample bare_threads_start() {
    const Run run = run_apart([](Run& r) {
        r.start();
        const int64_t begin = now_ns();
        std::thread([&] {
            Maker maker(100);
            const Message* message = maker.make(1, 0, begin);
            std::thread([&] { r.delays.push_back(number_of(message->payload) == 0 ? now_ns() - begin : 0); }).join();
        }).join();
    });
    Sample sample;
    sample.value = static_cast<double>(run.delays.at(0)) / 1e6;
    return sample;
}

}  // namespace leat::bench
