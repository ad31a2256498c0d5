// Where messages of a route come from, as the test program sees it: what is sent, and every settlement of it.
//
//   feed.send(numbered("c1", 1, 100));
//   eventually([&] { return feed.settled() == 100; });
//   CHECK(feed.times_settled(7) == 1);
//
// The source `feed` of the plugin `probe` calls the lower half on its shard; one mutex guards it all.
#pragma once

#include <leat/sdk/flow/message.hpp>
#include <leat/sdk/services.hpp>

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "conformance/probe/sample.hpp"

namespace leat::test {

class Feed {
  public:
    struct Settled {
        std::uint32_t outcome;  ///< LEAT_ACK ...
        std::uint32_t code;
        std::string reason;
    };

    void send(const std::vector<Sample>& samples) {
        const std::lock_guard lock(mutex_);
        waiting_.insert(waiting_.end(), samples.begin(), samples.end());
        if (services_.host != nullptr) services_.post(wake_, source_);
    }
    /** Those with at least one settlement. */
    std::size_t settled() const {
        const std::lock_guard lock(mutex_);
        return ended_;
    }
    std::size_t sent() const {
        const std::lock_guard lock(mutex_);
        return outcomes_.size();
    }
    std::size_t unsent() const {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }
    /** The settlements of each message, in the order of sending. One for each, or somebody errs. */
    std::vector<std::vector<Settled>> outcomes() const {
        const std::lock_guard lock(mutex_);
        return outcomes_;
    }
    /** How many were first settled so. */
    std::size_t ended_as(std::uint32_t outcome) const {
        const std::lock_guard lock(mutex_);
        std::size_t n = 0;
        for (const auto& all : outcomes_) n += !all.empty() && all.front().outcome == outcome;
        return n;
    }
    /** Messages that were settled more than once. */
    std::size_t ended_twice() const {
        const std::lock_guard lock(mutex_);
        std::size_t n = 0;
        for (const auto& all : outcomes_) n += all.size() > 1;
        return n;
    }
    /** Buffers whose last reference has not gone. */
    std::int64_t live_buffers() const {
        const std::lock_guard lock(mutex_);
        return live_buffers_;
    }

    // The source's side.                                                                                    [shard]

    void attach(const Services& services, Services::Call wake, void* source) {
        const std::lock_guard lock(mutex_);
        services_ = services;
        wake_ = wake;
        source_ = source;
    }
    void detach() {
        const std::lock_guard lock(mutex_);
        services_ = {};
    }
    /** The next to send and its number, from 0; false: none. */
    bool next(Sample& sample, std::uint64_t& number) {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) return false;
        sample = std::move(waiting_.front());
        waiting_.pop_front();
        number = outcomes_.size();
        outcomes_.emplace_back();
        ++live_buffers_;
        return true;
    }
    /** True: the first settlement of that message. */
    bool ended(std::uint64_t number, Settled&& settled) {
        const std::lock_guard lock(mutex_);
        auto& all = outcomes_.at(number);
        all.push_back(std::move(settled));
        ended_ += all.size() == 1;
        return all.size() == 1;
    }
    void buffer_gone() {
        const std::lock_guard lock(mutex_);
        --live_buffers_;
    }

  private:
    mutable std::mutex mutex_;
    std::deque<Sample> waiting_;
    std::vector<std::vector<Settled>> outcomes_;
    std::size_t ended_ = 0;
    std::int64_t live_buffers_ = 0;
    Services services_;
    Services::Call wake_ = nullptr;
    void* source_ = nullptr;
};

}  // namespace leat::test
