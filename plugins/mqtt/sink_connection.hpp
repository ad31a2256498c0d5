// The connection that the sinks of one backend share on one shard. It takes messages over from them, keeps them until
// the broker has confirmed them, sends them again in order after a reconnect, and settles.
#pragma once

#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/sink.hpp>

#include <memory>
#include <string>
#include <vector>

#include "native/connection.hpp"
#include "native/outbound.hpp"
#include "options.hpp"

namespace leat::mqtt {

class SinkConnection final : public leat::Part, private Connection::Owner {
  public:
    /// A sink, as its connection sees it.
    class User {
      public:
        virtual void connection_state(std::uint32_t state, const std::string& why, Nanoseconds next_attempt) = 0;
        [[nodiscard]] virtual NoSubscriberChoice no_subscriber() const = 0;
        /// What the sink needs and this broker does not grant, in words; empty when all is well.
        [[nodiscard]] virtual std::string unmet(const Connack& granted) const = 0;

      protected:
        ~User() = default;
    };

    explicit SinkConnection(ConnectionSettings settings);

    void open() override;
    void start() override;
    void stop() override;

    /// Adds a sink; returns the number that its items carry. It is told the state at once.
    std::uint32_t join(User& user);
    /// Ends a sink: what it has given and is not confirmed is settled ABANDON.
    void leave(std::uint32_t sink);

    /// Memory for topic and properties of the next item, of one message. Then scratch() is its buffer.
    std::uint8_t* reserve(std::size_t size) { return reinterpret_cast<std::uint8_t*>(arena_->reserve(size)); }
    /// The buffer of the last reserve(), with one reference for the caller.
    leat_buffer* scratch();

    /// Takes over a message. Sent in the next turn of the shard, together with others.            // hot: per message
    void add(const Outbound::Item& item) { outbound_.add(item); }
    void send_soon();

  private:
    void connected(const Connack& connack) override;
    void lost() override;
    void readable() override;
    void drained() override { send(); }
    void state(std::uint32_t state, const std::string& why, Nanoseconds next_attempt) override;
    void closed() override;

    bool require_granted();
    void send();
    static void settle(const Outbound::Item& item, Settlements& done, BufferRun& buffers, std::uint32_t outcome,
                       std::uint32_t code, std::string_view why);
    void take(Event::Kind kind, const Ack& ack, Settlements& done, BufferRun& buffers);
    void conclude(std::uint64_t position, const Ack& ack, Settlements& done, BufferRun& buffers);
    void settle_as_told(std::uint64_t position, const Ack& ack, Settlements& done, BufferRun& buffers);
    void settle_written();
    void refuse_too_large();

    ConnectionSettings settings_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<Arena> arena_;
    Outbound outbound_;
    std::vector<User*> users_;  // nullptr: has left
    std::uint32_t state_ = LEAT_STATE_CONNECTING;
    std::string why_;
    bool is_sending_soon_ = false;
    bool was_connected_ = false;
};

}  // namespace leat::mqtt
