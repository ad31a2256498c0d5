#include "native/subscriptions.hpp"

#include <algorithm>

#include "reasons.hpp"

namespace leat::mqtt {

Subscriptions::Subscriptions(std::vector<Wanted> wanted, std::vector<std::string> remembered)
    : wanted_(std::move(wanted)), gone_(std::move(remembered)) {
    std::erase_if(gone_, [this](const std::string& filter) {
        return std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& w) { return w.filter == filter; });
    });
}

void Subscriptions::connected(bool session_present, Session& session) {
    // A 3.1.1 broker sends every retained message again for each SUBSCRIBE.
    const bool wants_retained =
        std::any_of(wanted_.begin(), wanted_.end(), [](const Wanted& w) { return w.retain_handling == 0; });
    complete_ = complete_ && session_present && session.version() == Version::v3_1_1 && !wants_retained;
    subscribe_id_ = 0;
    unsubscribe_id_ = 0;
    if (!session_present) gone_.clear();
    if (!gone_.empty()) unsubscribe_id_ = session.unsubscribe(gone_);
    if (!complete_) subscribe_id_ = session.subscribe(wanted_);
}

bool Subscriptions::answered(const Granted& granted, Version version, std::string& refused) {
    if (granted.packet_id != subscribe_id_) return true;
    if (granted.codes.size() != wanted_.size()) {
        refused = "the broker answered for another number of filters than asked";
        return false;
    }
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
        const std::uint8_t code = granted.codes[i];
        if (code < reason::unspecified && code >= wanted_[i].qos) continue;
        refused = "the broker ";
        if (code < reason::unspecified)
            refused += "grants only QoS " + std::to_string(code) + " for '" + wanted_[i].filter + "'";
        else
            refused += "refuses '" + wanted_[i].filter + "': " +
                       (version == Version::v5 ? in_words(code) : std::string("failure, perhaps not allowed"));
        if (!granted.reason_string.empty()) refused.append(" (").append(granted.reason_string).append(")");
        return false;
    }
    complete_ = true;
    return true;
}

void Subscriptions::unsubscribed(const Granted& granted) {
    if (granted.packet_id == unsubscribe_id_) gone_.clear();
}

std::vector<std::string> Subscriptions::known() const {
    std::vector<std::string> all = gone_;
    for (const Wanted& w : wanted_) all.push_back(w.filter);
    return all;
}

}  // namespace leat::mqtt
