#include "bench/measure/bare.hpp"

#include "bench/measure/child.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

namespace leat::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBatch = 256;
constexpr size_t kRingBytes = 64u << 20;  // as much as a memory topic holds by default

// As large as the message that crosses the plugin boundary.
struct Message {
    const char* payload;
    size_t size;
    uint64_t token;
    char rest[88];
};
static_assert(sizeof(Message) == 112);

int64_t now_ns() { return Clock::now().time_since_epoch().count(); }

void stamp(char* at, size_t size, uint64_t number, int64_t due_ns) {  // hot: per message
    const uint32_t stream = 0;
    std::memcpy(at, "LEAT", 4);
    std::memcpy(at + 4, &stream, 4);
    std::memcpy(at + 8, &number, 8);
    std::memcpy(at + 16, &due_ns, 8);
    std::memset(at + 24, '.', size - 24);
}

uint64_t number_of(const char* payload) {
    uint64_t number = 0;
    std::memcpy(&number, payload + 8, 8);
    return number;
}

// A ring of blocks of messages with their payloads; a batch is copied into one.
class Ring {
  public:
    explicit Ring(size_t payload)
        : block_(kBatch * (sizeof(Message) + payload)),
          slots_(std::clamp<size_t>(kRingBytes / block_, 4, 256)),
          memory_(std::make_unique<char[]>(block_ * slots_)) {}

    size_t slots() const { return slots_; }
    Message* block(uint64_t i) { return reinterpret_cast<Message*>(memory_.get() + i % slots_ * block_); }

    void copy(const Message* messages, size_t n, uint64_t to) {  // hot: per message
        Message* const into = block(to);
        char* at = reinterpret_cast<char*>(into + kBatch);
        for (size_t i = 0; i < n; ++i) {
            into[i] = messages[i];
            std::memcpy(at, messages[i].payload, messages[i].size);
            into[i].payload = at;
            at += messages[i].size;
        }
    }

  private:
    size_t block_, slots_;
    std::unique_ptr<char[]> memory_;
};

using Stage = void (*)(Message*, size_t);

void look(Message* batch, size_t n) {  // hot: per message
    for (size_t i = 0; i < n; ++i) batch[i].rest[0] = static_cast<char>(batch[i].rest[0] + batch[i].payload[0]);
}

Stage volatile unknown_stage = look;  // so that it is called, not merged into the loop

// Messages made batch by batch into the same memory.
class Maker {
  public:
    explicit Maker(size_t payload) : payload_(std::max<size_t>(payload, 24)), bytes_(kBatch * payload_) {}

    Message* make(size_t n, uint64_t first, int64_t due_ns) {  // hot: per message
        for (size_t i = 0; i < n; ++i) {
            char* at = bytes_.data() + i * payload_;
            stamp(at, payload_, first + i, due_ns);
            batch_[i].payload = at;
            batch_[i].size = payload_;
            batch_[i].token = first + i;
        }
        return batch_;
    }

  private:
    size_t payload_;
    std::vector<char> bytes_;
    Message batch_[kBatch] = {};
};

double own_cpu_s() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

struct Run {
    /// Everything is made and touched; now it counts.
    void start() {
        cpu_s = own_cpu_s();
        began = Clock::now();
    }

    double seconds = 0, cpu_s = 0;
    Clock::time_point began;
    uint64_t moved = 0;
    std::vector<int64_t> delays;
};

// Times the work in a process of its own.
Run run_apart(const std::function<void(Run&)>& work) {
    const Ended ended = in_child(
        [&work] {
            Run run;
            work(run);
            run.seconds = std::chrono::duration<double>(Clock::now() - run.began).count();
            return Json{run.seconds, own_cpu_s() - run.cpu_s, run.moved, run.delays}.dump();
        },
        std::chrono::seconds(60));
    if (!ended.failure.empty()) throw std::runtime_error("a bare loop failed: " + ended.failure);
    const Json json = Json::parse(ended.output);
    Run run;
    run.seconds = json[0].get<double>();
    run.cpu_s = json[1].get<double>();
    run.moved = json[2].get<uint64_t>();
    run.delays = json[3].get<std::vector<int64_t>>();
    return run;
}

Sample rate(const Run& run, uint64_t messages) {
    Sample sample;
    if (run.moved != messages) throw std::runtime_error("a bare loop lost messages");
    sample.value = static_cast<double>(messages) / run.seconds;
    sample.cpu_us = run.cpu_s * 1e6 / static_cast<double>(messages);
    return sample;
}

void move_all(const BareMove& what, Run& run) {
    Maker maker(what.payload);
    Ring ring(what.copies ? what.payload : 0);
    uint64_t blocks = 0;
    run.start();
    for (uint64_t done = 0; done < what.messages;) {
        const size_t n = std::min<uint64_t>(what.batch, what.messages - done);
        Message* batch = maker.make(n, done, 0);
        for (size_t s = 0; s < what.stages; ++s) unknown_stage(batch, n);
        if (what.copies) {
            ring.copy(batch, n, blocks);
            batch = ring.block(blocks++);
        }
        for (size_t i = 0; i < n; ++i) run.moved += number_of(batch[i].payload) == done + i ? 1 : 0;
        done += n;
    }
}

void cross_all(uint64_t messages, size_t payload, Run& run) {
    Ring ring(payload);
    alignas(64) std::atomic<uint64_t> written{0};
    alignas(64) std::atomic<uint64_t> taken{0};
    std::thread reader([&] {
        uint64_t moved = 0;
        for (uint64_t at = 0; moved < messages; ++at) {
            while (written.load(std::memory_order_acquire) <= at) {
            }
            const size_t n = std::min<uint64_t>(kBatch, messages - at * kBatch);
            const Message* batch = ring.block(at);
            for (size_t i = 0; i < n; ++i) moved += number_of(batch[i].payload) == at * kBatch + i ? 1 : 0;
            taken.store(at + 1, std::memory_order_release);
        }
        run.moved = moved;
    });
    Maker maker(payload);
    uint64_t at = 0;
    run.start();
    for (uint64_t done = 0; done < messages; done += kBatch, ++at) {
        const size_t n = std::min<uint64_t>(kBatch, messages - done);
        while (at - taken.load(std::memory_order_acquire) >= ring.slots()) {
        }
        ring.copy(maker.make(n, done, 0), n, at);
        written.store(at + 1, std::memory_order_release);
    }
    reader.join();
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

Sample bare_move(const BareMove& what) {
    return rate(run_apart([&](Run& run) { move_all(what, run); }), what.messages);
}

Sample bare_cross(uint64_t messages, size_t payload) {
    return rate(run_apart([&](Run& run) { cross_all(messages, payload, run); }), messages);
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
    const Ended ended = in_child({own_path(), "--version"}, std::chrono::seconds(60));
    if (!ended.failure.empty()) throw std::runtime_error("--version failed: " + ended.failure);
    Sample sample;
    sample.value = std::chrono::duration<double>(Clock::now() - begin).count() * 1e3;
    sample.peak_mb = ended.peak_mb;
    return sample;
}

}  // namespace leat::bench
