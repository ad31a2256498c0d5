// Reads a queue: deliveries come in blocks from the connection's thread, outcomes go back as cumulative
// acknowledgements and single refusals.
//
// One acknowledgement domain: the queue. A lost connection makes what is unsettled stale; the broker delivers it
// again. On the shard.
#pragma once

#include <leat/sdk/source.hpp>

#include <deque>
#include <memory>
#include <vector>

#include "consumer/consumer.hpp"
#include "consumer/tags.hpp"
#include "io_watch.hpp"
#include "options.hpp"

namespace leat::rabbitmq {

class RabbitSource final : public leat::Source {
  public:
    RabbitSource(SourceOptions options, ReadSettings read_settings)
        : options_(std::move(options)), read_settings_(std::move(read_settings)) {}
    ~RabbitSource() override { drop_blocks(); }

    void open() override { window_ = &open_window(); }
    void start() override;
    void stop() override;

  private:
    void resume() override;
    void advanced(InFlight& window) override;
    void rejected(InFlight& window, std::uint64_t sequence, const leat_settlement& settlement) override;
    bool give_back(InFlight& window, std::uint64_t sequence) override;

    [[nodiscard]] Consumer::Plan plan() const;
    void rung();
    void begin_generation(std::uint64_t generation);
    void emit_block(Block& block);
    void drop_block(Block& block);
    void drop_blocks();
    void close_when_idle();

    SourceOptions options_;
    ReadSettings read_settings_;
    InFlight* window_ = nullptr;
    std::shared_ptr<Consumer> consumer_;
    std::unique_ptr<IoWatch> watch_;
    std::uint64_t generation_ = 0;
    std::uint64_t prefetch_ = 0;
    Tags tags_;
    std::vector<Nack> refusals_;  // to be told with the next acknowledgement
    std::vector<Block*> arriving_;
    std::deque<Block*> blocks_;  // to be emitted
};

}  // namespace leat::rabbitmq
