// What a source has emitted and not finished: an AckWindow, the messages themselves, and those that came back with
// `retry` and are to be emitted again, in order, after a backoff.
//
//     InFlight window(0, 4096, 16 << 20);
//     if (window.credit()) window.emit(batch, n);   // Source::emit does this: stamps receipts, keeps a copy
//     ...                                            // Source::settle tells it outcomes and calls advanced()
//
// One for each acknowledgement domain (Kafka: partition, MQTT: session). Outlives the connections of its domain: at
// the end of one, forget() makes what is unsettled stale. On the shard only.
#pragma once
#include <leat/sdk/flow/ack_window.hpp>
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/flow/fifo.hpp>
#include <leat/sdk/flow/kept.hpp>
#include <leat/sdk/flow/numbered_ring.hpp>
#include <leat/sdk/flow/settle.hpp>
#include <leat/sdk/services.hpp>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace leat {
inline namespace v1 {

class InFlight {
  public:
    static constexpr unsigned kDomainShift = 44;  // token = domain << 44 | sequence number
    static constexpr uint64_t kMostDomains = uint64_t{1} << (64 - kDomainShift);
    static constexpr uint64_t kSequenceMask = (uint64_t{1} << kDomainShift) - 1;

    /// domain  number of this window within its source, below kMostDomains.
    /// by_confirmation  credit counts from confirm() (Kafka: a confirmed commit) instead of from the watermark.
    /// first  the first sequence number.
    InFlight(uint32_t domain, uint64_t max_messages, uint64_t max_bytes, bool by_confirmation = false,
             uint64_t first = 0)
        : domain_(domain),
          max_messages_(max_messages),
          max_bytes_(max_bytes),
          by_confirmation_(by_confirmation),
          window_(max_messages, first),
          kept_(first),
          released_(first),
          release_from_(first + 1),
          confirmed_(first),
          forgotten_(first) {}
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    ~InFlight() { release_below(window_.next()); }

    uint32_t domain() const { return domain_; }

    /// How many more messages may be emitted now. Bytes count, but one is admitted when nothing is in flight.
    /// buffer_bytes  capacities of the source's live receive buffers, each once: the larger of these and of the
    ///               messages' bytes counts, because one small message can pin a large buffer.
    uint64_t credit(uint64_t buffer_bytes = 0) const {
        if (!retries_.empty()) return 0;
        const uint64_t used = window_.next() - floor();
        const bool is_full = std::max(bytes_, buffer_bytes) >= max_bytes_;
        if (used == 0) return is_full ? 1 : max_messages_;
        if (used >= max_messages_ || is_full) return 0;
        return max_messages_ - used;
    }

    uint64_t next() const { return window_.next(); }            ///< sequence number of the next message
    uint64_t watermark() const { return window_.watermark(); }  ///< all below are settled
    uint64_t span() const { return window_.next() - floor(); }
    uint64_t bytes() const { return bytes_; }
    bool is_settled(uint64_t sequence) const { return window_.is_settled(sequence); }
    uint64_t max_messages() const { return max_messages_; }
    uint64_t max_bytes() const { return max_bytes_; }

    /// A message at or above the watermark, as it was emitted, without its receipt; its bytes are held until the
    /// watermark passes it.
    leat_message kept(uint64_t sequence) const { return kept_.at(sequence).message(); }
    /// Bytes of content of n messages from `sequence` on, at or above the watermark.
    uint64_t content_size(uint64_t sequence, uint64_t n) const {  // hot: per message
        uint64_t bytes = 0;
        for (; n > 0; --n) bytes += kept_.at(sequence++).content_size();
        return bytes;
    }

    /// With by_confirmation: everything below is safe at the broker.
    void confirm(uint64_t below) { confirmed_ = std::max(confirmed_, below); }

    /// Makes all that is unsettled stale (connection or assignment ended); returns how many those were, without the
    /// abandoned, which have been counted.
    uint64_t forget() {
        uint64_t unsettled = 0;
        for (uint64_t s = window_.watermark(); s < window_.next(); ++s) unsettled += window_.is_settled(s) ? 0 : 1;
        forgotten_ = window_.next();
        release_below(window_.next());
        window_.reset();
        confirmed_ = window_.next();
        retries_.clear();
        unsettled -= std::min<uint64_t>(unsettled, abandoned_.size());
        abandoned_.clear();
        return unsettled;
    }

    /// Whether something was given up at the stop of a route: renew the connection before emitting again.
    bool has_abandoned() const { return !abandoned_.empty(); }

  private:
    friend class Source;
    struct Retry {
        uint64_t sequence;
        int64_t due_ns;
    };
    // A batch whose messages share a buffer, or have none.
    struct Together {
        uint64_t first;  // its sequence numbers
        uint64_t end;
        uint64_t content;  // bytes
    };
    static constexpr size_t kLeastTogether = 16;  // a smaller batch is not worth the memory
    static constexpr size_t kLeastBatches = 16;   // of them in max_bytes: their bytes go late

    uint64_t floor() const { return by_confirmation_ ? confirmed_ : window_.watermark(); }

    // How many tokens from this one on are of its domain.
    static uint64_t left_of_domain(uint64_t token) { return (kSequenceMask & ~token) + 1; }
    // The sequence number of a token: the one that is nearest to the watermark.
    uint64_t sequence_of(uint64_t token) const {  // hot: per run
        constexpr unsigned kRest = 64 - kDomainShift;
        return window_.watermark() +
               static_cast<uint64_t>(static_cast<int64_t>((token - window_.watermark()) << kRest) >> kRest);
    }

    uint64_t token_of(uint64_t sequence) const {
        return uint64_t{domain_} << kDomainShift | (sequence & kSequenceMask);
    }

    // Stamps the receipts and keeps copies.   // hot: per message
    void emit(leat_settler* settler, leat_message* batch, size_t n) {
        // Where all is settled, the ring begins anew: the memory of the last messages is still in the cache.
        if (released_ == window_.next()) kept_.begin_anew(released_);
        const uint64_t sequence = window_.next();
        if (sequence + n - released_ > kept_.capacity()) make_room(n);
        Tally tally(batch[0]);
        for (size_t done = 0; done < n;) {
            const uint64_t token = token_of(sequence + done);
            leat_message* const messages = batch + done;
            const auto [kept, here] = kept_.row(sequence + done, std::min<uint64_t>(n - done, left_of_domain(token)));
            for (size_t i = 0; i < here; ++i) {
                leat_message& m = messages[i];
                m.receipt.settler = settler;
                m.receipt.token = token + i;
                kept[i].keep(m);
                tally.add(m);
            }
            done += here;
        }
        if (!tally.fits(batch, n)) throw std::length_error("a topic or a key of 4 GiB or more cannot be sent");
        window_.add(n);
        tally.retain(batch, n);
        bytes_ += tally.content_size();
        if (n < kLeastTogether || !tally.shares_buffer() || tally.content_size() > max_bytes_ / kLeastBatches) return;
        together_.push_back({sequence, sequence + n, tally.content_size()});
        release_from_ = next_release();
    }
    [[gnu::noinline]] void make_room(size_t n) {
        release_each(window_.watermark());
        const uint64_t needed = window_.next() + n - released_;
        if (needed > kept_.capacity()) kept_.grow(needed, released_, window_.next());
    }

    // Whether an outcome of it is still due.
    bool is_open(uint64_t sequence) const {
        return sequence - window_.watermark() < window_.next() - window_.watermark() &&
               !window_.is_settled(sequence) && !was_told(sequence);
    }
    // It came back with retry and waits, or was abandoned: a second settlement is ignored.
    bool was_told(uint64_t sequence) const {  // hot: per message
        return (!retries_.empty() || !abandoned_.empty()) && is_listed(sequence);
    }
    bool is_listed(uint64_t sequence) const {
        return std::binary_search(abandoned_.begin(), abandoned_.end(), sequence) || waits(sequence);
    }
    bool waits(uint64_t sequence) const {
        const auto at = first_retry_from(retries_.begin(), retries_.end(), sequence);
        return at != retries_.end() && at->sequence == sequence;
    }
    template <class Iterator>
    static Iterator first_retry_from(Iterator begin, Iterator end, uint64_t sequence) {
        return std::lower_bound(begin, end, sequence, [](const Retry& r, uint64_t s) { return r.sequence < s; });
    }

    // Its connection has ended, so a late settlement of it is legal.
    bool is_forgotten(uint64_t sequence) const { return sequence < forgotten_; }

    // Ends one; false when no outcome of it is due.   // hot: per message
    bool finish(uint64_t sequence) { return !was_told(sequence) && window_.settle(sequence); }

    // Ends n neighbours; false when no outcome of one of them is due: nothing was changed.   // hot: per run
    bool finish(uint64_t sequence, uint64_t n) {
        return retries_.empty() && abandoned_.empty() && window_.settle(sequence, n);
    }

    void abandon(uint64_t sequence) {
        abandoned_.insert(std::lower_bound(abandoned_.begin(), abandoned_.end(), sequence), sequence);
    }
    // Gives up what waits to be emitted again; returns how many those were.
    uint64_t abandon_retries() {
        for (const Retry& r : retries_) abandon(r.sequence);
        const uint64_t n = retries_.size();
        retries_.clear();
        return n;
    }

    // Lets go of what is kept below the watermark; of what was emitted together not before the watermark has passed
    // all of it, when nothing but its buffer has to be looked at.
    void release_below(uint64_t watermark) {  // hot: per message, where outcomes come one by one
        if (watermark >= release_from_) release(watermark);
    }
    [[gnu::noinline]] void release(uint64_t watermark) {  // hot: per batch
        for (; watermark >= release_from_; release_from_ = next_release()) {
            if (!begins_together()) {
                release_each(together_.empty() ? watermark : std::min(watermark, together_.front().first));
                continue;
            }
            const Together all = together_.front();
            together_.pop_front();
            bytes_ -= all.content;
            released_ = all.end;
            leat_buffer_release(kept_.at(all.first).buffer(), static_cast<uint32_t>(all.end - all.first));
        }
    }
    bool begins_together() const { return !together_.empty() && together_.front().first == released_; }
    // The watermark at which there is something to let go.
    uint64_t next_release() const { return begins_together() ? together_.front().end : released_ + 1; }

    // One by one, also what was emitted together.
    void release_each(uint64_t watermark) {  // hot: per message
        uint64_t content = 0;
        BufferRun run;
        while (released_ < watermark) {
            const auto [kept, here] = kept_.row(released_, watermark - released_);
            for (uint64_t i = 0; i < here; ++i) {
                content += kept[i].content_size();
                run.drop(kept[i].buffer());
            }
            released_ += here;
        }
        bytes_ -= content;
        while (!together_.empty() && together_.front().first < released_) together_.pop_front();
        release_from_ = next_release();
    }

    // Compacted: a small message that waits must not pin a large receive buffer.
    void keep_for_retry(Services services, uint64_t sequence, int64_t due_ns) {
        retries_.insert(first_retry_from(retries_.begin(), retries_.end(), sequence), {sequence, due_ns});
        leat_message again = kept(sequence);
        ++again.attempt;
        compact(services, again);
        kept_.at(sequence).keep(again);
        together_.clear();  // its buffer is another one now
        release_from_ = next_release();
    }

    uint32_t domain_;
    uint64_t max_messages_;
    uint64_t max_bytes_;
    bool by_confirmation_;
    AckWindow window_;
    NumberedRing<Kept> kept_;  // of [released_, next)
    uint64_t released_;
    uint64_t release_from_;    // the watermark at which something can be let go
    Fifo<Together> together_;  // what of it can be released together
    uint64_t confirmed_ = 0;
    uint64_t forgotten_ = 0;  // all below belong to connections that have ended
    uint64_t bytes_ = 0;
    uint64_t counted_ = 0;             // of bytes_, in the source's sum
    std::vector<uint64_t> abandoned_;  // sorted sequence numbers
    std::vector<Retry> retries_;       // sorted by sequence number
};

}  // namespace v1
}  // namespace leat
