// The native engine's connection for sinks: takes messages over, keeps them until the broker has confirmed them,
// sends them again in order after a reconnect, and settles. Thread: shard.
#pragma once

#include <vector>

#include "native/connection.hpp"
#include "native/outbound.hpp"
#include "sink_connection.hpp"

namespace leat::mqtt {

class NativeSinks final : public SinkConnection, private Connection::Owner {
  public:
    explicit NativeSinks(ConnectionSettings settings);

    void open() override;
    void start() override;
    void stop() override;

    void add(const Outbound::Item& item) override { outbound_.add(item); }
    void send_soon() override;
    [[nodiscard]] Version version() const override { return connection_->version(); }

  private:
    void joined() override;
    void give_up(std::uint32_t sink) override;

    void connected(const Connack& connack) override;
    void lost() override;
    void readable() override;
    std::size_t awaited() override { return outbound_.on_their_way(); }
    void drained() override { send(); }
    void state(std::uint32_t state, const std::string& why, Nanoseconds next_attempt) override {
        tell_users(state, why, next_attempt);
    }
    void closed() override;

    bool require_granted();
    void send();
    void take(Event::Kind kind, const Ack& ack, Settlements& done, BufferRun& buffers);
    void conclude(std::uint64_t position, const Ack& ack, Settlements& done, BufferRun& buffers);
    void settle_written();
    void refuse_too_large();

    ConnectionSettings settings_;
    std::unique_ptr<Connection> connection_;
    Outbound outbound_;
    bool is_sending_soon_ = false;
    bool was_connected_ = false;
};

}  // namespace leat::mqtt
