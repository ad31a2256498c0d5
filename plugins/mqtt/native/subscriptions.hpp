// Which filters a source wants, against those that its session at the broker has. A filter removed from the
// configuration stays subscribed in a persistent session, so what was subscribed is remembered and what is gone is
// unsubscribed.
//
//   Subscriptions subscriptions(wanted, remembered);
//   subscriptions.connected(session_present, session);      // SUBSCRIBE, and UNSUBSCRIBE for what is gone
//   subscriptions.answered(granted, problem);               // false: the broker refuses a filter
//
// On the shard only.
#pragma once

#include <string>
#include <vector>

#include "native/session.hpp"

namespace leat::mqtt {

class Subscriptions {
  public:
    /// remembered  the filters that an earlier user of this client id had subscribed, as far as is known.
    Subscriptions(std::vector<Wanted> wanted, std::vector<std::string> remembered);

    /// Asks for what is wanted on a new connection. SUBSCRIBE is sent at each in version 5: it is cheap, and a broker
    /// that lost part of its state is healed by it. Retained messages are sent again only for new subscriptions, by
    /// retain handling 1. Version 3.1.1 has none: there SUBSCRIBE is not repeated to a session that has granted all.
    void connected(bool session_present, Session& session);

    /// Takes the SUBACK. False when the broker refuses a filter: `refused` then says which and why, in words.
    bool answered(const Granted& granted, Version version, std::string& refused);

    /// Takes the UNSUBACK: the filters that are gone are forgotten.
    void unsubscribed(const Granted& granted);

    /// Whether every filter has been granted in this session.
    [[nodiscard]] bool is_complete() const { return complete_; }

    /// What the session at the broker may have subscribed: to be remembered for the next user of the client id.
    [[nodiscard]] std::vector<std::string> known() const;

  private:
    std::vector<Wanted> wanted_;
    std::vector<std::string> gone_;
    std::uint16_t subscribe_id_ = 0;
    std::uint16_t unsubscribe_id_ = 0;
    bool complete_ = false;
};

}  // namespace leat::mqtt
