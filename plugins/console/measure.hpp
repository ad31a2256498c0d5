// Reads the stamps that generate puts at the beginning of its payloads: counts them, checks their order, times them.
//
//     Measure measure(true);                    // true: keep how long each was on its way
//     measure.add(messages, n, now_ns);
//     measure.received() - measure.repeated();  // different messages
//
// Messages of a stream are numbered one by one. Several sinks may share a stream out: a gap is no loss to one of
// them, so that losses are told by who knows how many were sent. On the shard only.
#pragma once
#include <leat/plugin.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <unordered_map>
#include <vector>

namespace leat::console {

/// What a stamped payload begins with; the format is described beside the writer, in the plugin generate.
struct Stamp {
    static constexpr size_t kSize = 24;
    uint32_t stream;
    uint64_t number;
    int64_t due_ns;

    /// False: the payload bears none.
    bool read(const leat_bytes& payload) {  // hot: per message
        if (!payload.data || payload.size < kSize) return false;
        const auto* at = static_cast<const char*>(payload.data);
        if (std::memcmp(at, "LEAT", 4) != 0) return false;
        std::memcpy(&stream, at + 4, sizeof stream);
        std::memcpy(&number, at + 8, sizeof number);
        std::memcpy(&due_ns, at + 16, sizeof due_ns);
        return true;
    }
};

class Measure {
  public:
    static constexpr size_t kMostDelays = 1 << 24;

    explicit Measure(bool keeps_delays);

    void add(const leat_message* messages, size_t n, int64_t now_ns);

    uint64_t received() const { return received_; }
    uint64_t repeated() const { return repeated_; }  ///< of these, those that had come before
    uint64_t out_of_order() const {
        return out_of_order_;
    }  ///< behind a later one of their stream, for the first time
    uint64_t unstamped() const { return unstamped_; }
    int64_t first_ns() const { return first_ns_; }  ///< when the first came; 0: none has
    int64_t last_ns() const { return last_ns_; }
    const std::vector<int64_t>& delays() const { return delays_; }

  private:
    struct Stream {
        uint64_t next = 0;  // the one behind the highest that came
        bool has_begun = false;
        std::map<uint64_t, uint64_t> gaps;  // below next, and never seen: begin -> end
    };

    Stream& stream(uint32_t number);
    void jump(Stream& stream, uint64_t number);

    std::unordered_map<uint32_t, Stream> streams_;
    Stream* recent_ = nullptr;
    uint32_t recent_number_ = 0;
    uint64_t received_ = 0, repeated_ = 0, out_of_order_ = 0, unstamped_ = 0;
    int64_t first_ns_ = 0, last_ns_ = 0;
    bool keeps_delays_;
    std::vector<int64_t> delays_;
};

}  // namespace leat::console
