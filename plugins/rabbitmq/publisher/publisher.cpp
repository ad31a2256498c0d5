#include "publisher/publisher.hpp"

#include <algorithm>
#include <utility>

namespace leat::rabbitmq {

void Publisher::start() {
    Settings settings;
    std::string why;
    sender_ = std::make_shared<Sender>();
    if (!read_settings_(settings, why)) {
        last_ = {LEAT_STATE_FAILED, why, {}};
        return services().failed(why);
    }
    watch_ = std::make_unique<IoWatch>(
        services(), sender_, [](void* self) { static_cast<Publisher*>(self)->rung(); }, this);
    sender_->start(std::move(settings));
}

void Publisher::add(SinkUser& user) {
    users_.push_back(&user);
    tell(user);
    sender_->add(user.plan);
}

void Publisher::take(SinkUser& user, const leat_message& message, leat_bytes exchange, leat_bytes routing_key) {
    const auto [token, entry] = entries_.open();
    entry->message = message;
    entry->user = &user;
    Job& job = jobs_.emplace_back();
    job.token = token;
    job.message = &entry->message;
    job.plan = user.plan.get();
    entry->exchange.assign(view(exchange));
    entry->routing_key.assign(view(routing_key));
    job.exchange = bytes(entry->exchange);
    job.routing_key = bytes(entry->routing_key);
}

void Publisher::flush() {
    if (!jobs_.empty()) sender_->send(jobs_);
}

void Publisher::give_up(SinkUser& user) {
    std::erase(users_, &user);
    sender_->withdraw(user.plan);
    leat::Settlements done;
    std::vector<leat_receipt> receipts;
    entries_.for_each([&](std::uint64_t, Entry& entry) {
        if (entry.user != &user) return;
        entry.user = nullptr;
        receipts.push_back(entry.message.receipt);
    });
    for (const leat_receipt& receipt : receipts) done.settle(receipt, LEAT_ABANDON);
}

void Publisher::rung() {
    settle_results();
    tell_findings();
    tell_states();
}

void Publisher::settle_results() {
    sender_->take(results_);
    leat::Settlements done;
    for (const Result& result : results_) {  // hot: per message
        Entry* const entry = entries_.find(result.token);
        if (entry == nullptr) continue;
        const leat_receipt receipt = entry->message.receipt;
        leat_buffer* const buffer = entry->message.buffer;
        const bool is_settled = std::exchange(entry->user, nullptr) == nullptr;
        entries_.remove(result.token);
        if (is_settled) {
            leat_buffer_release(buffer, buffer != nullptr ? 1 : 0);
        } else if (result.why.empty()) {
            done.end(receipt, buffer, result.outcome, LEAT_NONE);
        } else {
            leat_message ended{};
            ended.receipt = receipt;
            ended.buffer = buffer;
            done.end(ended, result.outcome, LEAT_NONE, result.why);
        }
    }
}

void Publisher::tell_states() {
    watch_->tell_states(read_settings_, [this](const Note& note) {
        last_ = note;
        for (SinkUser* user : users_) tell(*user);
    });
}

void Publisher::tell_findings() {
    for (const auto& [plan, finding] : sender_->take_findings()) {
        for (SinkUser* user : users_) {
            if (user->plan.get() != plan) continue;
            user->finding = finding;
            tell(*user);
        }
    }
}

// A sink's own trouble shows while the connection has none.
void Publisher::tell(SinkUser& user) const {
    const bool is_up = last_.state == LEAT_STATE_UP;
    const bool has_trouble = is_up && !user.finding.empty();
    user.host().host->state(user.host().me, has_trouble ? LEAT_STATE_DOWN : last_.state,
                            bytes(has_trouble ? user.finding : last_.why), last_.next_attempt.count());
}

void Publisher::stop() {
    if (watch_ == nullptr) {
        let_go();
        return stopped();
    }
    watch_->stop([](void* self) {
        auto* const publisher = static_cast<Publisher*>(self);
        publisher->settle_results();
        publisher->let_go();
        publisher->stopped();
    });
}

// The thread touches nothing any more: the bytes of what it has not answered are let go.
void Publisher::let_go() {
    BufferRun buffers;
    entries_.for_each([&](std::uint64_t token, Entry& entry) {
        buffers.drop(entry.message.buffer);
        entries_.remove(token);
    });
}

}  // namespace leat::rabbitmq
