// From a source's watermark to what the broker is told: cumulative acknowledgements, and single refusals.
//
//   Tags tags;
//   tags.open(window.next());            // a new channel: its first delivery has tag 1
//   tags.refuse(sequence);               // told by basic.nack, so no basic.ack may name it
//   if (auto tag = tags.advance(window.watermark())) ack(tag, multiple);
//
// A cumulative acknowledgement must name a delivery that is still open: RabbitMQ closes the channel otherwise, and
// tag 0 would acknowledge everything. On the shard.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace leat::rabbitmq {

class Tags {
  public:
    /// first  sequence number of the delivery with tag 1; what was before is of another channel.
    void open(std::uint64_t first) {
        first_ = first;
        acknowledged_ = first;
        refused_.clear();
    }

    [[nodiscard]] std::uint64_t tag_of(std::uint64_t sequence) const { return sequence - first_ + 1; }
    [[nodiscard]] bool is_ours(std::uint64_t sequence) const { return sequence >= first_; }

    /// This one is refused on its own. Once for each.
    void refuse(std::uint64_t sequence) {
        refused_.insert(std::lower_bound(refused_.begin(), refused_.end(), sequence), sequence);
    }

    /// All below the watermark are settled: the tag that acknowledges those that were not refused; 0: nothing to
    /// tell.
    [[nodiscard]] std::uint64_t advance(std::uint64_t watermark) {
        if (watermark <= acknowledged_) return 0;
        const auto end = std::lower_bound(refused_.begin(), refused_.end(), watermark);
        std::uint64_t last = watermark;  // behind the one to be named
        for (auto at = end; at != refused_.begin() && *(at - 1) == last - 1; --at) --last;
        refused_.erase(refused_.begin(), end);
        const std::uint64_t tag = last > acknowledged_ ? tag_of(last - 1) : 0;
        acknowledged_ = watermark;
        return tag;
    }

  private:
    std::uint64_t first_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::vector<std::uint64_t> refused_;  // sorted; few
};

}  // namespace leat::rabbitmq
