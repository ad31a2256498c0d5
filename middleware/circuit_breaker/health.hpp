// Whether what is below keeps failing: so many times in a row, or so often of the last ones.
//
//     Health health({.in_a_row = 5, .rate = 0.5, .window = 100});
//     if (health.failed()) open();          // health.why() says why
//     health.succeeded();
//
// One thread at a time.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace leat::circuit_breaker {

class Health {
  public:
    struct Limits {
        uint32_t in_a_row = 5;  // 0: does not matter
        double rate = 0;        // 0: does not matter
        uint32_t window = 100;  // of so many outcomes, when there were as many
    };
    Health() = default;
    explicit Health(Limits limits) : limits_(limits), last_(limits.rate > 0 ? limits.window : 0) {}

    void succeeded() {  // hot: per message
        in_a_row_ = 0;
        record(false);
    }
    /// True: a limit is reached.
    bool failed() {
        ++in_a_row_;
        record(true);
        return is_row() || is_rate();
    }
    /// Begins anew.
    void reset() { *this = Health(limits_); }
    std::string why() const {
        if (is_row()) return std::to_string(in_a_row_) + " failures in a row";
        return std::to_string(failures_) + " of the last " + std::to_string(last_.size()) + " failed";
    }

  private:
    bool is_row() const { return limits_.in_a_row && in_a_row_ >= limits_.in_a_row; }
    bool is_rate() const {
        return !last_.empty() && seen_ >= last_.size() &&
               static_cast<double>(failures_) >= limits_.rate * static_cast<double>(last_.size());
    }
    void record(bool failure) {
        if (last_.empty()) return;
        auto place = last_[seen_++ % last_.size()];
        failures_ += failure;
        failures_ -= place;
        place = failure;
    }

    Limits limits_;
    uint32_t in_a_row_ = 0;
    uint32_t failures_ = 0;  // among the last
    uint64_t seen_ = 0;
    std::vector<bool> last_;
};

}  // namespace leat::circuit_breaker
