// rabbitmq: a real broker; topics are routing keys of one exchange, a group is a queue.
#include <amqp.h>

#include <chrono>
#include <map>

#include "conformance/backend.hpp"
#include "support/certificates.hpp"
#include "support/rabbitmq.hpp"
#include "support/rabbitmq_client.hpp"

namespace leat::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kExchange = "conformance";
constexpr const char* kListener = "conformance-listener";
constexpr const char* kKeyHeader = "leat-message-key";

amqp_bytes_t of(const std::string& text) { return {text.size(), const_cast<char*>(text.data())}; }

/** Properties with the key and the headers of one message; views of both. */
class Properties {
  public:
    explicit Properties(const Sample& s) {
        if (s.key) add(key_name_, *s.key);
        for (const auto& [name, value] : s.headers) add(name, value);
        properties_._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG;
        properties_.delivery_mode = 2;
        properties_.headers = {static_cast<int>(entries_.size()), entries_.data()};
    }
    const amqp_basic_properties_t* get() const { return &properties_; }

  private:
    void add(const std::string& name, const std::string& value) {
        amqp_table_entry_t entry{};
        entry.key = of(name);
        entry.value.kind = AMQP_FIELD_KIND_UTF8;
        entry.value.value.bytes = of(value);
        entries_.push_back(entry);
    }
    std::string key_name_ = kKeyHeader;
    std::vector<amqp_table_entry_t> entries_;
    amqp_basic_properties_t properties_{};
};

class RabbitMqBackend final : public TestedBackend {
  public:
    Features features() const override { return {.name = "rabbitmq"}; }
    /** A body is there, if only empty. */
    Envelope envelope() const override { return {.absent_payload = false}; }
    std::string options(Access access) const override {
        const bool is_tls = access == Access::wrong_certificate || access == Access::by_certificate;
        std::string text = R"("plugin": "rabbitmq", "url": ")" + (is_tls ? broker_.tls_url() : broker_.url()) + '"';
        if (is_tls) {
            text +=
                R"(, "tls": { "ca": ")" + (access == Access::by_certificate ? certificates_ : others_).ca() + "\" }";
        }
        if (access == Access::wrong_password) text += R"(, "user": "guest", "password": "wrong")";
        return text;
    }
    std::string from(const std::vector<std::string>&, const Reader& reader) const override {
        return "\"queue\": \"" + reader.group + '"';
    }
    std::string to() const override {
        return std::string(R"("routing_key": "${topic}", "exchange": ")") + kExchange + '"';
    }
    std::optional<std::size_t> payload_limit() const override { return 4'000'000; }
    void create(const std::vector<std::string>& topics, const std::vector<Reader>& readers, int) override {
        AmqpClient client(broker_.port());
        client.declare_exchange(kExchange, "topic");
        for (const Reader& reader : readers) {
            if (reader.member == 0) declare(client, reader.group, topics);
        }
    }
    void stop_broker() override { broker_.stop(); }
    void start_broker() override { broker_.start(); }
    /** In order of each topic. */
    void publish(const std::vector<Sample>& samples) override {
        AmqpClient client(broker_.port());
        std::map<std::string, std::vector<std::string>> plain;
        for (const Sample& s : samples) {
            if (s.headers.empty() && !s.key) {
                plain[s.topic].push_back(s.payload.value_or(""));
            } else {
                client.publish(kExchange, s.topic, {s.payload.value_or("")}, Properties(s).get());
            }
        }
        for (const auto& [topic, payloads] : plain) client.publish(kExchange, topic, payloads);
    }
    void listen(const std::vector<std::string>& topics) override {
        collected_.clear();
        AmqpClient client(broker_.port());
        client.remove(kListener);
        declare(client, kListener, topics);
    }
    std::vector<Sample> collect(std::size_t count) override {
        AmqpClient client(broker_.port());
        for (auto& m : client.take(kListener, count - collected_.size(), 20s)) {
            Sample s{.topic = m.routing_key, .payload = m.payload};
            for (const auto& [name, value] : m.headers) {
                if (name == kKeyHeader) {
                    s.key = value;
                } else {
                    s.headers.emplace_back(name, value);
                }
            }
            collected_.push_back(std::move(s));
        }
        return collected_;
    }

  private:
    static void declare(AmqpClient& client, const std::string& queue, const std::vector<std::string>& topics) {
        constexpr std::size_t kMany = 100;
        client.declare(queue);
        if (topics.size() > kMany)
            return client.bind(queue, kExchange, topics[0].substr(0, topics[0].find('.')) + ".*");
        for (const auto& topic : topics) client.bind(queue, kExchange, topic);
    }

    Certificates certificates_;
    Certificates others_;  ///< Of another authority.
    RabbitMq broker_{{.tls = &certificates_, .extra = "max_message_size = 4000000"}};
    std::vector<Sample> collected_;
};

const Registered kRabbitMq("rabbitmq", [] { return std::make_unique<RabbitMqBackend>(); });

}  // namespace
}  // namespace leat::test
