#include "sink_connection.hpp"

#include "reasons.hpp"

namespace leat::mqtt {

void SinkConnection::open() { arena_ = std::make_unique<Arena>(services()); }

std::uint32_t SinkConnection::join(User& user) {
    users_.push_back(&user);
    user.connection_state(state_, why_, {});
    joined();
    return static_cast<std::uint32_t>(users_.size() - 1);
}

void SinkConnection::leave(std::uint32_t sink) {
    users_[sink] = nullptr;
    give_up(sink);
}

void SinkConnection::tell_users(std::uint32_t state, const std::string& why, Nanoseconds next_attempt) {
    state_ = state;
    why_ = why;
    for (User* user : users_)
        if (user != nullptr) user->connection_state(state, why, next_attempt);
}

std::string SinkConnection::unmet(const Connack& granted) const {
    for (const User* user : users_) {
        const std::string problem = user == nullptr ? std::string{} : user->unmet(granted);
        if (!problem.empty()) return problem;
    }
    return {};
}

leat_buffer* SinkConnection::scratch() {
    leat_message holder;
    holder.buffer = nullptr;
    arena_->attach(holder);
    return holder.buffer;
}

// The item is out of its queue before its receipt is settled, so that whatever the settlement sets off finds it gone.
void SinkConnection::settle(const Outbound::Item& item, Settlements& done, BufferRun& buffers, std::uint32_t outcome,
                            std::uint32_t code, std::string_view why) {  // hot: per message
    if (why.empty()) {
        done.settle(item.receipt, outcome, code);
    } else {
        const leat_detail detail{sizeof(leat_detail), 0, bytes(why), 0};
        done.settle(item.receipt, outcome, code, &detail);
    }
    buffers.drop(item.buffer);
    leat_buffer_release(item.scratch, 1);
}

void SinkConnection::settle_by_code(const Outbound::Item& item, std::uint8_t code, std::string_view words,
                                    Settlements& done, BufferRun& buffers) const {
    std::uint32_t outcome = outcome_of(code);
    const User* user = users_[item.sink];
    if (code == reason::no_matching_subscribers && user != nullptr) {
        switch (user->no_subscriber()) {
            case NoSubscriberChoice::ack:
                outcome = LEAT_ACK;
                break;
            case NoSubscriberChoice::retry:
                outcome = LEAT_RETRY;
                break;
            case NoSubscriberChoice::reject:
                outcome = LEAT_REJECT;
                break;
        }
    }
    if (outcome == LEAT_ACK) return settle(item, done, buffers, LEAT_ACK, LEAT_NONE, {});
    std::string why = "the broker says: " + in_words(code);
    if (!words.empty()) why.append(" (").append(words).append(")");
    settle(item, done, buffers, outcome, kReasonCodes + code, why);
}

}  // namespace leat::mqtt
