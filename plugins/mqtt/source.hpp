// Takes messages from an MQTT broker: a persistent session of its own, PUBACKs and PUBRECs only for what has landed,
// in the order of the PUBLISHes. Out of credit it stops reading the socket, QoS 0 included, while pings go on.
#pragma once

#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/source.hpp>

#include <memory>
#include <string>

#include "native/ahead.hpp"
#include "native/connection.hpp"
#include "native/inbound.hpp"
#include "native/subscriptions.hpp"
#include "options.hpp"
#include "remembered.hpp"

namespace leat::mqtt {

class MqttSource final : public leat::Source, private Connection::Owner {
  public:
    /// settings     of the backend; client id and session are filled in here
    /// remembered   the backend's; outlives the source
    MqttSource(SourceOptions options, ConnectionSettings settings, Remembered& remembered);

    void open() override;
    void start() override;
    void stop() override;

  protected:
    void resume() override;
    void advanced(InFlight& window) override;
    void rejected(InFlight& window, std::uint64_t sequence, const leat_settlement& settlement) override;
    void hold() override;

  private:
    void connected(const Connack& connack) override;
    void lost() override;
    void readable() override;
    std::size_t awaited() override { return ahead_.left(inbound_.unacknowledged()); }
    void stalled() override { ahead_.stalled(); }
    void drained() override {}
    void state(std::uint32_t, const std::string&, Nanoseconds) override {}
    void closed() override;

    void pump();
    std::size_t gather(leat_message* batch, std::size_t most, bool& is_starved);
    void fill(leat_message& message, const Publish& publish, std::int64_t now_ns);
    void answer(const Event& event);
    [[nodiscard]] std::size_t credit() const;

    SourceOptions options_;
    ConnectionSettings settings_;
    Remembered& remembered_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<Subscriptions> subscriptions_;
    std::unique_ptr<Arena> headers_;
    Inbound inbound_;
    Ahead ahead_;
    InFlight* window_ = nullptr;
    bool warned_of_reject_ = false;
};

}  // namespace leat::mqtt
