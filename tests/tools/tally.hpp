// What a collecting program has seen, and when it may stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "support/record.hpp"

namespace leat::test {

/** Writes down each arrival and counts the ids seen. [one thread] */
class Tally {
  public:
    /**
     * record    file of the records
     * expect    distinct ids after which it is complete; 0: never
     * idle      complete also when nothing arrived for so long, once something had
     */
    Tally(const std::string& record, std::uint64_t expect, std::chrono::duration<double> idle)
        : writer_(record), expect_(expect), idle_(idle), last_arrival_(Clock::now()) {}

    void add(const Record& record) {  // hot: per message
        writer_.add(record);
        ++arrivals_;
        faults_ += record.faults != kNoFault;
        if (record.id >= seen_.size()) seen_.resize(record.id * 2 + 1024);
        distinct_ += seen_[record.id] == 0 && record.id != 0;
        seen_[record.id] = 1;
        moved_ = true;
    }

    /** After each batch: makes its records visible. */
    void flush() {
        if (moved_) last_arrival_ = Clock::now();
        moved_ = false;
        writer_.flush();
    }

    bool has_expected() const { return expect_ != 0 && distinct_ >= expect_; }
    bool is_idle() const { return idle_.count() > 0 && Clock::now() - last_arrival_ > idle_; }

    /** `arrived 300120, distinct 300000, faults 0` */
    std::string summary() const {
        return "arrived " + std::to_string(arrivals_) + ", distinct " + std::to_string(distinct_) + ", faults " +
               std::to_string(faults_);
    }

  private:
    using Clock = std::chrono::steady_clock;

    RecordWriter writer_;
    std::uint64_t expect_;
    std::chrono::duration<double> idle_;
    Clock::time_point last_arrival_;
    std::vector<char> seen_;
    std::uint64_t arrivals_ = 0;
    std::uint64_t distinct_ = 0;
    std::uint64_t faults_ = 0;
    bool moved_ = false;
};

}  // namespace leat::test
