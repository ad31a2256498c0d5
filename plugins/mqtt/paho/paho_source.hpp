// A source over Paho: for WebSocket and proxies. Paho acknowledges a message when its callback returns, so the
// callback is held until the message has landed: one in flight. Held for half the keep-alive, the connection is cut
// before the PUBACK can leave, and made again: the broker then sends the message again, and it is recognised as the
// one in flight.
//
// A held callback holds every Paho client of the process: there is one such source, and no Paho sink beside it.
#pragma once

#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/source.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "options.hpp"
#include "paho/link.hpp"
#include "remembered.hpp"

namespace leat::mqtt {

class PahoSource final : public leat::Source, private PahoLink::Owner {
  public:
    /// remembered   the backend's; outlives the source
    PahoSource(SourceOptions options, PahoSettings settings, Remembered& remembered);

    void open() override;
    void start() override;
    void stop() override;

  protected:
    void resume() override { take(); }
    void advanced(InFlight& window) override;
    void rejected(InFlight& window, std::uint64_t sequence, const leat_settlement& settlement) override;

  private:
    // A message whose acknowledgement the broker has not got.
    struct Unacknowledged {
        std::uint64_t sequence;
        paho::const_message_ptr message;
    };

    void told(std::vector<PahoEvent>& events) override;
    void arrived(paho::const_message_ptr message) override;

    void begin(const PahoEvent& event);
    void lost();
    void take();
    bool adopt(const paho::const_message_ptr& message);
    void emit_one(const paho::const_message_ptr& message);
    void answer();
    void closed();
    void remember(std::vector<std::string> filters);

    SourceOptions options_;
    PahoSettings settings_;
    Remembered& remembered_;
    std::unique_ptr<PahoLink> link_;
    std::unique_ptr<Arena> headers_;
    InFlight* window_ = nullptr;
    std::optional<Unacknowledged> current_;  // what the held callback waits for
    std::deque<Unacknowledged> earlier_;  // of connections that are gone, in the order in which they will come again
    std::uint64_t due_ = 0;  // the arrival that is to be taken: told of behind its connection's beginning
    bool warned_of_reject_ = false;

    std::mutex mutex_;  // for what follows
    std::condition_variable landed_;
    paho::const_message_ptr held_;
    std::uint64_t arrival_ = 0;  // number of the held one
    bool is_taken_ = false;      // the shard has the one that is held
    bool is_answered_ = false;
    bool is_stopping_ = false;
};

}  // namespace leat::mqtt
