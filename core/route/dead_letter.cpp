#include "route/dead_letter.hpp"

#include "route/redrive.hpp"
#include "runtime/buffers.hpp"
#include "runtime/reentrancy.hpp"

#include <leat/sdk/flow/broken_rule.hpp>
#include <leat/sdk/flow/buffer.hpp>

#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace leat::route {
namespace {

std::string utc(int64_t ns) {
    const time_t seconds = static_cast<time_t>(ns / 1'000'000'000);
    tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> day{};
    std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%s.%03dZ", day.data(), static_cast<int>(ns / 1'000'000 % 1000));
    return text.data();
}

// The message with the headers added, in a buffer that keeps a reference of the original's.
leat_message labelled(const Refused& refused, const std::string& route, const std::string& step) {
    const leat_message& original = refused.message;
    const auto* before =
        static_cast<const Redriven*>(original.ext ? original.ext->query(original.ext, kRedriven) : nullptr);
    const int64_t time =
        original.timestamp_ns ? original.timestamp_ns : std::chrono::system_clock::now().time_since_epoch().count();
    std::vector<std::pair<std::string_view, std::string>> added = {
        {"leat-route", route},
        {"leat-step", step},
        {"leat-reason", refused.reason},
        {"leat-attempts", std::to_string(refused.attempts + (before ? before->attempts : 0))},
        {"leat-topic", std::string(view(original.topic))},
        {"leat-time", utc(time)},
    };
    if (present(original.key)) added.emplace_back("leat-key", view(original.key));
    if (before) added.emplace_back(kRunHeader, view(before->run));
    const size_t count = original.header_count + added.size();
    size_t size = count * sizeof(leat_header);
    for (const auto& [name, value] : added) size += name.size() + value.size();

    leat_message made = original;
    void* data = nullptr;
    made.buffer = runtime::new_buffer(size, &data);
    leat_buffer_retain(original.buffer, 1);
    runtime::adopt_buffer(made.buffer, original.buffer, 1);
    auto* headers = static_cast<leat_header*>(data);
    Packer packer(static_cast<char*>(data) + count * sizeof(leat_header));
    std::copy_n(original.headers, original.header_count, headers);
    for (size_t i = 0; i < added.size(); ++i) {
        headers[original.header_count + i].name = packer.put(bytes(added[i].first));
        headers[original.header_count + i].value = packer.put(bytes(added[i].second));
    }
    made.headers = headers;
    made.header_count = static_cast<uint32_t>(count);
    return made;
}

}  // namespace

DeadLetter::DeadLetter(Control& route) : route_(route) {
    settler_.settle = [](leat_settler* s, const leat_settlement* batch, size_t n) {
        static_cast<Settler*>(s)->owner->settle(batch, n);
    };
    settler_.owner = this;
}

DeadLetter::~DeadLetter() { route_.shard().timers().cancel_all(this); }

void DeadLetter::send(Refused&& refused, const std::string& step, uint64_t lane, DeadLetterClient* client) {
    if (abandoning_) return client->dead_lettered(lane, std::move(refused), false);
    const uint64_t token = sent_.add();
    Sent& sent = *sent_.find(token);
    sent.refused = std::move(refused);
    sent.step = step;
    sent.lane = lane;
    sent.client = client;
    sent.attempts = 0;
    push(token, sent);
}

void DeadLetter::push(uint64_t token, Sent& sent) {
    runtime::assert_may_push();
    sent.waits = false;
    leat_message message = labelled(sent.refused, route_.name(), sent.step);
    message.receipt = {&settler_, token};
    sink_->push(sink_, &message, 1);
}

void DeadLetter::settle(const leat_settlement* batch, size_t n) {
    const runtime::SettleScope scope;
    for (size_t i = 0; i < n; ++i) settle_one(batch[i]);
}

void DeadLetter::settle_one(const leat_settlement& s) {
    Sent* sent = sent_.find(s.token);
    if (!sent || sent->waits) {
        if (stale_++ == 0) route_.log(LEAT_LOG_WARNING, "the dead letter settled a message twice; ignored");
        return settled_twice();
    }
    if (s.outcome == LEAT_ACK || s.outcome == LEAT_ABANDON || s.outcome == LEAT_REJECT || abandoning_) {
        Sent ended = std::move(*sent);
        sent_.remove(s.token);
        if (s.outcome == LEAT_REJECT) {
            route_.stop_with("the dead letter refused a message: " +
                             std::string(s.detail ? view(s.detail->text) : "no reason given"));
        }
        ended.client->dead_lettered(ended.lane, std::move(ended.refused), s.outcome == LEAT_ACK);
        return;
    }
    again(s.token, *sent, s.detail ? s.detail->retry_after_ns : 0);
}

void DeadLetter::again(uint64_t token, Sent& sent, int64_t after_ns) {
    const runtime::Backoff backoff;
    const auto delay = std::max(backoff.delay(sent.attempts++, route_.shard().random()), Nanoseconds(after_ns));
    const uint64_t next = sent_.add();  // another generation: a second settlement of this attempt is stale
    Sent& moved = *sent_.find(next);
    moved = std::move(*sent_.find(token));
    sent_.remove(token);
    moved.waits = true;
    route_.shard().timers().start(
        delay,
        [this, next] {
            if (Sent* due = sent_.find(next)) push(next, *due);
        },
        this);
}

void DeadLetter::abandon() {
    abandoning_ = true;
    sent_.for_each([this](uint64_t token, Sent& sent) {
        if (!sent.waits) return;
        Sent ended = std::move(sent);
        sent_.remove(token);
        ended.client->dead_lettered(ended.lane, std::move(ended.refused), false);
    });
}

}  // namespace leat::route
