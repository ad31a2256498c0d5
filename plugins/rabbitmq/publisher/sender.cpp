#include "publisher/sender.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace leat::rabbitmq {
namespace {

// Reply codes [AMQP 0-9-1, 1.2].
constexpr int kAccessRefused = 403;
constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 406;
constexpr int kConnectionForced = 320;
constexpr int kInternalError = 541;

constexpr bool is_syntax(int code) { return code >= 501 && code <= 505; }  // 506: the broker lacks resources
// A user may have the right to write to an exchange, but not with every routing key (topic permissions).
bool is_about_a_topic(const Closed& closed) {
    return closed.code() == kAccessRefused &&
           std::string_view(closed.what()).find("access to topic '") != std::string_view::npos;
}
constexpr bool is_about_a_message(int code) { return code != kConnectionForced && code != kInternalError; }

constexpr std::size_t kRun = 64;               // messages between two looks at the socket
constexpr std::size_t kRunBytes = 128 * 1024;  // bytes likewise
constexpr std::chrono::seconds kLookAgain{5};  // for a topology that was not there

}  // namespace

// ---- for the shard

void Sender::send(std::vector<Job>& jobs) {
    Exchange exchange(*this);
    if (incoming_.empty())
        incoming_.swap(jobs);
    else
        incoming_.insert(incoming_.end(), jobs.begin(), jobs.end());
    jobs.clear();
    exchange.wake();
}

void Sender::take(std::vector<Result>& into) {
    into.clear();
    const std::lock_guard lock(mutex());
    into.swap(results_);
}

void Sender::withdraw(std::shared_ptr<const SinkPlan> plan) {
    Exchange exchange(*this);
    withdrawn_.push_back(std::move(plan));
    exchange.wake();
}

void Sender::add(std::shared_ptr<const SinkPlan> plan) {
    Exchange exchange(*this);
    added_.push_back(std::move(plan));
    exchange.wake();
}

std::vector<Sender::Finding> Sender::take_findings() {
    const std::lock_guard lock(mutex());
    return std::exchange(findings_, {});
}

// ---- the thread

bool Sender::has_work() const { return !incoming_.empty() || !added_.empty() || !withdrawn_.empty(); }

short Sender::awaited() const { return static_cast<short>(can_write_ ? POLLIN : POLLIN | POLLOUT); }

std::chrono::milliseconds Sender::patience() const {
    const bool looks_again = look_again_ != Clock::time_point{};
    return looks_again ? std::chrono::milliseconds(kLookAgain) : std::chrono::hours(1);
}

void Sender::prepare(Connection& connection) {
    connection.open_channel(kChannel);
    amqp_confirm_select(connection.state(), kChannel);
    connection.check(kChannel, "ask for confirmations");
}

bool Sender::work(Connection& connection) {
    for (;;) {
        const bool is_ending = take_orders();
        if (is_ending) return true;
        bool is_more = false;
        try {
            establish(connection);
            read(connection);
            is_more = publish_some(connection);
        } catch (const Closed& closed) {
            if (!closed.is_channel()) {
                if (!is_about_a_message(closed.code())) throw;
                find_culprit(closed);
                throw;
            }
            channel_closed(connection, closed);
            is_more = true;
        }
        hand_over();
        if (!is_more) return false;
    }
}

// Takes what the shard has given; true: it asks for the end.
bool Sender::take_orders() {
    std::vector<std::shared_ptr<const SinkPlan>> withdrawn;
    bool is_over = false;
    {
        const std::lock_guard lock(mutex());
        fresh_.swap(incoming_);
        for (auto& plan : added_) sinks_.push_back({std::move(plan)});
        added_.clear();
        withdrawn.swap(withdrawn_);
        is_over = is_ending();
    }
    waiting_.add(fresh_);
    fresh_.clear();
    if (withdrawn.empty()) return is_over;
    gone_.insert(gone_.end(), withdrawn.begin(), withdrawn.end());
    for (const auto& plan : withdrawn) {
        std::erase_if(sinks_, [&](const Wanted& w) { return w.plan == plan; });
        std::erase_if(barred_, [&](const Barred& b) { return b.plan == plan.get(); });
    }
    leave_out_withdrawn();
    return is_over;
}

// Jobs of sinks that are gone end here, unpublished.
void Sender::leave_out_withdrawn() {
    const auto is_gone = [this](const Job& job) {
        return std::any_of(gone_.begin(), gone_.end(), [&](const auto& plan) { return plan.get() == job.plan; });
    };
    std::size_t suspects = suspects_;
    waiting_.leave_out([&](const Job& job, std::size_t place) {
        if (!is_gone(job)) return false;
        if (place < suspects_) --suspects;
        end(job, LEAT_ABANDON);
        return true;
    });
    suspects_ = suspects;
    if (sent_.empty()) gone_.clear();  // else they may come back with the channel
}

// Declares, or looks for, what the sinks want; on a channel of its own, which a failure closes.
void Sender::establish(Connection& connection) {
    const bool is_time = look_again_ != Clock::time_point{} && Clock::now() >= look_again_;
    const bool is_due = std::any_of(sinks_.begin(), sinks_.end(),
                                    [&](const Wanted& w) { return !w.is_there && (w.told.empty() || is_time); });
    if (!is_due) return;
    look_again_ = {};
    for (Wanted& sink : sinks_) {
        if (sink.is_there) continue;
        std::string finding;
        if (!sink.plan->topology.is_empty()) {
            try {
                connection.open_channel(kSideChannel);
                sink.plan->topology.establish(connection, kSideChannel);
                amqp_channel_close(connection.state(), kSideChannel, AMQP_REPLY_SUCCESS);
            } catch (const Closed& closed) {
                if (!closed.is_channel()) throw;
                finding = closed.what();
                look_again_ = Clock::now() + kLookAgain;
            }
            connection.forget_frames(kSideChannel);
        }
        sink.is_there = finding.empty();
        if (sink.told == finding) continue;
        sink.told = finding;
        find(sink.plan.get(), finding);
    }
}

void Sender::find(const SinkPlan* plan, std::string finding) {
    Exchange exchange(*this);
    findings_.emplace_back(plan, std::move(finding));
    exchange.ring();
}

void Sender::read(Connection& connection) {
    amqp_frame_t frame;
    while (connection.next(frame)) handle(connection, frame);
}

void Sender::handle(Connection& connection, const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_METHOD) {
        handle_method(frame.payload.method);
    } else if (frame.frame_type == AMQP_FRAME_HEADER && is_returning_) {
        const auto& properties = *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
        sent_.returned(sequence_of(properties), std::move(returned_why_));
        content_left_ = frame.payload.properties.body_size;
        is_returning_ = content_left_ > 0;
    } else if (frame.frame_type == AMQP_FRAME_BODY && is_returning_) {
        content_left_ -= std::min<std::uint64_t>(content_left_, frame.payload.body_fragment.len);
        is_returning_ = content_left_ > 0;
    }
    if (!is_returning_) connection.forget_frames(frame.channel);
}

void Sender::handle_method(const amqp_method_t& method) {
    switch (method.id) {
        case AMQP_BASIC_ACK_METHOD: {
            const auto& ack = *static_cast<const amqp_basic_ack_t*>(method.decoded);
            return confirmed(ack.delivery_tag, ack.multiple != 0);
        }
        case AMQP_BASIC_NACK_METHOD: {
            const auto& nack = *static_cast<const amqp_basic_nack_t*>(method.decoded);
            return refused(nack.delivery_tag, nack.multiple != 0);
        }
        case AMQP_BASIC_RETURN_METHOD: {
            const auto& returned = *static_cast<const amqp_basic_return_t*>(method.decoded);
            returned_why_ = "the broker returned the message: " + std::string(text_of(returned.reply_text)) +
                            " (exchange '" + std::string(text_of(returned.exchange)) + "', routing key '" +
                            std::string(text_of(returned.routing_key)) + "')";
            is_returning_ = true;
            return;
        }
        case AMQP_CONNECTION_BLOCKED_METHOD: {
            const auto& blocked = *static_cast<const amqp_connection_blocked_t*>(method.decoded);
            is_blocked_ = true;
            return tell(LEAT_STATE_DOWN,
                        "the broker takes no messages (connection.blocked): " + std::string(text_of(blocked.reason)) +
                            "; it goes on by itself once its alarm has cleared");
        }
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            is_blocked_ = false;
            return tell(LEAT_STATE_UP, "the broker takes messages again");
        default:
            return;
    }
}

void Sender::confirmed(std::uint64_t tag, bool multiple) {
    sent_.end(tag, multiple, [this](Job& job, const std::string* returned) {
        if (!barred_.empty()) tell_open_again(job);
        if (returned != nullptr)
            end(job, LEAT_REJECT, *returned);
        else
            end(job, LEAT_ACK);
    });
}

void Sender::refused(std::uint64_t tag, bool multiple) {
    sent_.end(tag, multiple, [this](Job& job, const std::string*) {
        end(job, LEAT_RETRY, "the broker did not take the message (basic.nack): a queue is full, or has failed");
    });
}

void Sender::end(const Job& job, std::uint32_t outcome, std::string why) {
    ended_.push_back({job.token, outcome, std::move(why)});
}

// Publishes a run of what waits; true: there is more, and it can go out at once.
bool Sender::publish_some(Connection& connection) {
    if (waiting_.empty() || is_blocked_) return false;
    if (suspects_ > 0 && !sent_.empty()) return false;  // one by one
    pollfd socket{connection.fd(), POLLIN | POLLOUT, 0};
    ::poll(&socket, 1, 0);
    can_write_ = (socket.revents & POLLOUT) != 0;
    if ((socket.revents & POLLIN) != 0) return true;  // first what the broker says
    if (!can_write_) return false;
    std::size_t bytes = 0;
    for (std::size_t n = 0; n < kRun && bytes < kRunBytes && !waiting_.empty(); ++n) {  // hot: per message
        const Job job = waiting_.take();
        const bool is_suspect = suspects_ > 0;
        if (is_suspect) --suspects_;
        bytes += job.message->payload.size;
        if (publish(connection, job) && is_suspect) return false;  // first its confirmation
    }
    return !waiting_.empty();
}

// False: it was not sent, but ended.
bool Sender::publish(Connection& connection, const Job& job) {
    if (!refusals_.empty()) {
        if (const std::string* why = refusals_.find(view(job.exchange), view(job.routing_key), Clock::now()))
            return end(job, LEAT_RETRY, *why), false;
    }
    const leat_message& message = *job.message;
    if (const char* fault = properties_.fill(message, job.plan->publish, sent_.next_tag()))
        return end(job, LEAT_REJECT, fault), false;
    if (properties_.size() > connection.frame_max())
        return end(job, LEAT_REJECT,
                   "the headers take " + std::to_string(properties_.size()) +
                       " bytes, but must fit into one frame of " + std::to_string(connection.frame_max())),
               false;
    sent_.add(job);  // before the attempt: a part of it may have reached the broker
    const int status = amqp_basic_publish(connection.state(), kChannel, bytes_of(view(job.exchange)),
                                          bytes_of(view(job.routing_key)), job.plan->publish.mandatory, 0,
                                          &properties_.properties(), bytes_of(view(message.payload)));
    if (status == AMQP_STATUS_OK) return true;
    if (status == AMQP_STATUS_TABLE_TOO_BIG || status == AMQP_STATUS_BAD_AMQP_DATA) {  // and would be again
        sent_.end(sent_.next_tag() - 1, false,
                  [this](Job& bad, auto*) { end(bad, LEAT_REJECT, "the headers cannot be encoded"); });
    } else {
        read(connection);  // throws the broker's reason, if it has given one
    }
    Connection::check_sent(status, "publish");
    return true;
}

// Puts what is unconfirmed back to the front, in order.
void Sender::unsend() {
    std::vector<Job> back;
    sent_.give_back([&](Job& job) { back.push_back(job); });
    waiting_.put_back(back);
    is_returning_ = false;
    if (!gone_.empty()) leave_out_withdrawn();
}

// One of those that are unconfirmed was the reason: the only one, or one to be found by sending them one by one.
void Sender::find_culprit(const Closed& closed) {
    if (sent_.size() == 1)
        sent_.end(0, true, [&](Job& job, auto*) { blame(job, closed); });
    else
        suspects_ += static_cast<std::size_t>(sent_.size());
}

void Sender::blame(const Job& job, const Closed& closed) {
    if (closed.code() == kNotFound || closed.code() == kAccessRefused) {
        std::optional<std::string_view> key;
        if (is_about_a_topic(closed)) key = view(job.routing_key);
        refusals_.remember(view(job.exchange), key, closed.what(), Clock::now());
        tell_barred(job, closed);
    }
    const bool is_final = closed.code() == kPreconditionFailed || is_syntax(closed.code());
    end(job, is_final ? LEAT_REJECT : LEAT_RETRY, closed.what());
}

// These are tried again for as long as the route likes: why nothing lands has to be seen meanwhile.
void Sender::tell_barred(const Job& job, const Closed& closed) {
    const auto is_its = [&](const auto& of) { return &*of.plan == job.plan; };
    if (std::any_of(barred_.begin(), barred_.end(), is_its)) return;
    if (std::none_of(sinks_.begin(), sinks_.end(), is_its)) return;  // withdrawn
    barred_.push_back({job.plan, std::string(view(job.exchange))});
    find(job.plan, closed.what());
}

void Sender::tell_open_again(const Job& job) {
    const auto open = std::erase_if(
        barred_, [&](const Barred& b) { return b.plan == job.plan && b.exchange == view(job.exchange); });
    if (open > 0) find(job.plan, {});
}

void Sender::channel_closed(Connection& connection, const Closed& closed) {
    find_culprit(closed);
    unsend();
    connection.forget_frames(kChannel);
    prepare(connection);
}

void Sender::hand_over() {
    if (ended_.empty()) return;
    Exchange exchange(*this);
    if (results_.empty())
        results_.swap(ended_);
    else
        results_.insert(results_.end(), std::make_move_iterator(ended_.begin()),
                        std::make_move_iterator(ended_.end()));
    ended_.clear();
    exchange.ring();
}

void Sender::left() {
    unsend();
    is_blocked_ = false;
    can_write_ = true;
    for (Wanted& sink : sinks_) sink.is_there = false;
    look_again_ = Clock::now();
    hand_over();
}

}  // namespace leat::rabbitmq
