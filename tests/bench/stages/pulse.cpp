// For measurements: a source that emits one message after another at an interval, each with the time of its emission
// and when it was due, and a sink that writes down how long each was under way, or holds what it gets.
#include <leat/sdk/export.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace leat;

struct SourceOptions {
    Nanoseconds interval{20'000};
    bool spin = false;
    uint64_t count = 0;
    bool keyed = false;
    static auto options() {
        return leat::options(option<&SourceOptions::interval>("interval", "Between two messages; 0: by credit."),
                             option<&SourceOptions::spin>("spin", "Looks at the clock in every turn of the shard."),
                             option<&SourceOptions::count>("count", "So many at most; 0: no end."),
                             option<&SourceOptions::keyed>("keyed", "With interval 0: each has a key of its own."));
    }
};

struct SinkOptions {
    std::string record;
    bool hold = false;
    static auto options() {
        return leat::options(
            option<&SinkOptions::record>("record",
                                         "Where the delays go, two for each message, ns, 64 bits each: from "
                                         "emission to arrival, and how late it was emitted."),
            option<&SinkOptions::hold>("hold", "Settles nothing until it is stopped."));
    }
};

// The payload begins with it; ns of the steady clock.
struct Stamp {
    int64_t emitted, due;
};

struct Delay {
    int64_t crossing, lateness;
};

class PulseSource : public leat::Source {
  public:
    explicit PulseSource(const SourceOptions& options) : options_(options) {}
    void start() override {
        if (!window_) window_ = &open_window();
        services().up();
        due_ns_ = services().host->now_ns();
        go_on();
    }
    void stop() override { stopped_when_idle(); }

  protected:
    void resume() override {
        if (!emitting()) return;
        if (options_.interval.count() == 0) return flood();
        while (services().host->now_ns() >= due_ns_ && !is_done() && window_->credit() > 0) {
            emit_some(1);
            due_ns_ += options_.interval.count();
        }
        go_on();
    }
    void advanced(InFlight&) override {}

  private:
    bool is_done() const { return options_.count && window_->next() >= options_.count; }
    void go_on() {
        if (options_.spin || options_.interval.count() == 0) return wake();
        if (is_timed_ || is_done()) return;
        is_timed_ = true;
        services().after(
            Nanoseconds(std::max<int64_t>(0, due_ns_ - services().host->now_ns())),
            [](void* self) {
                auto* mine = static_cast<PulseSource*>(self);
                mine->is_timed_ = false;
                mine->resume();
            },
            this);
    }
    void flood() {
        while (!is_done()) {
            const uint64_t left = options_.count ? options_.count - window_->next() : LEAT_BATCH_MAX;
            const uint64_t n = std::min({window_->credit(), left, uint64_t{LEAT_BATCH_MAX}});
            if (n == 0) return;
            emit_still(n);
        }
    }
    // Bytes that live for ever, so that what a message holds is the route's own; each with a key of its own.
    void emit_still(size_t n) {
        static const std::string kPayload(100, '.');
        leat_message batch[LEAT_BATCH_MAX];
        for (size_t i = 0; i < n; ++i) {
            batch[i] = leat_message{};
            batch[i].topic = bytes("pulse");
            batch[i].payload = bytes(kPayload);
        }
        if (options_.keyed) add_keys(batch, n);
        emit(*window_, batch, n);
    }
    void add_keys(leat_message* batch, size_t n) {
        constexpr size_t kSize = 16;
        void* memory = nullptr;
        leat_buffer* buffer = services().host->buffer_new(services().me, n * kSize, &memory);
        leat_buffer_retain(buffer, static_cast<uint32_t>(n - 1));
        for (size_t i = 0; i < n; ++i) {
            char* at = static_cast<char*>(memory) + i * kSize;
            std::snprintf(at, kSize, "device/%08llu",
                          static_cast<unsigned long long>(window_->next() + i) % 100'000'000);
            batch[i].key = {at, kSize - 1};
            batch[i].buffer = buffer;
        }
    }
    void emit_some(size_t n) {
        constexpr size_t kSize = 100;
        void* memory = nullptr;
        leat_buffer* buffer = services().host->buffer_new(services().me, n * kSize, &memory);
        leat_buffer_retain(buffer, static_cast<uint32_t>(n - 1));
        leat_message batch[LEAT_BATCH_MAX];
        for (size_t i = 0; i < n; ++i) {
            char* at = static_cast<char*>(memory) + i * kSize;
            const Stamp stamp{services().host->now_ns(), due_ns_};
            std::memset(at, '.', kSize);
            std::memcpy(at, &stamp, sizeof stamp);
            batch[i] = leat_message{};
            batch[i].topic = bytes("pulse");
            batch[i].payload = {at, kSize};
            batch[i].buffer = buffer;
        }
        emit(*window_, batch, n);
    }

    SourceOptions options_;
    InFlight* window_ = nullptr;
    int64_t due_ns_ = 0;
    bool is_timed_ = false;
};

class PulseSink : public leat::Sink {
  public:
    explicit PulseSink(const SinkOptions& options) : options_(options) {
        if (options_.record.empty()) return;  // where memory is measured, none of the tool's own
        delays_.resize(kMostRecorded);        // touched now, not while it counts
        delays_.clear();
    }
    void push(Batch& batch) override {
        size_t n = 0;
        const leat_message* messages = batch.all(n);
        if (options_.hold && !is_stopping_) {
            for (size_t i = 0; i < n; ++i) held_.push_back({messages[i].receipt, messages[i].buffer});
            return;
        }
        const int64_t now = services().host->now_ns();
        for (size_t i = 0; i < n && !options_.record.empty(); ++i) {
            Stamp stamp{};
            std::memcpy(&stamp, messages[i].payload.data, sizeof stamp);
            delays_.push_back({now - stamp.emitted, stamp.emitted - stamp.due});
        }
        Settlements done;
        done.end_all(messages, n, is_stopping_ ? LEAT_ABANDON : LEAT_ACK);
    }
    void stop() override {
        is_stopping_ = true;
        const auto held = std::exchange(held_, {});
        Settlements gone;
        gone.end_each(held.size(), LEAT_ABANDON, LEAT_NONE, [&](size_t i) { return held[i]; });
        gone.flush();
        write();
        stopped();
    }

  private:
    static constexpr size_t kMostRecorded = 1u << 17;

    void write() const {
        if (options_.record.empty()) return;
        std::FILE* file = std::fopen(options_.record.c_str(), "wb");
        if (!file) return;
        std::fwrite(delays_.data(), sizeof(Delay), delays_.size(), file);
        std::fclose(file);
    }

    SinkOptions options_;
    std::vector<Delay> delays_;
    std::vector<Settlements::Ended> held_;
    bool is_stopping_ = false;
};

class Pulse : public leat::Backend {
  public:
    using SourceOptions = ::SourceOptions;
    using SinkOptions = ::SinkOptions;
    static auto options() { return leat::options(); }
    std::unique_ptr<leat::Source> source(const Setup&, const SourceOptions& o) {
        return std::make_unique<PulseSource>(o);
    }
    std::unique_ptr<leat::Sink> sink(const Setup&, Part*, const SinkOptions& o) {
        return std::make_unique<PulseSink>(o);
    }
};

}  // namespace

LEAT_BACKEND(Pulse, "pulse", "1.0.0", "Sends times, and measures how old they are.")
