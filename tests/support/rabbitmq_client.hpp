// A client of RabbitMQ for tests, on rabbitmq-c and nothing of the plugin's.
//
//   AmqpClient client(broker.port());
//   client.declare("in", {.is_quorum = true});
//   client.publish("", "in", {"1", "2"});          // returns when all are confirmed
//   auto got = client.take("out", 2, 10s);         // acknowledged
#pragma once

#include <amqp.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace leat::test {

/** One connection with one channel. Every failure throws std::runtime_error. [one thread] */
class AmqpClient {
  public:
    explicit AmqpClient(std::uint16_t port);
    ~AmqpClient();
    AmqpClient(const AmqpClient&) = delete;
    AmqpClient& operator=(const AmqpClient&) = delete;

    struct Queue {
        bool is_quorum = false;
        std::map<std::string, std::string> arguments = {};
        std::map<std::string, std::int64_t> numbers = {};  ///< Arguments that are numbers.
    };
    void declare(const std::string& queue) { declare(queue, Queue{}); }
    void declare(const std::string& queue, const Queue& options);
    void declare_exchange(const std::string& exchange, const std::string& type);
    void bind(const std::string& queue, const std::string& exchange, const std::string& routing_key);
    void remove(const std::string& queue);
    /** Messages that are ready; -1 when there is no such queue. */
    int count(const std::string& queue);

    /** Persistent, confirmed in a window; `properties` for all of them. */
    void publish(const std::string& exchange, const std::string& routing_key,
                 const std::vector<std::string>& payloads, const amqp_basic_properties_t* properties = nullptr);

    struct Message {
        std::string payload, exchange, routing_key;
        bool is_redelivered = false;
        std::map<std::string, std::string> headers = {};  ///< Text only.
        std::string content_type, correlation_id, reply_to, message_id, type, app_id, expiration;
        int delivery_mode = 0, priority = -1;
        std::uint64_t timestamp = 0;
    };
    /** Up to `most` messages, acknowledged; fewer when nothing has come for `idle`. */
    std::vector<Message> take(const std::string& queue, std::size_t most, std::chrono::milliseconds idle);

  private:
    void check(const char* what);
    amqp_connection_state_t state_;
    std::uint64_t published_ = 0;  // tags confirmed so far
};

}  // namespace leat::test
