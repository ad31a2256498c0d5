// The connection that the sinks of one backend share on one shard, whichever engine speaks for it: who uses it, and
// how acknowledgements become outcomes.
#pragma once

#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/sink.hpp>

#include <memory>
#include <string>
#include <vector>

#include "native/outbound.hpp"
#include "options.hpp"

namespace leat::mqtt {

/// On the shard only.
class SinkConnection : public leat::Part {
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

    void open() override;

    /// Adds a sink; returns the number that its items carry. It is told the state at once.
    std::uint32_t join(User& user);
    /// Ends a sink: what it has given and is not confirmed is settled ABANDON.
    void leave(std::uint32_t sink);

    /// Memory for topic and properties of the next item, of one message. Then scratch() is its buffer.
    std::uint8_t* reserve(std::size_t size) { return reinterpret_cast<std::uint8_t*>(arena_->reserve(size)); }
    /// The buffer of the last reserve(), with one reference for the caller.
    leat_buffer* scratch();

    /// Takes over a message. Sent in the next turn of the shard, together with others.            // hot: per message
    virtual void add(const Outbound::Item& item) = 0;
    virtual void send_soon() = 0;

    /// What the broker is spoken to in, as far as is known: 3.1.1 has no place for headers.
    [[nodiscard]] virtual Version version() const = 0;

  protected:
    /// A sink has joined.
    virtual void joined() = 0;
    /// Settles everything of this sink ABANDON.
    virtual void give_up(std::uint32_t sink) = 0;

    void tell_users(std::uint32_t state, const std::string& why, Nanoseconds next_attempt);
    /// What some sink needs and the broker does not grant; empty when all is well.
    [[nodiscard]] std::string unmet(const Connack& granted) const;
    /// Lets the memory of the last messages go, when none is held.
    void rest() { arena_->close(); }

    static void settle(const Outbound::Item& item, Settlements& done, BufferRun& buffers, std::uint32_t outcome,
                       std::uint32_t code, std::string_view why);
    /// Settles an item, already out of its queue, by the reason code of its acknowledgement, which is no plain
    /// success.
    void settle_by_code(const Outbound::Item& item, std::uint8_t code, std::string_view words, Settlements& done,
                        BufferRun& buffers) const;

    static constexpr std::uint32_t kReasonCodes = 256;  ///< settlement codes of MQTT reasons begin here

  private:
    std::unique_ptr<Arena> arena_;
    std::vector<User*> users_;  // nullptr: has left
    std::uint32_t state_ = LEAT_STATE_CONNECTING;
    std::string why_;
};

}  // namespace leat::mqtt
