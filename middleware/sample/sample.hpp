// One of n messages, or a fraction of them; the others end here.
#pragma once
#include <leat/sdk/stage.hpp>

#include <cmath>
#include <optional>
#include <random>
#include <stdexcept>

#include "holding/id_table.hpp"
#include "holding/sift.hpp"

namespace leat::sample {

class Sample : public Stage {
  public:
    std::optional<uint32_t> every;
    std::optional<double> fraction;
    Template key;
    uint32_t keys = 100'000;
    std::optional<uint64_t> seed;

    static auto options() {
        return leat::options(
            option<&Sample::every>("every", "Passes the first of so many messages; of each key, where key is given.")
                .range(1, 1e9)
                .example("10"),
            option<&Sample::fraction>("fraction",
                                      "Passes this part of the messages, 0 to 1, by chance; where key is given, all "
                                      "messages of this part of the keys, the same in every run with the same seed.")
                .range(0, 1),
            option<&Sample::key>("key", "Counts or chooses by this key instead of by message.").example("\"${key}\""),
            option<&Sample::keys>("keys",
                                  "With every and key: how many keys are counted at most; the one not seen for "
                                  "longest is forgotten.")
                .range(1, 1e8)
                .advanced(),
            option<&Sample::seed>("seed", "With fraction: begins the chance here, so that it repeats itself.")
                .advanced());
    }

    void open() override {
        if (every.has_value() == fraction.has_value()) {
            throw std::invalid_argument("sample needs either \"every\" or \"fraction\"");
        }
        random_.seed(seed.value_or((uint64_t{std::random_device()()} << 32) | std::random_device()()));
        if (fraction) limit_ = static_cast<uint64_t>(std::ldexp(*fraction, 63));
        fingerprints_ = holding::Fingerprints(seed ? holding::Id{*seed, 0} : holding::Id{});
    }

    void push(Batch& batch) override {
        size_t n = 0;
        leat_message* all = batch.all(n);
        pass(all, holding::sift(*this, all, n, [&](leat_message& m, holding::Why& why) {  // hot: per message
                 holding::Id id;
                 if (key) {
                     const Template::Result text = key(m);
                     if (!text.ok) return why.text = text.text, holding::Verdict::reject;
                     id = fingerprints_.text(view(text.text));
                 }
                 return is_chosen(id) ? holding::Verdict::pass : holding::Verdict::drop;
             }));
    }

  private:
    bool is_chosen(holding::Id id) {
        if (fraction) return (key ? id.low : random_()) >> 1 < limit_;
        if (!key) return counted(count_);
        uint32_t at = counts_.find(id);
        if (at == counts_.kNone) {
            if (counts_.size() >= keys) counts_.erase(counts_.oldest());
            at = counts_.insert(id);
            counts_.value(at) = 0;
        }
        counts_.touch(at);
        return counted(counts_.value(at));
    }
    bool counted(uint32_t& count) const {
        const bool is_first = count == 0;
        if (++count == *every) count = 0;
        return is_first;
    }

    uint64_t limit_ = 0;  // of 2^63
    uint32_t count_ = 0;
    std::mt19937_64 random_;
    holding::Fingerprints fingerprints_;
    holding::IdTable<uint32_t> counts_;
};

}  // namespace leat::sample
