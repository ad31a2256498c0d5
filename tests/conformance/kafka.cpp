// kafka: a real broker in one process, with a listener for each way in.
#include "support/kafka.hpp"
#include "conformance/backend.hpp"
#include "conformance/clients/kafka_client.hpp"
#include "support/certificates.hpp"
#include "support/paths.hpp"

#include <stdexcept>

namespace leat::test {
namespace {

class KafkaBackend final : public TestedBackend {
  public:
    Features features() const override { return {.name = "kafka", .requeues_live = false}; }
    std::string options(Access access) const override {
        std::string text = R"("plugin": "kafka", "properties": { "message.max.bytes": "4194304" }, "brokers": ")";
        switch (access) {
            case Access::right:
                return text + kafka_.brokers() + '"';
            case Access::wrong_password:
            case Access::by_password:
                return text + kafka_.sasl_brokers() +
                       R"(", "sasl": { "mechanism": "PLAIN", "user": "leat", "password": ")" +
                       (access == Access::by_password ? "right" : "wrong") + "\" }";
            default:
                return text + kafka_.tls_brokers() + R"(", "tls": { "ca": ")" +
                       (access == Access::by_certificate ? certificates_ : others_).ca() + "\" }";
        }
    }
    std::string from(const std::vector<std::string>& topics, const Reader& reader) const override {
        std::string list;
        for (const auto& topic : topics) list += (list.empty() ? "\"" : ", \"") + topic + '"';
        return "\"topics\": [" + list + "], \"group\": \"" + reader.group + "\", \"session_timeout\": \"6s\"";
    }
    std::string to() const override { return R"("topic": "${topic}")"; }
    std::optional<std::size_t> payload_limit() const override { return 4'000'000; }
    /** What a broker in one process needs for it grows faster than their number: seen 6 s for 300, 46 s for 2,000,
     * and 10,000 were not made within a minute and a half. `make soak` asks for 2,000. */
    int many_topics() const override { return static_cast<int>(setting("LEAT_CONFORMANCE_KAFKA_TOPICS", 300)); }
    void create(const std::vector<std::string>& topics, const std::vector<Reader>&, int partitions) override {
        client_.create(topics, partitions);
    }
    void stop_broker() override { kafka_.stop(); }
    void start_broker() override { kafka_.start(); }
    void publish(const std::vector<Sample>& samples) override { client_.publish(samples); }
    void listen(const std::vector<std::string>& topics) override { client_.listen(topics); }
    std::vector<Sample> collect(std::size_t count) override { return client_.collect(count); }

  private:
    Certificates certificates_;
    Certificates others_;  ///< Of another authority.
    Kafka kafka_{{.tls = &certificates_,
                  .users = {{"leat", "right"}},
                  .extra = "message.max.bytes=5000000\nreplica.fetch.max.bytes=5000000\n"}};
    KafkaClient client_{kafka_.brokers()};
};

const Registered kKafka("kafka", [] { return std::make_unique<KafkaBackend>(); });

}  // namespace
}  // namespace leat::test
