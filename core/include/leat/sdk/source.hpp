// A source emits by credit and hears what became of each message.
//
//     class Mine : public leat::Source {
//         void start() override { ...connect...; window_ = &open_window(); }
//         void resume() override { while (emitting() && window_->credit() && ...) emit(*window_, batch, n); }
//         void advanced(leat::InFlight& w) override { ...acknowledge everything below w.watermark()... }
//         void stop() override { ...close...; stopped_when_idle(); }
//     };
//
// The base counts the ledger, keeps messages until they are settled, emits again what came back with `retry`, and
// calls resume() in the turn after settlements. All calls on the shard.
#pragma once
#include <leat/sdk/flow/broken_rule.hpp>
#include <leat/sdk/flow/component.hpp>
#include <leat/sdk/flow/redelivery.hpp>
#include <leat/sdk/options.hpp>

#include <deque>
#include <memory>
#include <stdexcept>
#include <vector>

namespace leat {
inline namespace v1 {

class Source : public Component {
  public:
    Source() {
        frame_.hold = [](leat_component* c) {
            guarded(*owner(c), [](Component& o) { static_cast<Source&>(o).on_hold(); });
        };
        frame_.stop = [](leat_component* c) {
            guarded(*owner(c), [](Component& o) { static_cast<Source&>(o).on_stop(); });
        };
        frame_.flow = &flow_;
        flow_ = {};
        flow_.size = sizeof flow_;
        settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
            Source& source = *static_cast<SettlerFrame*>(s)->owner;
            guarded(source, [&](Component&) { n == 1 ? source.settle_alone(*batch) : source.settle(batch, n); });
        };
        settler_.owner = this;
    }

  protected:
    /// Emits what there is while emitting() and credit last. Called in a turn of its own: after settlements, after
    /// start() asked for it with wake(), when a backoff has ended.
    virtual void resume() = 0;
    /// The watermark of a window moved: acknowledge. Inside settle: must not emit. Once per batch of settlements.
    virtual void advanced(InFlight& window) = 0;
    /// One came back as reject; it is counted as returned and the watermark passes it. Tell the broker if it can be
    /// told.
    virtual void rejected(InFlight& window, uint64_t sequence, const leat_settlement& settlement) {
        (void)window, (void)sequence, (void)settlement;
    }
    /// The backoff of one that came back with retry has ended. True: the source will tell its broker to deliver it
    /// again, in advanced(), which follows; it is counted as returned and the watermark passes it. False: it is
    /// emitted again.
    virtual bool give_back(InFlight& /*window*/, uint64_t /*sequence*/) { return false; }
    /// The route drains: stop reading. Settlements go on.
    virtual void hold() {}

    /// Whether messages may be emitted: between start and hold.
    bool emitting() const { return emitting_; }
    /// Asks for resume() in the next turn.
    void wake() {
        if (is_waking_) return;
        is_waking_ = true;
        services().defer([](void* self) { static_cast<Source*>(self)->on_wake(); }, this);
    }

    /// A window for a new acknowledgement domain, with the limits of the route; owned by the source. by_confirmation,
    /// first: see InFlight.
    InFlight& open_window(bool by_confirmation = false, uint64_t first = 0) {
        if (windows_.size() == InFlight::kMostDomains) {
            throw std::length_error("a source has at most 1048576 acknowledgement domains (topics, partitions)");
        }
        windows_.push_back(std::make_unique<InFlight>(static_cast<uint32_t>(windows_.size()),
                                                      identity().max_in_flight, identity().max_in_flight_bytes,
                                                      by_confirmation, first));
        return *windows_.back();
    }
    /// The connection or assignment of a window ended: what is unsettled is stale from now on, counted as returned.
    void forget(InFlight& window) {
        const uint64_t lost = window.forget();
        flow_.returned += lost;
        flow_.settled += lost;
        recount(window);
        time_settled();
    }

    /// Pushes messages, at most LEAT_BATCH_MAX and no more than window.credit(). Fills in their receipts.   // hot
    void emit(InFlight& window, leat_message* batch, size_t n);

    /// Nothing more will be emitted until something is settled: what stages collect must be let go. emit() calls it
    /// where a window's credit ends; call it where a limit of your own does.
    void starved() { next_->signal(next_, LEAT_SIGNAL_FLUSH, 0); }

    /// Capacities of the source's live receive buffers, each once, in bytes: the larger of these and its messages'
    /// bytes is what it holds. Say it before emit(), and ask for credit by credit(window).
    void set_buffer_bytes(uint64_t bytes) {
        buffer_bytes_ = bytes;
        recount();
    }
    /// window.credit() with the receive buffers as set last.
    uint64_t credit(const InFlight& window) const { return window.credit(buffer_bytes_); }
    const leat_flow& flow() const { return flow_; }
    leat_inlet& next() { return *next_; }
    /// Everything emitted has been settled.
    bool is_idle() const { return flow_.emitted == flow_.settled; }
    /// Calls stopped() when everything emitted has been settled, here or later: the last step of stop().
    void stopped_when_idle() {
        if (is_idle()) return stopped();
        services().after(
            std::chrono::milliseconds(1), [](void* self) { static_cast<Source*>(self)->stopped_when_idle(); }, this);
    }
    const std::vector<std::unique_ptr<InFlight>>& windows() const { return windows_; }

    void on_start(leat_inlet* next) override {
        next_ = next;
        emitting_ = true;
        is_stopping_ = false;
        is_waking_ = false;  // what was deferred or timed before a stop has been cancelled
        retry_timer_ = 0;
        if (!latency_) {
            latency_ = services().host->histogram(services().me, "settlement",
                                                  "From receipt to settlement; the last message of each batch.");
        }
        start();
    }

  private:
    struct SettlerFrame : leat_settler {
        Source* owner;
    };
    struct Mark {  // the emission time of the last message of a batch
        uint64_t token;
        int64_t time_ns;
    };
    static constexpr int64_t kRetryFirst = 100'000'000, kRetryMost = 5'000'000'000;  // ns; doubled by attempt

    void on_hold() {
        emitting_ = false;
        hold();
        next_->signal(next_, LEAT_SIGNAL_FLUSH, 0);
    }
    // What waits for its backoff is given up with the rest; so is what comes back from now on.
    void on_stop() {
        emitting_ = false;
        is_stopping_ = true;
        for (auto& window : windows_) {
            const uint64_t n = window->abandon_retries();
            flow_.returned += n;
            flow_.settled += n;
        }
        stop();
    }
    void on_wake() {
        is_waking_ = false;
        emit_retries();
        if (next_) resume();
    }
    void settle(const leat_settlement* batch, size_t n);
    [[gnu::always_inline]] void settle_alone(const leat_settlement& s);
    void settle_one(InFlight& window, uint64_t sequence, const leat_settlement& s);
    [[gnu::always_inline]] void move_on(InFlight& window);
    bool is_settled(const Mark& mark) const;
    void time_settled();
    void stray(bool is_excused);
    void count(const leat_settlement& s);
    void emit_retries();
    void return_retries(InFlight& window, int64_t now);
    void recount();
    void recount(InFlight& window);
    void recount_bytes(InFlight& window);

    leat_flow flow_;
    SettlerFrame settler_;
    leat_inlet* next_ = nullptr;
    leat_histogram* latency_ = nullptr;
    std::vector<std::unique_ptr<InFlight>> windows_;
    std::deque<Mark> marks_;
    std::vector<InFlight*> touched_;
    InFlight* widest_ = nullptr;  // whose span is the largest
    uint64_t narrowed_ = 0;       // how often that one's shrank since it was looked for
    uint64_t bytes_ = 0;          // of the messages of all windows
    uint64_t buffer_bytes_ = 0;
    uint64_t retry_timer_ = 0;
    int64_t retry_due_ns_ = 0;
    bool emitting_ = false;
    bool is_waking_ = false;
    bool is_stopping_ = false;
};

inline void Source::emit(InFlight& window, leat_message* batch, size_t n) {
    if (n == 0) return;
    window.emit(&settler_, batch, n);
    flow_.emitted += n;
    if (marks_.size() < 4096) marks_.push_back({batch[n - 1].receipt.token, services().host->now_ns()});
    recount(window);
    next_->push(next_, batch, n);
    if (credit(window) == 0 && emitting_) starved();
}

inline void Source::settle(const leat_settlement* batch, size_t n) {
    InFlight* touched = nullptr;  // the last one; mostly there is no other
    for (size_t i = 0; i < n;) {  // hot: per run
        const uint64_t domain = batch[i].token >> InFlight::kDomainShift;
        if (domain >= windows_.size()) {
            stray(false);
            ++i;
            continue;
        }
        InFlight& window = *windows_[domain];
        if (touched && touched != &window) touched_.push_back(touched);
        touched = &window;
        const uint64_t sequence = window.sequence_of(batch[i].token);
        const size_t run = plain_run(batch + i, std::min(n - i, InFlight::left_of_domain(batch[i].token)));
        if (run > 0 && window.finish(sequence, run)) {
            flow_.settled += run;
            flow_.landed += run;
            i += run;
            continue;
        }
        for (const size_t end = i + std::max<size_t>(run, 1); i < end; ++i) {
            settle_one(window, window.sequence_of(batch[i].token), batch[i]);
        }
    }
    time_settled();
    for (size_t i = 0; i < touched_.size(); ++i) {
        InFlight& window = *touched_[i];
        const auto before = touched_.begin() + static_cast<std::ptrdiff_t>(i);
        if (&window != touched && std::find(touched_.begin(), before, &window) == before) move_on(window);
    }
    touched_.clear();
    if (touched) move_on(*touched);
    wake();
}

// The same for one that comes alone, as those of a sink that lands one after the other do.   // hot: per message
inline void Source::settle_alone(const leat_settlement& s) {
    const uint64_t domain = s.token >> InFlight::kDomainShift;
    if (domain >= windows_.size()) return stray(false);
    InFlight& window = *windows_[domain];
    const bool is_plain = (s.outcome | s.code) == 0;
    if (!is_plain || !window.finish(window.sequence_of(s.token), 1)) [[unlikely]]
        return settle(&s, 1);
    ++flow_.settled;
    ++flow_.landed;
    if (!marks_.empty() && s.token == marks_.front().token) [[unlikely]]
        time_settled();
    move_on(window);
    wake();
}

inline void Source::move_on(InFlight& window) {
    advanced(window);  // before the messages' bytes go: the source may still look at them
    window.release_below(window.watermark());
    recount(window);
}

inline bool Source::is_settled(const Mark& mark) const {
    const InFlight& window = *windows_[mark.token >> InFlight::kDomainShift];
    return window.is_settled(window.sequence_of(mark.token));
}

// The first of the marks may have been settled. (The clock takes as long as a settlement.)
inline void Source::time_settled() {
    if (marks_.empty() || !is_settled(marks_.front())) return;
    const int64_t now = services().host->now_ns();
    while (!marks_.empty() && is_settled(marks_.front())) {
        services().host->histogram_record(latency_, now - marks_.front().time_ns, 1);
        marks_.pop_front();
    }
}

inline void Source::settle_one(InFlight& window, uint64_t sequence, const leat_settlement& s) {
    if (!window.is_open(sequence)) return stray(window.is_forgotten(sequence));
    switch (s.outcome) {
        case LEAT_ACK:
            window.finish(sequence);
            count(s);
            return;
        case LEAT_REJECT:
            window.finish(sequence);
            ++flow_.returned;
            ++flow_.settled;
            rejected(window, sequence, s);
            return;
        case LEAT_ABANDON:  // left unacknowledged: the watermark stays below it until forget()
            window.abandon(sequence);
            ++flow_.returned;
            ++flow_.settled;
            return;
        default: {
            if (is_stopping_) {
                window.abandon(sequence);
                ++flow_.returned;
                ++flow_.settled;
                return;
            }
            const uint32_t attempt = std::min(window.kept(sequence).attempt, 16u);
            const int64_t asked = s.detail ? s.detail->retry_after_ns : 0;
            const int64_t delay = std::max(asked, std::min(kRetryFirst << attempt, kRetryMost));
            window.keep_for_retry(services(), sequence, services().host->now_ns() + delay);
            ++flow_.retried;
        }
    }
}

// A settlement of no message in flight: legal where its connection has ended.
inline void Source::stray(bool is_excused) {
    if (flow_.stale++ == 0) {
        services().log_warning(is_excused ? "an outcome came for a message of a connection that has ended; ignored"
                                          : "a message was settled twice; the second outcome is ignored");
    }
    if (!is_excused) settled_twice();
}

inline void Source::count(const leat_settlement& s) {
    ++flow_.settled;
    switch (s.code) {
        case LEAT_DROPPED:
            ++flow_.filtered;
            break;
        case LEAT_DISCARDED:
            ++flow_.discarded;
            break;
        case LEAT_DEAD_LETTERED:
            ++flow_.dead_lettered;
            break;
        default:
            ++flow_.landed;
    }
}

inline void Source::recount() {
    widest_ = nullptr;
    flow_.span = 0;
    for (const auto& window : windows_) {
        recount_bytes(*window);
        if (window->span() >= flow_.span) flow_.span = (widest_ = window.get())->span();
    }
    flow_.bytes = std::max(bytes_, buffer_bytes_);
    narrowed_ = 0;
}

// The same after one window has changed. A source of thousands of windows looks for the widest only now and then.
inline void Source::recount(InFlight& window) {
    if (window.bytes() != window.counted_) {
        recount_bytes(window);
        flow_.bytes = std::max(bytes_, buffer_bytes_);
    }
    const uint64_t span = window.span();
    if (span >= flow_.span || windows_.size() == 1) {
        flow_.span = span;
        widest_ = &window;
    } else if (&window == widest_ && ++narrowed_ > windows_.size() / 64) {
        recount();
    }
}

inline void Source::recount_bytes(InFlight& window) {
    bytes_ += window.bytes() - window.counted_;
    window.counted_ = window.bytes();
}

}  // namespace v1
}  // namespace leat

#include <leat/sdk/source_retries.hpp>
