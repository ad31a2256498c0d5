// Emits made-up messages: at a rate, or as fast as they are taken.
//
// One window: the messages are numbered by emission. What a stop abandoned is made again, with the same numbers, at
// the next start.
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
    void advanced(InFlight&) override {}

  private:
    static constexpr int kBatchesPerTurn = 4;  // then others of the shard have their turn
    struct Device {
        leat_bytes topic;
        leat_bytes key;
    };

    void lay_out_names();
    uint64_t allowed();
    void emit_batch(size_t n);
    void sleep_until_next();
    uint64_t made() const { return window_->next() - skipped_; }

    SourceOptions options_;
    Numbers numbers_;
    std::optional<Sensors> sensors_;
    InFlight* window_ = nullptr;
    std::vector<Device> devices_;
    std::vector<leat_header> headers_;
    leat_buffer* names_ = nullptr;  // the bytes of topics, keys and headers; every batch holds a reference
    uint32_t device_ = 0;
    uint64_t skipped_ = 0;  // sequence numbers whose messages were abandoned and are made again
    double budget_ = 0;     // with a rate: messages that are due
    int64_t budgeted_ns_ = 0;
    uint64_t timer_ = 0;
    bool is_done_ = false;
    leat_message batch_[LEAT_BATCH_MAX];  // NOLINT: filled before it is read
};

}  // namespace leat::generate
