#include "sink.hpp"

#include "backend.hpp"

namespace leat::memory {

Sink::~Sink() {
    for (auto& [name, outlet] : outlets_) {
        for (const Waiting& w : outlet->waiting) w.span.block->release();
    }
}

void Sink::push(Batch& batch) {
    size_t n = 0;
    const leat_message* messages = batch.all(n);
    Settlements done;
    if (is_stopping_) {
        for (size_t i = 0; i < n; ++i) done.end(messages[i], LEAT_ABANDON);
    } else if (template_.is_literal()) {
        if (Outlet* outlet = outlet_of(messages[0])) return store(*outlet, messages, n, nullptr, done);
        for (size_t i = 0; i < n; ++i) done.end(messages[i], LEAT_REJECT, LEAT_NONE, why_);
    } else {
        scatter(messages, n, done);
    }
}

// Each message to its topic; those of one topic together.
void Sink::scatter(const leat_message* messages, size_t n, Settlements& done) {
    for (uint32_t i = 0; i < n; ++i) {  // hot: per message
        Outlet* outlet = outlet_of(messages[i]);
        if (!outlet) {
            done.end(messages[i], LEAT_REJECT, LEAT_NONE, why_);
            continue;
        }
        if (outlet->chosen.empty()) touched_.push_back(outlet);
        outlet->chosen.push_back(i);
    }
    for (Outlet* outlet : touched_) {
        store(*outlet, messages, outlet->chosen.size(), outlet->chosen.data(), done);
        outlet->chosen.clear();
    }
    touched_.clear();
}

// Where a message goes; nullptr: nowhere, why_ says why.
Sink::Outlet* Sink::outlet_of(const leat_message& message) {
    if (last_ && template_.is_literal()) return last_;
    const Template::Result topic = template_(message);
    const std::string_view name = view(topic.text);
    if (!topic.ok) return why_ = name, nullptr;
    if (last_ && last_->topic->name() == name) return last_;
    if (name.empty()) return why_ = "the topic is empty", nullptr;
    const auto it = outlets_.find(name);
    Outlet* outlet = it != outlets_.end() ? it->second.get() : open_outlet(name);
    if (!outlet) return why_ = "there are as many topics as max_topics allows", nullptr;
    return last_ = outlet;
}

Sink::Outlet* Sink::open_outlet(std::string_view name) {
    Topic* topic = topics_.find(name);
    if (!topic) return nullptr;
    auto outlet = std::make_unique<Outlet>();
    outlet->topic = topic;
    outlet->sink = this;
    outlet->bell.services = services();
    outlet->bell.arg = outlet.get();
    outlet->bell.call = [](void* self) {
        auto* mine = static_cast<Outlet*>(self);
        if (!mine->sink->is_stopping_) mine->sink->store_waiting(*mine);
    };
    return outlets_.emplace(topic->name(), std::move(outlet)).first->second.get();
}

void Sink::store(Outlet& outlet, const leat_message* messages, size_t n, const uint32_t* chosen, Settlements& done) {
    const auto message = [&](size_t i) -> const leat_message& { return messages[chosen ? chosen[i] : i]; };
    Block* block = Block::pack(outlet.topic->name(), outlet.topic->lane(), messages, n, chosen);
    const size_t stored = outlet.waiting.empty() ? outlet.topic->store({block, 0, block->count()}, &outlet.bell) : 0;
    if (stored == n) {
        block->release();
    } else {
        Waiting& rest = outlet.waiting.emplace_back();
        rest.span = {block, static_cast<uint32_t>(stored), block->count()};
        BufferRun copied;
        for (size_t i = stored; i < n; ++i) {
            rest.receipts.push_back(message(i).receipt);
            copied.drop(message(i).buffer);
        }
    }
    for (size_t i = 0; i < stored; ++i) done.end(message(i), LEAT_ACK);  // hot: per message
}

void Sink::store_waiting(Outlet& outlet) {
    Settlements done;
    while (!outlet.waiting.empty()) {
        Waiting& first = outlet.waiting.front();
        const size_t all = first.receipts.size();
        const size_t stored = outlet.topic->store(first.span, &outlet.bell);
        for (size_t i = 0; i < stored; ++i) done.settle(first.receipts[i], LEAT_ACK);
        if (stored < all) {
            first.span.begin += static_cast<uint32_t>(stored);
            first.receipts.erase(first.receipts.begin(),
                                 first.receipts.begin() + static_cast<std::ptrdiff_t>(stored));
            return;
        }
        first.span.block->release();
        outlet.waiting.pop_front();
    }
}

void Sink::stop() {
    is_stopping_ = true;
    Settlements given_up;
    for (auto& [name, outlet] : outlets_) {
        outlet->topic->forget(&outlet->bell);
        for (const Waiting& w : outlet->waiting) {
            w.span.block->release();
            for (const leat_receipt& r : w.receipts) given_up.settle(r, LEAT_ABANDON);
        }
        outlet->waiting.clear();
    }
    given_up.flush();
    stopped();
}

}  // namespace leat::memory
