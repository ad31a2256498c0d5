// A private Mosquitto of a test, on a free port.
//
//   Mosquitto broker({.persistence = true});
//   broker.restart();                         // SIGTERM and again: same port, same sessions
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>

#include "support/certificates.hpp"
#include "support/folder.hpp"
#include "support/process.hpp"

namespace leat::test {

/**
 * A real broker that ends with its owner. Restarts keep its ports and, with `persistence`, its sessions and messages:
 * Mosquitto 2.0.11 saves them at SIGTERM alone, so restart() never kills. Throws std::runtime_error when it cannot
 * be started; the message holds its log. [one thread]
 */
class Mosquitto {
  public:
    struct Options {
        bool persistence = false;
        std::uint16_t port = 0;                         ///< 0: a free one.
        const Certificates* tls = nullptr;              ///< A second listener with TLS.
        bool client_certificates = false;               ///< That listener asks for one.
        bool websockets = false;                        ///< Listeners for WebSocket too, plain and with `tls`.
        std::map<std::string, std::string> users = {};  ///< Name -> password; empty: anybody.
        std::string extra = {};                         ///< More lines of mosquitto.conf.
    };

    Mosquitto() : Mosquitto(Options{}) {}
    explicit Mosquitto(const Options& options);

    void start();  ///< Returns when it accepts connections.
    void stop();   ///< SIGTERM; returns when it is gone.
    void restart() { stop(), start(); }
    Process& process() { return process_; }

    std::uint16_t port() const { return port_; }
    std::uint16_t tls_port() const { return tls_port_; }
    std::uint16_t ws_port() const { return ws_port_; }
    std::uint16_t wss_port() const { return wss_port_; }
    std::string url() const;      ///< `mqtt://127.0.0.1:PORT`
    std::string tls_url() const;  ///< `mqtts://localhost:PORT`

    /** What it logs: also each subscription, `CLIENT QOS FILTER`. */
    std::string log_file() const { return folder_ / "mosquitto.log"; }
    /** Its log so far, over all restarts. A connection's life is in it, one line each. */
    std::string log() const;
    /** How often a line of the log contains both words, such as "New client connected" and a client id. */
    int logged(std::string_view word, std::string_view other = {}) const;

  private:
    void write_configuration(const Options& options);
    static void write_tls(std::ostream& out, const Options& options);

    Folder folder_;
    std::uint16_t port_;
    std::uint16_t tls_port_ = 0;
    std::uint16_t ws_port_ = 0;
    std::uint16_t wss_port_ = 0;
    Process process_;
};

}  // namespace leat::test
