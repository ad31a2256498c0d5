// A private Kafka of a test: one process, KRaft, on free ports.
//
//   Kafka kafka;
//   kafka.create_topic("telemetry", 4);
//   kafka.process().freeze();
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "support/certificates.hpp"
#include "support/folder.hpp"
#include "support/process.hpp"

namespace leat::test {

/**
 * A real broker that ends with its owner; up in 3 to 6 s. Restarts keep its ports and its log, also after a SIGKILL,
 * because what it acknowledged is in the page cache. Unknown topics are created on first use, with one partition.
 * Needs java in PATH and the jars that scripts/fetch_kafka.sh fetches. Throws std::runtime_error when it cannot be
 * started; the message holds the end of its log. [one thread]
 */
class Kafka {
  public:
    struct Options {
        const Certificates* tls = nullptr;  ///< A second listener with TLS.
        bool client_certificates = false;   ///< That listener asks for one.
        /// Name -> password: a listener with SASL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512); with `tls` also one over it.
        std::map<std::string, std::string> users = {};
        std::string extra = {};  ///< More lines of server.properties.
        std::string heap = "1g";
    };

    Kafka() : Kafka(Options{}) {}
    explicit Kafka(Options options);

    void start();  ///< Returns when it serves requests.
    void stop();   ///< SIGTERM; returns when it is gone.
    void kill() { process_.kill(); }
    void restart() { stop(), start(); }
    Process& process() { return process_; }

    std::string brokers() const;           ///< `127.0.0.1:PORT`
    std::string tls_brokers() const;       ///< `localhost:PORT`
    std::string sasl_brokers() const;      ///< `127.0.0.1:PORT`
    std::string sasl_tls_brokers() const;  ///< `localhost:PORT`; asks for no client certificate

    /** Creates a topic; with `properties` such as {"max.message.bytes", "100"}. Throws std::runtime_error. */
    void create_topic(const std::string& name, int partitions,
                      const std::map<std::string, std::string>& properties = {}) const;

    std::string log() const;

  private:
    void write_configuration(const Options& options);
    void format(const Options& options);

    Folder folder_;
    std::string heap_;
    std::uint16_t port_;
    std::uint16_t controller_port_;
    std::uint16_t tls_port_ = 0;
    std::uint16_t sasl_port_ = 0;
    std::uint16_t sasl_tls_port_ = 0;
    Process process_;
};

/** Creates a topic on any cluster; one that exists already is no error. Throws std::runtime_error. */
void create_topic(const std::string& brokers, const std::string& name, int partitions,
                  const std::map<std::string, std::string>& properties = {});

/** Whether a cluster answers a metadata request within two seconds. */
bool kafka_answers(const std::string& brokers);

}  // namespace leat::test
