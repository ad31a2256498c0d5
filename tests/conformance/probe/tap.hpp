// Where messages of a route end, as the test program sees it: what arrived, and what each arrival is answered.
//
//   tap.answer([](const Arrival& a) { return number_of(a) == 7 ? Answer::retry : Answer::ack; });
//   eventually([&] { return tap.count() == 100; });
//   tap.settle_held(Answer::ack);
//
// The stage `tap` of the plugin `probe` calls take() and the like on its shard; everything else is for the test's
// thread. One mutex guards it all: a probe may be slow.
#pragma once

#include <leat/sdk/flow/message.hpp>
#include <leat/sdk/services.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "conformance/probe/sample.hpp"

namespace leat::test {

/** What becomes of an arrival: an outcome at once, or nothing until the test says so. */
enum class Answer : std::uint32_t { ack = LEAT_ACK, reject = LEAT_REJECT, retry = LEAT_RETRY, hold = 100 };

class Tap {
  public:
    /** Decides over each arrival, on the shard; by default all are acknowledged. */
    void answer(std::function<Answer(const Arrival&)> decide) {
        const std::lock_guard lock(mutex_);
        decide_ = std::move(decide);
    }
    /** What is held is acknowledged whenever the source says that its credit is used up. */
    void let_go_when_starved() {
        const std::lock_guard lock(mutex_);
        lets_go_ = true;
    }
    /** Settles what is held now. */
    void settle_held(Answer outcome) {
        const std::lock_guard lock(mutex_);
        wanted_ = outcome;
        if (services_.host != nullptr) services_.post(settle_, stage_);
    }

    std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return arrivals_.size();
    }
    std::vector<Arrival> arrivals() const {
        const std::lock_guard lock(mutex_);
        return arrivals_;
    }
    /** How many different numbers have arrived. */
    std::size_t distinct() const {
        const std::lock_guard lock(mutex_);
        return distinct_;
    }
    /** Forgets the arrivals' bodies and what was counted. */
    void clear() {
        const std::lock_guard lock(mutex_);
        arrivals_.clear();
        seen_.clear();
        distinct_ = 0;
        peak_held_ = held_;
        peak_held_bytes_ = held_bytes_;
    }
    /** Keeps no payloads from now on: for long runs. */
    void count_only() {
        const std::lock_guard lock(mutex_);
        keeps_payloads_ = false;
    }
    std::size_t held() const {
        const std::lock_guard lock(mutex_);
        return held_;
    }
    std::size_t peak_held() const {
        const std::lock_guard lock(mutex_);
        return peak_held_;
    }
    std::size_t peak_held_bytes() const {
        const std::lock_guard lock(mutex_);
        return peak_held_bytes_;
    }
    std::size_t settled() const {
        const std::lock_guard lock(mutex_);
        return settled_;
    }

    // The stage's side.                                                                                     [shard]

    void attach(const Services& services, Services::Call settle, void* stage) {
        const std::lock_guard lock(mutex_);
        services_ = services;
        settle_ = settle;
        stage_ = stage;
    }
    void detach() {
        const std::lock_guard lock(mutex_);
        services_ = {};
    }
    Answer take(Arrival&& arrival, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        const Answer answer = decide_ ? decide_(arrival) : Answer::ack;
        const std::uint64_t number = number_of(arrival);
        if (number >= seen_.size()) seen_.resize(number * 2 + 64);
        distinct_ += number != 0 && !seen_[number];
        seen_[number] = true;
        if (!keeps_payloads_) {
            arrival.payload.reset();  // an assignment would keep its memory
            arrival.payload = "n" + std::to_string(number);
        }
        arrivals_.push_back(std::move(arrival));
        ++held_;
        held_bytes_ += bytes;
        peak_held_ = std::max(peak_held_, held_);
        peak_held_bytes_ = std::max(peak_held_bytes_, held_bytes_);
        return answer;
    }
    /** Before its receipt is settled. */
    void let_go(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        --held_;
        held_bytes_ -= bytes;
        ++settled_;
    }
    Answer wanted() const {
        const std::lock_guard lock(mutex_);
        return wanted_;
    }
    bool lets_go() const {
        const std::lock_guard lock(mutex_);
        return lets_go_;
    }

  private:
    mutable std::mutex mutex_;
    std::function<Answer(const Arrival&)> decide_;
    std::vector<Arrival> arrivals_;
    std::vector<bool> seen_;
    std::size_t distinct_ = 0;
    std::size_t held_ = 0, peak_held_ = 0;
    std::size_t held_bytes_ = 0, peak_held_bytes_ = 0;
    std::size_t settled_ = 0;
    Answer wanted_ = Answer::ack;
    bool lets_go_ = false;
    bool keeps_payloads_ = true;
    Services services_;
    Services::Call settle_ = nullptr;
    void* stage_ = nullptr;
};

}  // namespace leat::test
