#include "source.hpp"

#include <algorithm>
#include <utility>

namespace leat::rabbitmq {

Consumer::Plan RabbitSource::plan() const {
    constexpr std::uint64_t kMostPrefetch = 65'535;  // a short in the protocol
    Consumer::Plan plan;
    plan.queue = options_.queue;
    plan.topology = Topology::of(options_);
    const std::uint64_t most = std::min(identity().max_in_flight, kMostPrefetch);
    const auto wanted = static_cast<std::uint64_t>(options_.prefetch);
    plan.prefetch = static_cast<std::uint16_t>(wanted > 0 ? std::min(wanted, most) : most);
    plan.is_exclusive = options_.exclusive;
    plan.priority = static_cast<std::int32_t>(options_.priority);
    plan.key_header = options_.key_header;
    plan.takes_properties = options_.properties;
    plan.max_bytes = identity().max_in_flight_bytes;
    plan.lane = lane_of(options_.queue);
    return plan;
}

void RabbitSource::start() {
    Settings settings;
    std::string why;
    if (!read_settings_(settings, why)) return services().failed(why);
    Consumer::Plan wanted = plan();
    prefetch_ = wanted.prefetch;
    consumer_ = std::make_shared<Consumer>(std::move(wanted));
    generation_ = 1;
    tags_.open(window_->next());
    watch_ = std::make_unique<IoWatch>(
        services(), consumer_, [](void* self) { static_cast<RabbitSource*>(self)->rung(); }, this);
    consumer_->start(std::move(settings));
}

void RabbitSource::rung() {
    arriving_.clear();
    const std::uint64_t generation = consumer_->take(arriving_);
    if (generation != generation_) begin_generation(generation);
    for (Block* block : arriving_) {
        if (block->generation == generation_)
            blocks_.push_back(block);
        else
            drop_block(*block);
    }
    watch_->tell_states(read_settings_, [](const Note&) {});
    if (emitting()) resume();
}

// The connection was lost: the broker delivers all that was not acknowledged again.
void RabbitSource::begin_generation(std::uint64_t generation) {
    generation_ = generation;
    forget(*window_);
    drop_blocks();
    refusals_.clear();
    tags_.open(window_->next());
}

void RabbitSource::resume() {
    set_buffer_bytes(consumer_ ? consumer_->held_bytes() : 0);
    while (emitting() && !blocks_.empty() && credit(*window_) > 0) emit_block(*blocks_.front());
}

void RabbitSource::emit_block(Block& block) {
    const auto left = static_cast<std::uint64_t>(block.count - block.emitted);
    const auto n = static_cast<std::uint32_t>(std::min(left, credit(*window_)));
    leat_message* const first = block.messages.get() + block.emitted;
    if (block.emitted == 0) set_buffer_bytes(consumer_->hold(block));
    block.emitted += n;
    if (block.emitted == block.count) {
        blocks_.pop_front();  // from here on it is its messages'
        consumer_->emitted(block.capacity);
    }
    emit(*window_, first, n);
    // The broker's limit, where it is the narrower one: nothing more comes until something is acknowledged.
    if (emitting() && window_->span() >= prefetch_ && credit(*window_) > 0) starved();
}

void RabbitSource::drop_block(Block& block) {
    consumer_->emitted(block.capacity);
    leat_buffer_release(&block, block.count - block.emitted);
}

void RabbitSource::drop_blocks() {
    for (Block* block : std::exchange(blocks_, {})) drop_block(*block);
}

void RabbitSource::advanced(InFlight& window) {
    Answer answer;
    answer.acknowledge = tags_.advance(window.watermark());
    answer.refusals = std::exchange(refusals_, {});
    if (answer.acknowledge == 0 && answer.refusals.empty()) return;
    consumer_->answer(generation_, std::move(answer));
}

void RabbitSource::rejected(InFlight&, std::uint64_t sequence, const leat_settlement&) {
    tags_.refuse(sequence);
    refusals_.push_back({tags_.tag_of(sequence), false});
}

bool RabbitSource::give_back(InFlight&, std::uint64_t sequence) {
    tags_.refuse(sequence);
    refusals_.push_back({tags_.tag_of(sequence), true});
    return true;
}

void RabbitSource::stop() {
    if (consumer_ == nullptr) return stopped();
    close_when_idle();
}

// Acknowledgements may still come; then the connection goes, and with it what was given up: the broker requeues it.
void RabbitSource::close_when_idle() {
    if (!is_idle()) {
        services().after(
            std::chrono::milliseconds(1), [](void* self) { static_cast<RabbitSource*>(self)->close_when_idle(); },
            this);
        return;
    }
    watch_->stop([](void* self) {
        auto* const source = static_cast<RabbitSource*>(self);
        source->arriving_.clear();
        source->consumer_->take(source->arriving_);
        for (Block* block : source->arriving_) source->drop_block(*block);
        source->drop_blocks();
        source->forget(*source->window_);
        source->consumer_.reset();
        source->stopped();
    });
}

}  // namespace leat::rabbitmq
