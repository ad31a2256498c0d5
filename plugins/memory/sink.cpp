#include "sink.hpp"

#include "backend.hpp"
#include "lifetime.hpp"

#include <algorithm>
#include <stdexcept>

namespace leat::memory {
namespace {

std::string no_duration(std::string_view text) {
    return "ttl: \"" + std::string(text.substr(0, 40)) + "\" is no duration, such as \"30s\"";
}

}  // namespace

Sink::~Sink() {
    for (auto& [name, outlet] : outlets_) {
        for (size_t i = 0; i < outlet->waiting.size(); ++i) outlet->waiting[i].span.block->release();
    }
}

void Sink::open() {
    const leat_host& host = *services().host;
    const auto metric = [&](uint32_t kind, const char* name, const char* description) {
        return host.counter(services().me, kind, name, description);
    };
    stored_count_ = metric(LEAT_COUNTER, "stored", "Messages stored in topics.");
    dropped_count_ = metric(LEAT_COUNTER, "dropped", "Messages discarded because their topic was full.");
    waiting_gauge_ = metric(LEAT_GAUGE, "waiting", "Messages that wait for room in a full topic.");
    topics_gauge_ = metric(LEAT_GAUGE, "topics", "Topics of the backend.");
    if (!ttl_template_ || !ttl_template_.is_literal()) return;
    const Template::Result text = ttl_template_(leat_message{});
    const auto ttl = read_lifetime(view(text.text));
    if (!ttl) throw std::invalid_argument(no_duration(view(text.text)));
    ttl_ = *ttl;
    ttl_template_ = Template();
}

void Sink::start() {
    is_stopping_ = false;
    services().up();
}

void Sink::push(Batch& batch) {
    size_t n = 0;
    const leat_message* messages = batch.all(n);
    Settlements done;
    if (is_stopping_) {
        for (size_t i = 0; i < n; ++i) done.end(messages[i], LEAT_ABANDON);
        return;
    }
    now_ns_ = services().host->now_ns();
    if (template_.is_literal() && !ttl_template_) {
        if (Outlet* outlet = outlet_of(messages[0])) return store(*outlet, messages, n, nullptr, ttl_, done);
        for (size_t i = 0; i < n; ++i) done.end(messages[i], LEAT_REJECT, LEAT_NONE, why_);
    } else {
        scatter(messages, n, done);
    }
}

// Each message to its topic; those of one topic and lifetime together.
void Sink::scatter(const leat_message* messages, size_t n, Settlements& done) {
    const auto store_chosen = [&](Outlet& outlet) {
        store(outlet, messages, outlet.chosen.size(), outlet.chosen.data(), outlet.chosen_ttl, done);
        outlet.chosen.clear();
    };
    for (uint32_t i = 0; i < n; ++i) {  // hot: per message
        int64_t ttl = ttl_;
        Outlet* outlet = outlet_of(messages[i]);
        if (!outlet || !lifetime_of(messages[i], ttl)) {
            done.end(messages[i], LEAT_REJECT, LEAT_NONE, why_);
            continue;
        }
        if (!outlet->chosen.empty() && outlet->chosen_ttl != ttl) store_chosen(*outlet);
        if (outlet->chosen.empty()) touched_.push_back(outlet);
        outlet->chosen_ttl = ttl;
        outlet->chosen.push_back(i);
    }
    for (Outlet* outlet : touched_) {
        if (!outlet->chosen.empty()) store_chosen(*outlet);
    }
    touched_.clear();
}

// False: why_ says why there is none.
bool Sink::lifetime_of(const leat_message& message, int64_t& ttl) {
    if (!ttl_template_) return true;
    const Template::Result text = ttl_template_(message);
    const auto read = text.ok ? read_lifetime(view(text.text)) : std::nullopt;
    if (read) return ttl = *read, true;
    why_ = text.ok ? no_duration(view(text.text)) : "ttl: " + std::string(view(text.text));
    return false;
}

// Where a message goes; nullptr: nowhere, why_ says why.
Sink::Outlet* Sink::outlet_of(const leat_message& message) {
    if (last_ && template_.is_literal()) return last_;
    const Template::Result topic = template_(message);
    const std::string_view name = view(topic.text);
    if (!topic.ok) return why_ = name, nullptr;
    if (last_ && last_->topic->name() == name) return last_;
    if (name.empty()) return why_ = "the topic is empty", nullptr;
    if (Outlet* recent = recent_.find(name)) return last_ = recent;
    const auto it = outlets_.find(name);
    Outlet* outlet = it != outlets_.end() ? it->second.get() : open_outlet(name);
    if (!outlet) return why_ = "there are as many topics as max_topics allows", nullptr;
    recent_.put(name, outlet);
    return last_ = outlet;
}

Sink::Outlet* Sink::open_outlet(std::string_view name) {
    Topic* topic = topics_.find(name);
    if (!topic) return nullptr;
    services().host->counter_set(topics_gauge_, topics_.size());
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

void Sink::store(Outlet& outlet, const leat_message* messages, size_t n, const uint32_t* chosen, int64_t ttl,
                 Settlements& done) {
    const auto message = [&](size_t i) -> const leat_message& { return messages[chosen ? chosen[i] : i]; };
    const leat_host& host = *services().host;
    Block* block = Block::pack(outlet.topic->name(), outlet.topic->lane(), messages, n, chosen);
    block->date(now_ns_, ttl ? now_ns_ + std::min(ttl, INT64_MAX - now_ns_) : 0);
    Topic::Stored result{0, 0};
    if (outlet.waiting.empty()) result = outlet.topic->store({block, 0, block->count()}, &outlet.bell, now_ns_);
    const size_t over = result.stored + result.dropped;
    host.counter_add(stored_count_, result.stored);
    if (result.dropped) host.counter_add(dropped_count_, result.dropped);
    if (over == n) {
        block->release();
    } else {
        std::vector<leat_receipt> receipts;
        BufferRun copied;
        for (size_t i = over; i < n; ++i) {
            receipts.push_back(message(i).receipt);
            copied.drop(message(i).buffer);
        }
        wait(outlet, {block, static_cast<uint32_t>(over), block->count()}, std::move(receipts));
    }
    const auto end = [&](size_t from, size_t to, uint32_t code) {
        if (!chosen) return done.end_all(messages + from, to - from, LEAT_ACK, code);
        done.end_each(to - from, LEAT_ACK, code, [&](size_t i) {
            return Settlements::Ended{message(from + i).receipt, message(from + i).buffer};
        });
    };
    end(0, result.stored, LEAT_NONE);
    end(result.stored, over, LEAT_DISCARDED);
}

void Sink::wait(Outlet& outlet, Span rest, std::vector<leat_receipt> receipts) {
    waiting_ += receipts.size();
    const bool is_first = outlet.waiting.empty();
    outlet.waiting.push_back({rest, std::move(receipts)});
    if (is_first) {
        full_.push_back(&outlet);
        tell_health();
    }
    services().host->counter_set(waiting_gauge_, waiting_);
    if (timer_ == 0) {
        timer_ = services().after(
            kTick, [](void* self) { static_cast<Sink*>(self)->tick(); }, this);
    }
}

void Sink::store_waiting(Outlet& outlet) {
    const leat_host& host = *services().host;
    const bool was_full = !outlet.waiting.empty();
    Settlements done;
    while (!outlet.waiting.empty()) {
        Waiting& first = outlet.waiting.front();
        const size_t all = first.receipts.size();
        const size_t stored = outlet.topic->store(first.span, &outlet.bell, host.now_ns()).stored;
        for (size_t i = 0; i < stored; ++i) done.settle(first.receipts[i], LEAT_ACK);
        waiting_ -= stored;
        host.counter_add(stored_count_, stored);
        if (stored < all) {
            first.span.begin += static_cast<uint32_t>(stored);
            first.receipts.erase(first.receipts.begin(),
                                 first.receipts.begin() + static_cast<std::ptrdiff_t>(stored));
            break;
        }
        first.span.block->release();
        outlet.waiting.pop_front();
    }
    host.counter_set(waiting_gauge_, waiting_);
    if (was_full && outlet.waiting.empty()) {
        std::erase(full_, &outlet);
        tell_health();
    }
}

// What expires makes room though nobody reads.
void Sink::tick() {
    timer_ = 0;
    const int64_t now = services().host->now_ns();
    for (Outlet* outlet : full_) outlet->topic->expire(now);
    if (full_.empty()) return;
    timer_ = services().after(
        kTick, [](void* self) { static_cast<Sink*>(self)->tick(); }, this);
}

void Sink::tell_health() {
    if (full_.empty()) return services().up();
    std::string why = "topic \"" + full_.front()->topic->name() + "\" is full";
    if (full_.size() > 1) why += " and " + std::to_string(full_.size() - 1) + " more";
    services().up(why + ": their writers wait");
}

void Sink::stop() {
    is_stopping_ = true;
    timer_ = 0;
    Settlements given_up;
    for (Outlet* outlet : full_) {
        for (size_t i = 0; i < outlet->waiting.size(); ++i) {
            const Waiting& w = outlet->waiting[i];
            w.span.block->release();
            for (const leat_receipt& r : w.receipts) given_up.settle(r, LEAT_ABANDON);
        }
        outlet->waiting.clear();
    }
    for (auto& [name, outlet] : outlets_) outlet->topic->forget(&outlet->bell);
    full_.clear();
    waiting_ = 0;
    services().host->counter_set(waiting_gauge_, 0);
    given_up.flush();
    stopped();
}

}  // namespace leat::memory
