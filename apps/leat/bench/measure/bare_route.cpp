#include "bench/measure/bare_route.hpp"

#include "bench/measure/bare_parts.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
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
    explicit Store(size_t payload) : Inlet{&Store::store}, ring(payload) {}
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

void route_all(const BareRoute& what, Run& run) {
    Maker maker(what.payload);
    Count end;
    std::vector<std::unique_ptr<Store>> topics;
    for (size_t i = 0; i < what.topics; ++i) topics.push_back(std::make_unique<Store>(what.payload));
    const size_t hops = what.topics + (what.reads ? 1 : 0);
    std::vector<std::unique_ptr<Hop>> all;
    for (size_t i = 0; i < hops; ++i) {
        auto hop = std::make_unique<Hop>();
        if (i > 0) hop->from = topics[i - 1].get();
        hop->lead(i == std::min<size_t>(what.topics, 1) ? what.stages : 0,
                  i < what.topics ? static_cast<Inlet*>(topics[i].get()) : &end);
        all.push_back(std::move(hop));
    }
    Message emitted[kBatch];
    run.start();
    for (uint64_t done = 0, block = 0; done < what.messages; ++block) {
        const size_t n = std::min<uint64_t>(what.batch, what.messages - done);
        all[0]->window.emit(maker.make(n, done, 0), n, all[0]->first);
        for (size_t i = 1; i < hops; ++i) {
            std::copy_n(all[i]->from->ring.block(block), n, emitted);
            all[i]->window.emit(emitted, n, all[i]->first);
        }
        done += n;
    }
    run.moved = what.reads ? end.seen : what.messages;
    for (const auto& hop : all) run.moved = std::min(run.moved, hop->window.watermark());
}

}  // namespace

Sample bare_route(const BareRoute& what) {
    if (!what.reads && what.topics == 0) throw std::logic_error("nothing takes what is made");
    return rate(run_apart([&](Run& run) { route_all(what, run); }), what.messages);
}

}  // namespace leat::bench
