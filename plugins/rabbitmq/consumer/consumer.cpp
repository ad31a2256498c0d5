#include "consumer/consumer.hpp"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

namespace leat::rabbitmq {
namespace {

constexpr std::size_t kSmall = 2048;  // bytes of a portion that a small block holds easily

// An acknowledgement costs the broker as much as several deliveries, however many messages it is for: they wait for
// each other, at most so long and in such numbers, and never for more than a part of the prefetch.
constexpr std::chrono::milliseconds kLongestWait{5};
constexpr std::uint64_t kMostTogether = 512;
constexpr std::uint64_t kPartOfPrefetch = 4;

// How long deliveries of a fast stream may gather: RabbitMQ writes a few at a time, and to wake us for each such
// write costs it as much as it costs us; and what they are handed over to has to send each portion on.
constexpr std::chrono::milliseconds kLongestPause{2};

std::uint64_t number_together(std::uint16_t prefetch) {
    return std::clamp<std::uint64_t>(prefetch / kPartOfPrefetch, 1, kMostTogether);
}

}  // namespace

Consumer::Consumer(Plan plan)
    : plan_(std::move(plan)),
      together_(number_together(plan_.prefetch)),
      reader_(plan_.key_header, plan_.takes_properties) {}

Consumer::~Consumer() {
    for (Block* block : arrived_) pool_->put(block);
    if (block_) pool_->put(block_);
}

std::uint64_t Consumer::take(std::vector<Block*>& into) {
    const std::lock_guard lock(mutex());
    into.insert(into.end(), arrived_.begin(), arrived_.end());
    arrived_.clear();
    return generation_;
}

void Consumer::emitted(std::uint64_t bytes) {
    Exchange exchange(*this);
    waiting_bytes_ -= bytes;
    if (has_work()) exchange.wake();
}

void Consumer::answer(std::uint64_t generation, Answer&& answer) {
    Exchange exchange(*this);
    if (generation != generation_) return;
    const bool is_first = answers_.acknowledge == 0;  // of those that wait: the thread has to look how long
    if (answer.acknowledge != 0) answers_.acknowledge = answer.acknowledge;  // they only grow
    answers_.refusals.insert(answers_.refusals.end(), answer.refusals.begin(), answer.refusals.end());
    if (is_first || has_work()) exchange.wake();
}

bool Consumer::has_work() const {
    return is_due(answers_.acknowledge) || !answers_.refusals.empty() ||
           (is_paused_ && waiting_bytes_ < plan_.max_bytes);
}

std::chrono::milliseconds Consumer::patience() const {
    if (answers_.acknowledge == 0) return std::chrono::hours(1);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(told_at_ + kLongestWait - Clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

short Consumer::awaited() const { return is_paused_ ? short{0} : short{POLLIN}; }

void Consumer::prepare(Connection& connection) {
    connection.open_channel(kChannel);
    plan_.topology.establish(connection, kChannel);
    amqp_basic_qos(connection.state(), kChannel, 0, plan_.prefetch, 0);
    connection.check(kChannel, "set the prefetch");
    amqp_table_entry_t priority{};
    priority.key = amqp_cstring_bytes("x-priority");
    priority.value.kind = AMQP_FIELD_KIND_I32;
    priority.value.value.i32 = plan_.priority;
    const amqp_table_t arguments{plan_.priority != 0 ? 1 : 0, &priority};
    amqp_basic_consume(connection.state(), kChannel, bytes_of(plan_.queue), amqp_empty_bytes, 0, 0,
                       plan_.is_exclusive, arguments);
    connection.check(kChannel, "read queue '" + plan_.queue + "'");
    pace_.start(Clock::now().time_since_epoch());
}

bool Consumer::work(Connection& connection) {
    for (;;) {
        Answer answers;
        const bool is_ending = take_answers(answers);
        send(connection, answers);
        if (is_ending) return true;
        if (is_paused_) return false;
        amqp_frame_t frame;
        bool is_there = true;
        while ((block_ == nullptr || !block_->is_full()) && (is_there = connection.next(frame))) {
            handle(connection, frame);
            if (!pace_.is_fast() && !connection.has_read_more())
                break;  // handed over before the socket is read again
        }
        hand_over();
        if (!is_there && !gather()) return false;
    }
}

// Leaves the socket alone for a moment where much comes in little portions; true: it did.
bool Consumer::gather() {
    const std::uint64_t came = delivered_ - std::exchange(looked_at_, delivered_);
    if (came == 0) return false;
    pace_.came(Clock::now().time_since_epoch(), came);
    const std::uint64_t open = delivered_ - acknowledged_;
    const auto pause = pace_.pause(kLongestPause, plan_.prefetch - std::min<std::uint64_t>(open, plan_.prefetch));
    if (pause > Pace::Time::zero()) std::this_thread::sleep_for(pause);
    return pause > Pace::Time::zero();
}

// What is to be told now; true: asked to end.
bool Consumer::take_answers(Answer& answers) {
    const std::lock_guard lock(mutex());
    is_paused_ = waiting_bytes_ >= plan_.max_bytes;
    const bool is_something = answers_.acknowledge != 0 || !answers_.refusals.empty();
    if (!is_something) return is_ending();
    const auto now = Clock::now();
    if (!is_ending() && !has_work() && now < told_at_ + kLongestWait) return false;
    answers = std::exchange(answers_, {});
    acknowledged_ = std::max(acknowledged_, answers.acknowledge);
    told_at_ = now;
    return is_ending();
}

void Consumer::send(Connection& connection, const Answer& answers) {
    for (const Nack& nack : answers.refusals)
        Connection::check_sent(amqp_basic_nack(connection.state(), kChannel, nack.tag, 0, nack.requeue), "refuse");
    if (answers.acknowledge == 0) return;
    Connection::check_sent(amqp_basic_ack(connection.state(), kChannel, answers.acknowledge, 1), "acknowledge");
}

void Consumer::handle(Connection& connection, const amqp_frame_t& frame) {  // hot: per frame
    switch (frame.frame_type) {
        case AMQP_FRAME_METHOD:
            if (frame.payload.method.id == AMQP_BASIC_DELIVER_METHOD) {
                delivery_ = static_cast<const amqp_basic_deliver_t*>(frame.payload.method.decoded);
            } else if (frame.payload.method.id == AMQP_BASIC_CANCEL_METHOD) {
                throw Lost("the broker ended the reading of queue '" + plan_.queue +
                           "' (basic.cancel): the queue was deleted, or its node went away");
            }
            return;
        case AMQP_FRAME_HEADER:
            if (delivery_ == nullptr) return;
            begin_message(frame);
            break;
        case AMQP_FRAME_BODY:
            if (!is_in_body_ || frame.payload.body_fragment.len > missing_) throw Lost("a body that is too long");
            std::memcpy(body_, frame.payload.body_fragment.bytes, frame.payload.body_fragment.len);
            body_ += frame.payload.body_fragment.len;
            missing_ -= frame.payload.body_fragment.len;
            break;
        default:
            return;
    }
    if (!is_in_body_ || missing_ > 0) return;
    is_in_body_ = false;
    ++block_->count;
    ++delivered_;
    connection.forget_frames(kChannel);
}

void Consumer::begin_message(const amqp_frame_t& frame) {
    Delivery delivery{};
    delivery.exchange = delivery_->exchange;
    delivery.routing_key = delivery_->routing_key;
    delivery.is_redelivered = delivery_->redelivered != 0;
    delivery.properties = static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
    delivery.body_size = static_cast<std::size_t>(frame.payload.properties.body_size);
    delivery_ = nullptr;
    const std::size_t needed = reader_.measure(delivery);
    char* at = block_ != nullptr ? block_->reserve(needed) : nullptr;
    if (at == nullptr) {
        if (block_ != nullptr) {
            hand_over();
            kind_ = BlockPool::Kind::large;
        }
        block_ = pool_->take(kind_, needed);
        at = block_->reserve(needed);
    }
    leat_message& message = block_->messages[block_->count];
    body_ = reader_.write(delivery, at, message);
    message.buffer = block_;
    message.lane = plan_.lane;
    missing_ = delivery.body_size;
    is_in_body_ = true;
}

// What is complete goes to the shard; a message in its middle stays.
void Consumer::hand_over() {
    if (block_ == nullptr || is_in_body_ || block_->count == 0) return;
    Block* const block = std::exchange(block_, nullptr);
    block->lend();
    // What comes in small portions gets small blocks, and what comes alone whatever its size.
    const bool is_much = block->is_full() || (block->count > 1 && block->used > kSmall);
    kind_ = is_much ? BlockPool::Kind::large : BlockPool::Kind::small;
    Exchange exchange(*this);
    block->generation = generation_;
    waiting_bytes_ += block->capacity;
    arrived_.push_back(block);
    exchange.ring();
}

void Consumer::left() {
    if (block_ != nullptr) pool_->put(std::exchange(block_, nullptr));
    delivery_ = nullptr;
    is_in_body_ = false;
    delivered_ = looked_at_ = 0;
    Exchange exchange(*this);
    is_paused_ = false;
    ++generation_;
    answers_ = {};
    acknowledged_ = 0;
    exchange.ring();
}

}  // namespace leat::rabbitmq
