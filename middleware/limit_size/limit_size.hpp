// Payloads up to a size; larger ones are rejected, cut or dropped.
#pragma once
#include <leat/sdk/stage.hpp>

#include <string>

#include "holding/sift.hpp"

namespace leat::limit_size {

enum class Larger { reject, truncate, drop };

class LimitSize : public Stage {
  public:
    Size max{1 << 20};
    Larger larger = Larger::reject;
    bool text = false;

    static auto options() {
        return leat::options(
            option<&LimitSize::max>("max", "The largest payload that passes.").example("\"64KiB\""),
            option<&LimitSize::larger>("larger",
                                       "What becomes of a larger one: reject (to the route's failure policy), "
                                       "truncate (cut to max) or drop (acknowledged, counted as filtered).")
                .allowed({"reject", "truncate", "drop"}),
            option<&LimitSize::text>("text", "With truncate: the payload is UTF-8; no letter is cut in two."));
    }

    void open() override {
        cut_ = services().host->counter(services().me, LEAT_COUNTER, "truncated", "Payloads that were cut.");
    }

    void push(Batch& batch) override {
        size_t n = 0;
        uint64_t cut = 0;
        leat_message* all = batch.all(n);
        const size_t left = holding::sift(*this, all, n, [&](leat_message& m, holding::Why& why) {
            if (m.payload.size <= max.bytes) return holding::Verdict::pass;  // hot: per message
            if (larger == Larger::drop) return holding::Verdict::drop;
            if (larger == Larger::truncate) {
                m.payload.size = cut_at(m.payload);
                ++cut;
                return holding::Verdict::pass;
            }
            why_ = "the payload has " + std::to_string(m.payload.size) + " bytes; the limit is " +
                   std::to_string(max.bytes);
            why.text = bytes(why_);
            return holding::Verdict::reject;
        });
        if (cut) services().host->counter_add(cut_, cut);
        pass(all, left);
    }

  private:
    // Before a letter of UTF-8 that would not be whole; in what is no UTF-8 at most three bytes earlier.
    size_t cut_at(leat_bytes payload) const {
        size_t size = max.bytes;
        const auto goes_on = [&](size_t i) { return (static_cast<unsigned char>(payload.data[i]) & 0xc0) == 0x80; };
        for (int back = 0; text && back < 3 && size > 0 && goes_on(size); ++back) --size;
        return size;
    }

    leat_counter* cut_ = nullptr;
    std::string why_;
};

}  // namespace leat::limit_size
