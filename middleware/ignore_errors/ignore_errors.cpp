#include "ignore_errors.hpp"

#include <algorithm>

namespace leat::ignore_errors {
namespace {

std::string_view reason_of(const leat_settlement& s) {
    const std::string_view text = s.detail ? view(s.detail->text) : std::string_view();
    return text.empty() ? "no reason given" : text;
}

}  // namespace

bool Reasons::count(std::string_view text) {
    for (One& each : all_) {
        if (each.text == text) return ++each.times, false;
    }
    if (all_.size() == kMost) return ++others_, false;
    all_.push_back({std::string(text), 1});
    return true;
}

void IgnoreErrors::open() {
    ignored_ = services().host->counter(services().me, LEAT_COUNTER, "ignored", "Failures that count as done.");
    sent_.on_settled(
        this,
        [](void* self, uint64_t token, const leat_settlement& s, Settlements& up) {
            static_cast<IgnoreErrors*>(self)->settle(token, s, up);
        },
        [](void* self) { static_cast<IgnoreErrors*>(self)->look_stopped(); });
    sent_.pass_acks();
}

void IgnoreErrors::take(leat_message* all, size_t n) {
    for (size_t i = 0; i < n; ++i) sent_.replace(all[i]);  // hot: per message
    pass(all, n);
}

void IgnoreErrors::settle(uint64_t token, const leat_settlement& s, Settlements& up) {
    const leat_receipt receipt = sent_.find(token)->receipt;
    sent_.remove(token);
    if (!is_ignored(s)) return up.settle(receipt, s.outcome, s.code, s.detail);
    count(s);
    up.settle(receipt, LEAT_ACK, LEAT_DISCARDED, s.detail);
}

bool IgnoreErrors::is_ignored(const leat_settlement& s) const {
    if (s.outcome == LEAT_ABANDON) return false;
    if (s.outcome != LEAT_REJECT && !retries) return false;
    const std::string_view why = reason_of(s);
    return reasons.empty() || std::any_of(reasons.begin(), reasons.end(), [&](const std::string& each) {
               return why.find(each) != std::string_view::npos;
           });
}

void IgnoreErrors::count(const leat_settlement& s) {
    const std::string_view why = reason_of(s);
    services().host->counter_add(ignored_, 1);
    if (seen_.count(why)) services().log_warning("ignores failures; the first of this kind: " + std::string(why));
}

void IgnoreErrors::give_up() {
    for (const Reasons::One& each : seen_.all()) {
        services().log_info("ignored " + std::to_string(each.times) + " times: " + each.text);
    }
    if (seen_.others()) services().log_info("ignored " + std::to_string(seen_.others()) + " times: other reasons");
}

}  // namespace leat::ignore_errors
