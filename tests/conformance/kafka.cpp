// kafka: a real broker in one process, with a listener for each way in.
#include "support/kafka.hpp"
#include "conformance/backend.hpp"
#include "conformance/clients/kafka_client.hpp"
#include "support/certificates.hpp"
#include "support/paths.hpp"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <stdexcept>

namespace leat::test {
namespace {

/** A folder in memory, gone with its owner. Kafka makes three files of each new topic durable, one after the other:
 * on a disk that needs 8 ms for one, 10,000 topics are four minutes. Throws std::runtime_error. */
class MemoryFolder {
  public:
    MemoryFolder() {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder " + path_);
    }
    ~MemoryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    MemoryFolder(const MemoryFolder&) = delete;
    MemoryFolder& operator=(const MemoryFolder&) = delete;

    const std::string& path() const { return path_; }
    /** Whether there is such memory, enough for 10,000 topics, and as many open files may be. */
    static bool has_room() {
        struct statvfs found {};
        rlimit files{};
        return ::statvfs("/dev/shm", &found) == 0 && found.f_bavail * found.f_frsize >= (std::uint64_t{1} << 30) &&
               ::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max >= 16'384;
    }

  private:
    std::string path_ = "/dev/shm/leat-XXXXXX";
};

/** A broker for a case with thousands of topics, so that the others need not live with them. */
struct Crowded {
    MemoryFolder folder;
    Kafka kafka{{.extra = "log.dirs=" + folder.path() + '\n'}};
    KafkaClient client{kafka.brokers()};
};

class KafkaBackend final : public TestedBackend {
  public:
    Features features() const override { return {.name = "kafka", .requeues_live = false}; }
    std::string options(Access access) const override {
        std::string text = R"("plugin": "kafka", "properties": { "message.max.bytes": "4194304" }, "brokers": ")";
        switch (access) {
            case Access::right:
                return text + (crowded_ ? crowded_->kafka : kafka_).brokers() + '"';
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
        // With thousands of topics librdkafka's main thread is busy for seconds at a time.
        const std::string session = crowded_ ? "60s" : "6s";
        return "\"topics\": [" + list + "], \"group\": \"" + reader.group + "\", \"session_timeout\": \"" + session +
               '"';
    }
    std::string to() const override { return R"("topic": "${topic}")"; }
    std::optional<std::size_t> payload_limit() const override { return 4'000'000; }
    /** Takes minutes: librdkafka 2.0.2 looks for each topic among all those of a client, one by one, so that what it
     * does about all of them grows with the square of their number. */
    int many_topics() const override {
        return static_cast<int>(setting("LEAT_CONFORMANCE_KAFKA_TOPICS", MemoryFolder::has_room() ? 10'000 : 300));
    }
    void create(const std::vector<std::string>& topics, const std::vector<Reader>&, int partitions) override {
        crowded_.reset();
        if (topics.size() > 1000) crowded_ = std::make_unique<Crowded>();
        client().create(topics, partitions);
    }
    void stop_broker() override { kafka().stop(); }
    void start_broker() override { kafka().start(); }
    void publish(const std::vector<Sample>& samples) override { client().publish(samples); }
    void listen(const std::vector<std::string>& topics) override { client().listen(topics); }
    std::vector<Sample> collect(std::size_t count) override { return client().collect(count); }

  private:
    Kafka& kafka() { return crowded_ ? crowded_->kafka : kafka_; }
    KafkaClient& client() { return crowded_ ? crowded_->client : client_; }

    Certificates certificates_;
    Certificates others_;  ///< Of another authority.
    Kafka kafka_{{.tls = &certificates_,
                  .users = {{"leat", "right"}},
                  .extra = "message.max.bytes=5000000\nreplica.fetch.max.bytes=5000000\n"}};
    KafkaClient client_{kafka_.brokers()};
    std::unique_ptr<Crowded> crowded_;  ///< While the present case has that many topics.
};

const Registered kKafka("kafka", [] { return std::make_unique<KafkaBackend>(); });

}  // namespace
}  // namespace leat::test
