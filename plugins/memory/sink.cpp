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
    for (uint32_t i = 0; i < n; ++i) {  // hot: per message
        if (is_stopping_) {
            done.end(messages[i], LEAT_ABANDON);
            continue;
        }
        Outlet* outlet = outlet_of(messages[i], done);
        if (!outlet) continue;
        if (outlet->chosen.empty()) touched_.push_back(outlet);
        outlet->chosen.push_back(i);
    }
    for (Outlet* outlet : touched_) store(*outlet, messages, done);
    touched_.clear();
}

// Where a message goes; nullptr: nowhere, it has been rejected.
Sink::Outlet* Sink::outlet_of(const leat_message& message, Settlements& done) {
    const Template::Result topic = template_(message);
    if (!topic.ok) return done.end(message, LEAT_REJECT, LEAT_NONE, view(topic.text)), nullptr;
    const std::string_view name = view(topic.text);
    if (last_ && last_->topic->name() == name) return last_;
    if (name.empty()) return done.end(message, LEAT_REJECT, LEAT_NONE, "the topic is empty"), nullptr;
    const auto it = outlets_.find(name);
    Outlet* outlet = it != outlets_.end() ? it->second.get() : open_outlet(name);
    if (!outlet) {
        done.end(message, LEAT_REJECT, LEAT_NONE, "there are as many topics as max_topics allows");
        return nullptr;
    }
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

void Sink::store(Outlet& outlet, const leat_message* messages, Settlements& done) {
    std::vector<uint32_t>& chosen = outlet.chosen;
    Block* block = Block::pack(outlet.topic->name(), outlet.topic->lane(), messages, chosen.data(), chosen.size());
    const Span all{block, 0, block->count()};
    const size_t stored = outlet.waiting.empty() ? outlet.topic->store(all, &outlet.bell) : 0;
    if (stored == chosen.size()) {
        block->release();
    } else {
        Waiting& rest = outlet.waiting.emplace_back();
        rest.span = {block, static_cast<uint32_t>(stored), block->count()};
        BufferRun copied;
        for (size_t i = stored; i < chosen.size(); ++i) {
            rest.receipts.push_back(messages[chosen[i]].receipt);
            copied.drop(messages[chosen[i]].buffer);
        }
    }
    for (size_t i = 0; i < stored; ++i) done.end(messages[chosen[i]], LEAT_ACK);  // hot: per message
    chosen.clear();
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
