#include "support/kafka.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "support/eventually.hpp"
#include "support/kafka_topics.hpp"
#include "support/paths.hpp"
#include "support/port.hpp"

namespace leat::test {
namespace {

using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;

Client admin_client(const std::string& brokers) {
    std::array<char, 512> error{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), error.data(), error.size());
    rd_kafka_conf_set(conf, "log_level", "0", error.data(), error.size());
    rd_kafka_conf_set(conf, "reconnect.backoff.ms", "20", error.data(), error.size());
    rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "200", error.data(), error.size());
    rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error.data(), error.size());
    if (client == nullptr) throw std::runtime_error(error.data());
    return {client, rd_kafka_destroy};
}

std::string tail(const std::string& text) { return text.size() > 4000 ? text.substr(text.size() - 4000) : text; }

void write_logins(std::ostream& out, const std::string& listener, const std::map<std::string, std::string>& users) {
    const std::string name = "listener.name." + listener + '.';
    const std::string module = "org.apache.kafka.common.security.";
    out << name << "plain.sasl.jaas.config=" << module << "plain.PlainLoginModule required";
    for (const auto& [user, password] : users) out << " user_" << user << "=\"" << password << '"';
    out << ";\n";
    for (const char* mechanism : {"scram-sha-256", "scram-sha-512"}) {
        out << name << mechanism << ".sasl.jaas.config=" << module << "scram.ScramLoginModule required;\n";
    }
}

}  // namespace

std::string creation_error(rd_kafka_event_t* event) {
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_event_error_string(event);
    std::size_t count = 0;
    const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto code = rd_kafka_topic_result_error(results[i]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
        return rd_kafka_err2str(code);
    }
    return {};
}

bool kafka_answers(const std::string& brokers) {
    const Client client = admin_client(brokers);
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client.get(), 0, nullptr, &metadata, 2000) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    const bool has_brokers = metadata->broker_cnt > 0;
    rd_kafka_metadata_destroy(metadata);
    return has_brokers;
}

void create_topic(const std::string& brokers, const std::string& name, int partitions,
                  const std::map<std::string, std::string>& properties) {
    const Client client = admin_client(brokers);
    std::array<char, 512> error{};
    rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, error.data(), error.size());
    if (topic == nullptr) throw std::runtime_error(error.data());
    for (const auto& [key, value] : properties) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
    rd_kafka_queue_t* queue = rd_kafka_queue_new(client.get());
    rd_kafka_CreateTopics(client.get(), &topic, 1, nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
    const std::string failure = event != nullptr ? creation_error(event) : "no answer";
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    if (!failure.empty()) throw std::runtime_error("cannot create topic " + name + ": " + failure);
}

Kafka::Kafka(Options options) : heap_(std::move(options.heap)), port_(free_port()), controller_port_(free_port()) {
    if (options.tls != nullptr) tls_port_ = free_port();
    if (!options.users.empty()) sasl_port_ = free_port();
    if (options.tls != nullptr && !options.users.empty()) sasl_tls_port_ = free_port();
    write_configuration(options);
    format(options);
    start();
}

void Kafka::write_configuration(const Options& options) {
    std::ostringstream listeners;
    std::ostringstream protocols;
    std::ostringstream out;
    listeners << "PLAINTEXT://127.0.0.1:" << port_;
    protocols << "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,"
                 "SASL_SSL:SASL_SSL";
    if (options.tls != nullptr) {
        listeners << ",SSL://localhost:" << tls_port_;
        out << "ssl.keystore.type=PEM\nssl.keystore.location=" << options.tls->server_store()
            << "\nssl.truststore.type=PEM\nssl.truststore.location=" << options.tls->ca() << '\n'
            << "ssl.client.auth=" << (options.client_certificates ? "required" : "none") << '\n';
    }
    if (!options.users.empty()) {
        listeners << ",SASL_PLAINTEXT://127.0.0.1:" << sasl_port_;
        out << "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n";
        write_logins(out, "sasl_plaintext", options.users);
    }
    if (sasl_tls_port_ != 0) {
        listeners << ",SASL_SSL://localhost:" << sasl_tls_port_;
        out << "listener.name.sasl_ssl.ssl.client.auth=none\n";
        write_logins(out, "sasl_ssl", options.users);
    }
    out << "process.roles=broker,controller\nnode.id=1\n"
        << "controller.quorum.voters=1@127.0.0.1:" << controller_port_ << '\n'
        << "listeners=" << listeners.str() << ",CONTROLLER://127.0.0.1:" << controller_port_ << '\n'
        << "advertised.listeners=" << listeners.str() << '\n'
        << "listener.security.protocol.map=" << protocols.str() << '\n'
        << "controller.listener.names=CONTROLLER\ninter.broker.listener.name=PLAINTEXT\n"
        << "log.dirs=" << (folder_ / "data") << '\n'
        << "num.partitions=1\nauto.create.topics.enable=true\n"
        << "offsets.topic.num.partitions=1\noffsets.topic.replication.factor=1\n"
        << "transaction.state.log.num.partitions=1\ntransaction.state.log.replication.factor=1\n"
        << "transaction.state.log.min.isr=1\n"
        << "group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\n"
        << "log.retention.check.interval.ms=3600000\nlog.cleaner.enable=false\n"
        << "num.network.threads=2\nnum.io.threads=2\nbackground.threads=1\nnum.recovery.threads.per.data.dir=1\n"
        << options.extra << '\n';
    folder_.write("server.properties", out.str());
}

void Kafka::format(const Options& options) {
    const std::string log = folder_ / "format.log";
    std::vector<std::string> words{
        "java", "-XX:TieredStopAtLevel=1", "-cp", kafka_jars() + "/*",          "kafka.tools.StorageTool", "format",
        "-t",   "bGVhdC10ZXN0cy1rYWZrYQ",  "-c",  folder_ / "server.properties"};
    for (const auto& [user, password] : options.users) {
        std::string login = "=[name=";
        login.append(user).append(",password=").append(password).append("]");
        for (const char* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-512"}) {
            words.insert(words.end(), {"--add-scram", mechanism + login});
        }
    }
    if (run(words, log) != 0) throw std::runtime_error("Kafka's storage was not formatted:\n" + tail(read_file(log)));
}

void Kafka::start() {
    process_ = Process({"java", "-Xmx" + heap_, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                        kafka_jars() + "/*", "kafka.Kafka", folder_ / "server.properties"},
                       {.output = folder_ / "kafka.log"});
    const bool up = eventually([this] { return !process_.running() || (accepts(port_) && kafka_answers(brokers())); },
                               std::chrono::minutes(2), std::chrono::milliseconds(50));
    if (!up || !process_.running()) throw std::runtime_error("Kafka did not start:\n" + tail(log()));
}

void Kafka::stop() { process_.stop(); }

std::string Kafka::brokers() const { return "127.0.0.1:" + std::to_string(port_); }

std::string Kafka::tls_brokers() const { return "localhost:" + std::to_string(tls_port_); }

std::string Kafka::sasl_brokers() const { return "127.0.0.1:" + std::to_string(sasl_port_); }

std::string Kafka::sasl_tls_brokers() const { return "localhost:" + std::to_string(sasl_tls_port_); }

void Kafka::create_topic(const std::string& name, int partitions,
                         const std::map<std::string, std::string>& properties) const {
    test::create_topic(brokers(), name, partitions, properties);
}

std::string Kafka::log() const { return read_file(folder_ / "kafka.log"); }

}  // namespace leat::test
