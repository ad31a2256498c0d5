#include "bench/measure/bare_route.hpp"

#include "bench/measure/bare_parts.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace leat::bench {
namespace {

struct Inlet {
    void (*push)(Inlet*, Message*, size_t);
};

// Which of the emitted have landed: a bit for each in flight, and the watermark below which all have.
class Window : public Settler {
  public:
    Window() : Settler{&Window::settled} {}

    void emit(Message* batch, size_t n, Inlet* to) {  // hot: per message
        for (size_t i = 0; i < n; ++i) {
            batch[i].settler = this;
            batch[i].token = next_ + i;
        }
        next_ += n;
        to->push(to, batch, n);
    }
    uint64_t watermark() const { return watermark_; }

  private:
    static constexpr size_t kWords = 4096 / 64;

    static void settled(Settler* self, const Settlement* done, size_t n) {  // hot: per message
        auto& window = *static_cast<Window*>(self);
        for (size_t i = 0; i < n; ++i) {
            const uint64_t token = done[i].token;
            if (done[i].outcome == 0) window.bits_[token / 64 % kWords] |= uint64_t{1} << token % 64;
        }
        for (;;) {
            uint64_t& word = window.bits_[window.watermark_ / 64 % kWords];
            const uint64_t bit = uint64_t{1} << window.watermark_ % 64;
            if (bit == 1 && word == ~uint64_t{0}) {
                word = 0;
                window.watermark_ += 64;
            } else if (word & bit) {
                word &= ~bit;
                ++window.watermark_;
            } else {
                return;
            }
        }
    }

    uint64_t next_ = 0, watermark_ = 0;
    std::array<uint64_t, kWords> bits_{};
};

// All of a batch have landed.
void acknowledge(const Message* batch, size_t n) {  // hot: per message
    Settlement done[kBatch];
    for (size_t i = 0; i < n; ++i) done[i] = {batch[i].token, 0, 0, nullptr};
    batch[0].settler->settle(batch[0].settler, done, n);
}

struct Look : Inlet {
    Inlet* next = nullptr;
    Look() : Inlet{&Look::look} {}
    static void look(Inlet* self, Message* batch, size_t n) {  // hot: per message
        for (size_t i = 0; i < n; ++i) batch[i].attempt += static_cast<uint32_t>(batch[i].payload[0] & 1);
        auto* const next = static_cast<Look*>(self)->next;
        next->push(next, batch, n);
    }
};

// A topic: a ring that batches are copied into.
struct Store : Inlet {
    Ring ring;
    uint64_t blocks = 0;
    Store(size_t payload, uint64_t kept) : Inlet{&Store::store}, ring(kept ? Ring(payload, kept) : Ring(payload)) {}
    static void store(Inlet* self, Message* batch, size_t n) {  // hot: per message
        auto& mine = *static_cast<Store*>(self);
        mine.ring.copy(batch, n, mine.blocks++);
        acknowledge(batch, n);
    }
};

// Looks at each number.
struct Count : Inlet {
    uint64_t seen = 0;
    Count() : Inlet{&Count::count} {}
    static void count(Inlet* self, Message* batch, size_t n) {  // hot: per message
        auto& mine = *static_cast<Count*>(self);
        uint64_t good = 0;
        for (size_t i = 0; i < n; ++i) good += number_of(batch[i].payload) == mine.seen + i ? 1 : 0;
        mine.seen += good;
        acknowledge(batch, n);
    }
};

// From the maker or a topic, through stages, into a topic or to the end.
struct Hop {
    Window window;
    std::vector<std::unique_ptr<Look>> stages;
    Inlet* first = nullptr;
    Store* from = nullptr;

    void lead(size_t count, Inlet* to) {
        first = to;
        for (size_t i = 0; i < count; ++i) {
            auto stage = std::make_unique<Look>();
            stage->next = first;
            first = stage.get();
            stages.push_back(std::move(stage));
        }
    }
};

// One route with all its hops.
class Prototype {
  public:
    Prototype(const BareRoute& what, uint64_t messages)
        : maker_(what.payload), messages_(messages), batch_(what.batch), reads_(what.reads) {
        for (size_t i = 0; i < what.topics; ++i) {
            topics_.push_back(std::make_unique<Store>(what.payload, what.keeps ? messages : 0));
        }
        const size_t hops = what.topics + (what.reads ? 1 : 0);
        for (size_t i = 0; i < hops; ++i) {
            auto hop = std::make_unique<Hop>();
            if (i > 0) hop->from = topics_[i - 1].get();
            hop->lead(i == std::min<size_t>(what.topics, 1) ? what.stages : 0,
                      i < what.topics ? static_cast<Inlet*>(topics_[i].get()) : &end_);
            hops_.push_back(std::move(hop));
        }
    }

    /// Moves one batch from end to end. False: all have moved.
    bool step() {  // hot: per batch
        if (done_ == messages_) return false;
        const size_t n = std::min<uint64_t>(batch_, messages_ - done_);
        hops_[0]->window.emit(maker_.make(n, done_, 0), n, hops_[0]->first);
        Message emitted[kBatch];
        for (size_t i = 1; i < hops_.size(); ++i) {
            std::copy_n(hops_[i]->from->ring.block(block_), n, emitted);
            hops_[i]->window.emit(emitted, n, hops_[i]->first);
        }
        done_ += n;
        ++block_;
        return true;
    }

    uint64_t moved() const {
        uint64_t least = reads_ ? end_.seen : messages_;
        for (const auto& hop : hops_) least = std::min(least, hop->window.watermark());
        return least;
    }

  private:
    Maker maker_;
    uint64_t messages_, done_ = 0, block_ = 0;
    size_t batch_;
    bool reads_;
    Count end_;
    std::vector<std::unique_ptr<Store>> topics_;
    std::vector<std::unique_ptr<Hop>> hops_;
};

using Prototypes = std::vector<std::unique_ptr<Prototype>>;

Prototypes prototypes(const BareRoute& what) {
    Prototypes all;
    for (size_t i = 0; i < what.routes; ++i) {
        all.push_back(std::make_unique<Prototype>(what, what.messages / what.threads / what.routes));
    }
    return all;
}

void turn(Prototypes& routes) {
    for (bool goes_on = true; goes_on;) {
        goes_on = false;
        for (const auto& route : routes) goes_on |= route->step();
    }
}

void route_all(const BareRoute& what, Run& run) {
    std::vector<Prototypes> all(what.threads);
    for (Prototypes& each : all) each = prototypes(what);
    run.start();
    std::vector<std::thread> threads;
    for (size_t i = 1; i < all.size(); ++i) threads.emplace_back([&all, i] { turn(all[i]); });
    turn(all[0]);
    for (std::thread& thread : threads) thread.join();
    for (const Prototypes& each : all) {
        for (const auto& route : each) run.moved += route->moved();
    }
}

}  // namespace

Sample bare_route(const BareRoute& what) {
    if (!what.reads && what.topics == 0) throw std::logic_error("nothing takes what is made");
    return rate(run_apart([&](Run& run) { route_all(what, run); }),
                what.messages / what.threads / what.routes * what.routes * what.threads);
}

}  // namespace leat::bench
