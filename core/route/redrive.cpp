#include "route/redrive.hpp"

#include "runtime/buffers.hpp"
#include "runtime/reentrancy.hpp"
#include "runtime/services.hpp"

#include <leat/sdk/flow/broken_rule.hpp>
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/flow/settle.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

namespace leat::route {
namespace {

constexpr int64_t kBurstNs = 10'000'000;  // what may be sent at once after a pause

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

// The value of the last header of this name from `begin` on; absent: there is none.
leat_bytes header(const leat_message& m, std::string_view name, uint32_t begin = 0) {
    for (uint32_t i = m.header_count; i > begin; --i) {
        if (view(m.headers[i - 1].name) == name) return m.headers[i - 1].value;
    }
    return kAbsent;
}

// Where the headers of a dead letter begin. Once it has one set of them, they may stand anywhere: RabbitMQ sorts
// headers when it adds one of its own. A route that reads the dead letters of another adds a second set behind the
// first, beginning with leat-route. No dead letter: behind all headers.
uint32_t labels_of(const leat_message& m) {
    uint32_t sets = 0;
    uint32_t last = m.header_count;
    for (uint32_t i = 0; i < m.header_count; ++i) {
        if (view(m.headers[i].name) != "leat-route") continue;
        ++sets;
        last = i;
    }
    return sets == 1 ? 0 : last;
}

leat_bytes label(const leat_message& m, std::string_view name) { return header(m, name, labels_of(m)); }

bool is_ours(std::string_view name) {
    static constexpr std::string_view kOurs[] = {"leat-route", "leat-step", "leat-reason", "leat-attempts",
                                                 "leat-topic", "leat-key",  "leat-time",   kRunHeader};
    return std::find(std::begin(kOurs), std::end(kOurs), name) != std::end(kOurs);
}

uint64_t number_in(std::string_view text) {
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Of "2026-05-09T07:29:33.186Z", as dead letters write it; 0 for anything else.
int64_t time_in(std::string_view text) {
    tm parts{};
    const std::string copy(text.substr(0, text.find('.')));
    const char* end = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (!end || *end) return 0;
    const size_t point = text.find('.');
    const auto ms = point == text.npos ? 0 : static_cast<int64_t>(number_in(text.substr(point + 1)));
    return static_cast<int64_t>(timegm(&parts)) * 1'000'000'000 + ms * 1'000'000;
}

DeadLetterSeen read(const leat_message& m) {
    DeadLetterSeen seen;
    seen.route = view(label(m, "leat-route"));
    seen.step = view(label(m, "leat-step"));
    seen.reason = view(label(m, "leat-reason"));
    seen.attempts = view(label(m, "leat-attempts"));
    seen.topic = view(label(m, "leat-topic"));
    seen.key = view(label(m, "leat-key"));
    seen.time = view(label(m, "leat-time"));
    return seen;
}

// Topic, key and time as they were before the message became a dead letter; one that is none stays as it is.
void restore(leat_message& m) {
    if (!present(label(m, "leat-route"))) return;
    const leat_bytes topic = label(m, "leat-topic");
    if (present(topic)) m.topic = topic;
    m.key = label(m, "leat-key");
    if (const int64_t time = time_in(view(label(m, "leat-time")))) m.timestamp_ns = time;
}

struct Memory : leat_ext {
    Redriven redriven;
};

const void* query(const leat_ext* self, const char* name) {
    return name == std::string_view(kRedriven) ? &static_cast<const Memory*>(self)->redriven : nullptr;
}

// The message with other headers, in a buffer that keeps its old one. `remembers`: with an ext of ours.
leat_message rewritten(const leat_message& from, const std::vector<leat_header>& headers, std::string_view run,
                       uint64_t attempts, bool remembers) {
    leat_message made = from;
    void* data = nullptr;
    const size_t table = headers.size() * sizeof(leat_header);
    made.buffer = runtime::new_buffer(table + sizeof(Memory) + run.size(), &data);
    runtime::adopt_buffer(made.buffer, from.buffer, 1);
    auto* memory = new (data) Memory();
    auto* list = reinterpret_cast<leat_header*>(static_cast<char*>(data) + sizeof(Memory));
    char* text = static_cast<char*>(data) + sizeof(Memory) + table;
    std::copy(run.begin(), run.end(), text);
    std::copy(headers.begin(), headers.end(), list);
    for (size_t i = 0; i < headers.size(); ++i) {
        if (!list[i].value.data && view(list[i].name) == kRunHeader) list[i].value = {text, run.size()};
    }
    made.headers = list;
    made.header_count = static_cast<uint32_t>(headers.size());
    if (!remembers) return made;
    memory->size = sizeof(leat_ext);
    memory->query = query;
    memory->redriven = {attempts, {text, run.size()}};
    made.ext = memory;
    return made;
}

}  // namespace

Redrive::Redrive(Control& route, const RedrivePlan& plan, std::map<std::string, leat_inlet*> entries, leat_inlet* top,
                 leat_inlet* dead_letter)
    : route_(route),
      plan_(plan),
      entries_(std::move(entries)),
      top_(top),
      dead_letter_(dead_letter),
      scratch_(runtime::services()) {
    inlet_.push = [](leat_inlet* i, leat_message* batch, size_t n) { static_cast<Inlet*>(i)->owner->push(batch, n); };
    inlet_.signal = [](leat_inlet* i, uint32_t what, uint64_t arg) {
        leat_inlet* below = static_cast<Inlet*>(i)->owner->top_;
        below->signal(below, what, arg);
    };
    inlet_.owner = this;
    settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Settler*>(s)->owner->settle(batch, n);
    };
    settler_.owner = this;
}

Redrive::~Redrive() { route_.shard().timers().cancel_all(this); }

void Redrive::push(leat_message* batch, size_t n) {
    runtime::assert_may_push();
    for (size_t i = 0; i < n; ++i) take(batch[i]);
    enter_due();
}

void Redrive::take(leat_message& message) {
    if (abandoning_ || ended_lanes_.contains(message.lane)) return leave(message);
    if (view(header(message, kRunHeader)) == plan_.run) {
        ended_lanes_.insert(message.lane);
        return leave(message);
    }
    if (plan_.limit > 0 && chosen_ >= plan_.limit) return leave(message);
    DeadLetterSeen seen = read(message);
    restore(message);
    seen.is_chosen = choose(message, seen);
    if (seen.is_chosen) ++chosen_;
    if (plan_.seen) plan_.seen(seen);
    if (plan_.only_look) return leave(message);
    if (!seen.is_chosen) return put_back(message);
    paced_.push_back(message);
}

// It stays where it is: unacknowledged.
void Redrive::leave(const leat_message& message) {
    ++left_;
    Settlements().end(message, LEAT_ABANDON);
}

bool Redrive::choose(const leat_message& message, DeadLetterSeen& seen) {
    const auto no = [&](std::string why) {
        seen.why_not = std::move(why);
        return false;
    };
    if (seen.route != route_.name()) {
        return no(seen.route.empty() ? "it has no header leat-route" : "it is of route " + std::string(seen.route));
    }
    if (!plan_.step.empty() && seen.step != plan_.step) return no("its step is " + std::string(seen.step));
    if (!entry_of(seen)) {
        const std::string why = "the route has no step \"" + std::string(seen.step) + "\" any more";
        if (told_.insert(std::string(seen.step)).second) {
            route_.log(LEAT_LOG_WARNING, why + ": its dead letters are put back; --at STEP says where they go in");
        }
        return no(why);
    }
    if (!plan_.condition) return true;
    leat_bytes why{};
    switch (runtime::services()->holds(plan_.condition, &message, scratch_.get(), &why)) {
        case 1:
            return true;
        case 0:
            return no("the condition does not hold");
        default:
            return no("the condition cannot be told: " + std::string(view(why)));
    }
}

leat_inlet* Redrive::entry_of(const DeadLetterSeen& seen) const {
    const auto found = entries_.find(plan_.at.empty() ? std::string(seen.step) : plan_.at);
    return found == entries_.end() ? nullptr : found->second;
}

// Sends what its time has come for, and sets a timer for the next.
void Redrive::enter_due() {
    while (!paced_.empty()) {
        if (plan_.rate > 0) {
            const int64_t now = now_ns();
            next_ns_ = std::max(next_ns_, now - kBurstNs);
            if (next_ns_ > now) {
                if (timer_) return;
                timer_ = route_.shard().timers().start(
                    std::chrono::nanoseconds(next_ns_ - now),
                    [this] {
                        timer_ = 0;
                        enter_due();
                    },
                    this);
                return;
            }
            next_ns_ += static_cast<int64_t>(1e9 / plan_.rate);
        }
        const leat_message message = paced_.front();
        paced_.pop_front();
        enter(message);
    }
}

void Redrive::enter(const leat_message& message) {
    leat_inlet* entry = entry_of(read(message));
    std::vector<leat_header> kept;
    const uint32_t labels = labels_of(message);
    for (uint32_t i = 0; i < message.header_count; ++i) {
        if (i < labels || !is_ours(view(message.headers[i].name))) kept.push_back(message.headers[i]);
    }
    leat_message clean = rewritten(message, kept, plan_.run, number_in(view(label(message, "leat-attempts"))), true);
    ++sent_;
    entry->push(entry, &clean, 1);
}

void Redrive::put_back(const leat_message& message) {
    std::vector<leat_header> headers;
    for (uint32_t i = 0; i < message.header_count; ++i) {
        if (view(message.headers[i].name) != kRunHeader) headers.push_back(message.headers[i]);
    }
    headers.push_back({bytes(kRunHeader), kAbsent});
    const uint64_t token = returning_.add();
    Returning& r = *returning_.find(token);
    r.message = rewritten(message, headers, plan_.run, 0, false);
    r.attempts = 0;
    send_back(token);
}

void Redrive::send_back(uint64_t token) {
    Returning& r = *returning_.find(token);
    r.waits = false;
    leat_message sent = r.message;
    leat_buffer_retain(sent.buffer, 1);
    sent.receipt = {&settler_, token};
    dead_letter_->push(dead_letter_, &sent, 1);
}

void Redrive::settle(const leat_settlement* batch, size_t n) {
    const runtime::SettleScope scope;
    for (size_t i = 0; i < n; ++i) settle_one(batch[i]);
}

void Redrive::settle_one(const leat_settlement& s) {
    Returning* r = returning_.find(s.token);
    if (!r || r->waits) return settled_twice();
    if (s.outcome == LEAT_RETRY && !abandoning_) return again(s.token);
    const leat_message message = r->message;
    returning_.remove(s.token);
    if (s.outcome == LEAT_ACK) {
        ++put_back_;
        return Settlements().end(message, LEAT_ACK, LEAT_DEAD_LETTERED);
    }
    if (s.outcome == LEAT_REJECT) {
        route_.stop_with("the dead letter refused what was to be put back: " +
                         std::string(s.detail ? view(s.detail->text) : "no reason given"));
    }
    Settlements().end(message, LEAT_ABANDON);
}

void Redrive::again(uint64_t token) {
    const uint64_t next = returning_.add();  // another generation: a second settlement of this attempt is stale
    Returning& moved = *returning_.find(next);
    moved = *returning_.find(token);
    returning_.remove(token);
    moved.waits = true;
    const auto delay = runtime::Backoff().delay(moved.attempts++, route_.shard().random());
    route_.shard().timers().start(
        delay,
        [this, next] {
            if (returning_.find(next)) send_back(next);  // else abandoned meanwhile
        },
        this);
}

void Redrive::abandon_all() {
    abandoning_ = true;
    const auto paced = std::exchange(paced_, {});
    for (const leat_message& m : paced) leave(m);
    returning_.for_each([this](uint64_t token, Returning& r) {
        if (!r.waits) return;  // the sink settles it
        const leat_message message = r.message;
        returning_.remove(token);
        leave(message);
    });
}

}  // namespace leat::route
