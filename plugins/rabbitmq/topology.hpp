// What has to be there at the broker before messages flow, declared or only looked for.
//
//   Topology wanted = topology_of(source_options);
//   wanted.establish(connection, kSideChannel);      // throws Closed with the broker's words
//
// On the thread of the connection.
#pragma once

#include <string>

#include "amqp/connection.hpp"
#include "options.hpp"

namespace leat::rabbitmq {

class Topology {
  public:
    /// Nothing: looks for nothing.
    Topology() = default;
    /// For a source: its queue, and what belongs to it.
    static Topology of(const SourceOptions& options);
    /// For a sink: its exchange, where that is known without a message, and a queue bound to it.
    static Topology of(const SinkOptions& options);

    /// Declares what is to be declared and looks for the rest. Throws Closed, which closes the channel, or Lost.
    void establish(Connection& connection, amqp_channel_t channel) const;
    /// The same without declaring anything: whether all that must exist is there. Calls found(what) for each thing.
    template <class Found>
    void look(Connection& connection, amqp_channel_t channel, Found&& found) const {
        if (!exchange_.empty()) find_exchange(connection, channel, exchange_), found("exchange '" + exchange_ + "'");
        if (!queue_.empty()) found("queue '" + queue_ + "', " + find_queue(connection, channel, queue_));
    }

    [[nodiscard]] bool is_declared() const { return is_declared_; }
    [[nodiscard]] bool is_empty() const { return queue_.empty() && exchange_.empty(); }
    [[nodiscard]] const std::string& queue() const { return queue_; }
    [[nodiscard]] const std::string& exchange() const { return exchange_; }

  private:
    static void find_exchange(Connection& connection, amqp_channel_t channel, const std::string& name);
    static std::string find_queue(Connection& connection, amqp_channel_t channel, const std::string& name);
    void declare_exchange(Connection& connection, amqp_channel_t channel) const;
    void declare_queue(Connection& connection, amqp_channel_t channel) const;
    void declare_dead_letters(Connection& connection, amqp_channel_t channel) const;
    void bind(Connection& connection, amqp_channel_t channel) const;

    std::string queue_;
    std::string exchange_;
    bool is_declared_ = false;
    DeclareOptions declare_;
};

}  // namespace leat::rabbitmq
