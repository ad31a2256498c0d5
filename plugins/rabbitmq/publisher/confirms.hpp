// What was published on a channel and not confirmed: in order, found by the broker's delivery tags.
//
//   Confirms<Job> sent;
//   sent.add(job);                                                // the broker's tag 1, 2, ...
//   sent.end(tag, multiple, [](Job& job, const std::string* returned) { ...confirmed, or returned... });
//   sent.give_back([](Job& job) { ...unconfirmed, in order... });  // the channel is gone
//
// A ring; tags that are unknown or ended already are ignored. On one thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace leat::rabbitmq {

template <class Job>
class Confirms {
  public:
    [[nodiscard]] std::uint64_t size() const { return next_ - first_ - ended_; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    /// The tag that the next one will have.
    [[nodiscard]] std::uint64_t next_tag() const { return next_; }

    void add(const Job& job) {  // hot: per message
        if (next_ - first_ == slots_.size()) grow();
        Slot& slot = at(next_++);
        slot.job = job;
        slot.is_ended = false;
        slot.returned.clear();
    }

    /// The broker could not route this one; its confirmation is still to come. why: not empty.
    void returned(std::uint64_t tag, std::string&& why) {
        if (tag >= first_ && tag < next_ && !at(tag).is_ended) at(tag).returned = std::move(why);
    }

    /// Ends one, or all up to the tag (0: all). told(job, returned): nullptr, or why it was returned.   // hot: per
    /// message
    template <class Told>
    void end(std::uint64_t tag, bool multiple, Told&& told) {
        if (tag == 0 && multiple) tag = next_ - 1;
        if (tag < first_ || tag >= next_) return;
        for (std::uint64_t t = multiple ? first_ : tag; t <= tag; ++t) {
            Slot& slot = at(t);
            if (std::exchange(slot.is_ended, true)) continue;
            ++ended_;
            told(slot.job, slot.returned.empty() ? nullptr : &slot.returned);
        }
        for (; first_ < next_ && at(first_).is_ended; ++first_) --ended_;
    }

    /// Hands back what is unconfirmed, in order; a new channel begins again with tag 1.
    template <class Back>
    void give_back(Back&& back) {
        for (std::uint64_t t = first_; t < next_; ++t) {
            if (!at(t).is_ended) back(at(t).job);
        }
        first_ = next_ = 1;
        ended_ = 0;
    }

  private:
    struct Slot {
        Job job{};
        bool is_ended = false;
        std::string returned{};
    };

    Slot& at(std::uint64_t tag) { return slots_[tag & (slots_.size() - 1)]; }
    void grow() {
        std::vector<Slot> larger(slots_.size() * 2);
        for (std::uint64_t t = first_; t < next_; ++t) larger[t & (larger.size() - 1)] = std::move(at(t));
        slots_.swap(larger);
    }

    std::vector<Slot> slots_ = std::vector<Slot>(256);
    std::uint64_t first_ = 1;
    std::uint64_t next_ = 1;
    std::uint64_t ended_ = 0;  // of those from first_ on
};

}  // namespace leat::rabbitmq
