// A private RabbitMQ of a test, on free ports.
//
//   RabbitMq broker;
//   broker.restart();                       // SIGTERM and again: durable queues and persistent messages stay
//   broker.ctl({"set_vm_memory_high_watermark", "0"});
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/certificates.hpp"
#include "support/folder.hpp"
#include "support/process.hpp"

namespace leat::test {

/**
 * A real broker that ends with its owner, up in about 6 s: a node, folders, cookie and port mapper (epmd) of its own,
 * all on 127.0.0.1. Its process is the Erlang machine itself, so it can be killed and frozen. Throws
 * std::runtime_error when it cannot be started; the message holds its log. [one thread]
 */
class RabbitMq {
  public:
    struct Options {
        const Certificates* tls = nullptr;  ///< A second listener with TLS.
        bool client_certificates = false;   ///< That listener asks for one.
        std::string extra = {};             ///< More lines of rabbitmq.conf.
        std::string advanced = {};          ///< Terms of advanced.config: `{rabbit, [{channel_tick_interval, 200}]}`.
        std::string plugins = {};           ///< Enabled, with commas between them.
        std::string erlang = {};            ///< More arguments of the Erlang machine: `+hmbs 8388608`.
    };

    RabbitMq() : RabbitMq(Options{}) {}
    explicit RabbitMq(Options options);
    ~RabbitMq() { process_.kill(); }

    void start();  ///< Returns when it lets a client in.
    void stop();   ///< SIGTERM; returns when it is gone.
    void restart() { stop(), start(); }
    Process& process() { return process_; }

    std::uint16_t port() const { return port_; }
    std::string url() const;      ///< `amqp://127.0.0.1:PORT`; user and password guest.
    std::string tls_url() const;  ///< `amqps://localhost:PORT`

    /** rabbitmqctl with these words; takes a second or two. Returns what it says. Throws when it fails. */
    std::string ctl(const std::vector<std::string>& words) const;
    std::string log() const;

  private:
    using Environment = std::vector<std::pair<std::string, std::string>>;
    Environment environment() const;
    void write_configuration(const Options& options) const;

    Folder folder_;
    std::string erlang_;
    std::uint16_t port_;
    std::uint16_t tls_port_ = 0;
    std::uint16_t dist_port_;
    std::uint16_t epmd_port_;
    Process epmd_;
    Process process_;
};

}  // namespace leat::test
