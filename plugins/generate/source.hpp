// Emits made-up messages: at a rate, or as fast as they are taken.
//
// One window: the messages are numbered by emission. What a stop abandoned is made again, with the same numbers, at
// the next start. Stamped messages with a rate are an open loop: each has the time at which it was due, however late
// it is emitted.
#pragma once
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/source.hpp>

#include "options.hpp"
#include "payload.hpp"

#include <optional>
#include <string>
#include <vector>

namespace leat::generate {

class Source : public leat::Source {
  public:
    explicit Source(const SourceOptions& options);

    void open() override;
    void start() override;
    void stop() override;
    ~Source() override;

  protected:
    void resume() override;
    void advanced(InFlight& window) override;

  private:
    static constexpr int kBatchesPerTurn = 4;  // then others of the shard have their turn
    struct Device {
        leat_bytes topic;
        leat_bytes key;
    };
    struct Turn {        // of a message that is made
        uint64_t index;  // of all; made 0 first
        uint64_t round;  // of its device
        uint32_t device;
    };

    void lay_out_names();
    void open_figures();
    uint64_t allowed();
    void emit_batch(size_t n);
    template <class Write>
    void fill(char* at, size_t n, leat_buffer* buffer, Write&& write);
    void sleep_until_next();
    int64_t due_ns(uint64_t index) const;
    void write_record() const;
    bool is_open_loop() const { return stamps_ && options_.rate.per_second > 0; }
    uint64_t made() const { return window_->next() - skipped_; }

    SourceOptions options_;
    Numbers numbers_;
    std::optional<Sensors> sensors_;
    std::optional<Stamps> stamps_;
    InFlight* window_ = nullptr;
    std::vector<Device> devices_;
    std::vector<leat_header> headers_;
    leat_buffer* names_ = nullptr;  // the bytes of topics, keys and headers; every batch holds a reference
    uint32_t device_ = 0;
    uint64_t skipped_ = 0;  // sequence numbers whose messages were abandoned and are made again
    double budget_ = 0;     // with a rate: messages that are due
    int64_t budgeted_ns_ = 0;
    int64_t origin_ns_ = 0;        // open loop: when the first was due
    std::vector<int64_t> delays_;  // to record: from due to acknowledged
    uint64_t acknowledged_ = 0;
    leat_counter *acknowledged_count_ = nullptr, *begin_ = nullptr, *end_ = nullptr;
    uint64_t timer_ = 0;
    bool is_done_ = false;
    leat_message batch_[LEAT_BATCH_MAX];  // NOLINT: filled before it is read
};

}  // namespace leat::generate
