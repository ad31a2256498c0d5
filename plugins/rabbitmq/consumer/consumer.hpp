// The reading connection of one source, on a thread of its own: deliveries in blocks to the shard, answers back.
//
//   auto consumer = std::make_shared<Consumer>(plan);
//   consumer->start(settings);
//   consumer->take(blocks);                            // after a ring
//   consumer->answer(generation, {.acknowledge = 17}); // all up to tag 17
//
// Each connection has a generation: answers for another than the present one are dropped, for their tags mean other
// deliveries by now. What the broker sends ahead is bounded by the prefetch; in bytes by not reading the socket while
// the shard has `max_bytes` to emit.
#pragma once

#include <leat/sdk/pace.hpp>

#include <cstdint>
#include <memory>
#include <vector>

#include "amqp/io_thread.hpp"
#include "consumer/block.hpp"
#include "mapping.hpp"
#include "topology.hpp"

namespace leat::rabbitmq {

struct Nack {
    std::uint64_t tag;
    bool requeue;
};

/// What the broker is to be told: first the refusals, then the acknowledgement.
struct Answer {
    std::uint64_t acknowledge = 0;  ///< tag, cumulative; 0: none
    std::vector<Nack> refusals;
};

class Consumer final : public IoThread {
  public:
    struct Plan {
        std::string queue;
        Topology topology;
        std::uint16_t prefetch = 0;
        bool is_exclusive = false;
        std::int32_t priority = 0;
        std::string key_header;
        bool takes_properties = true;
        std::uint64_t max_bytes = 0;
        std::uint32_t lane = 0;
    };
    explicit Consumer(Plan plan);
    ~Consumer() override;

    // ---- for the shard
    /// Appends the blocks that have come; each is the caller's. Returns the generation of the connection, which is
    /// another one as soon as a connection is lost.
    std::uint64_t take(std::vector<Block*>& into);
    /// A block of which messages are emitted from now on; returns held_bytes().
    std::uint64_t hold(Block& block) { return pool_->hold(block); }
    /// Memory of such blocks that messages still point into.
    [[nodiscard]] std::uint64_t held_bytes() const { return pool_->held_bytes(); }
    /// Capacities of blocks that were emitted or dropped: reading may go on.
    void emitted(std::uint64_t bytes);
    void answer(std::uint64_t generation, Answer&& answer);

  private:
    using Clock = std::chrono::steady_clock;

    void prepare(Connection& connection) override;
    bool work(Connection& connection) override;
    void left() override;
    bool has_work() const override;
    short awaited() const override;
    std::chrono::milliseconds patience() const override;

    bool is_due(std::uint64_t acknowledge) const { return acknowledge >= acknowledged_ + together_; }
    bool take_answers(Answer& answers);
    static void send(Connection& connection, const Answer& answers);
    void handle(Connection& connection, const amqp_frame_t& frame);
    void begin_message(const amqp_frame_t& frame);
    void hand_over();
    bool gather();

    const Plan plan_;
    const std::uint64_t together_;  // deliveries that are acknowledged together, where so many come
    DeliveryReader reader_;
    const std::shared_ptr<BlockPool> pool_ = std::make_shared<BlockPool>();

    // Under the mutex.
    std::vector<Block*> arrived_;
    Answer answers_;
    std::uint64_t generation_ = 1;
    std::uint64_t waiting_bytes_ = 0;
    std::uint64_t acknowledged_ = 0;  // tag, as the broker was told
    Clock::time_point told_at_{};     // when it was

    // The thread's.
    const amqp_basic_deliver_t* delivery_ = nullptr;  // of the message whose header is to come
    BlockPool::Kind kind_ = BlockPool::Kind::small;
    Block* block_ = nullptr;  // being filled
    Pace pace_;
    std::uint64_t delivered_ = 0;  // of this connection
    std::uint64_t looked_at_ = 0;  // of these, at the last pause
    char* body_ = nullptr;
    std::size_t missing_ = 0;  // bytes of the body
    bool is_in_body_ = false;
    bool is_paused_ = false;
};

}  // namespace leat::rabbitmq
