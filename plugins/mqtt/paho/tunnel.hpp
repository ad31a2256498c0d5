// The way of a Paho client to its broker, through a port of our own on the loopback, so that it can be cut: Paho
// sends the PUBACK of a message as soon as its callback returns, whatever that returns, and nothing of its interface
// closes the connection before. A tunnel that is cut lets no byte pass any more, so the PUBACK does not reach the
// broker.
//
//   Tunnel tunnel("mq", 1883, "");                  // or with "proxy:3128" between
//   options.set_http_proxy(tunnel.address());       // Paho asks it to CONNECT, as it would an HTTP proxy
//   tunnel.cut();                                   // from any thread: the present connection is over
//
// It leads to its broker alone: whoever else finds the port reaches nothing that way but what takes connections from
// everybody anyway. TLS and WebSocket run inside of it, from Paho to the broker. One connection at a time, on a
// thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace leat::mqtt {

class Tunnel {
  public:
    /// A host by name or address (IPv6 without brackets) and a port.
    struct Place {
        std::string host;
        std::string port;
        bool operator==(const Place&) const = default;
    };

    /// broker  the only place that a CONNECT may ask for.
    /// proxy   HTTP proxy behind the tunnel, host:port, which gets that CONNECT as it is; empty: straight to the
    /// broker. Throws std::runtime_error when there is no port or no thread.
    Tunnel(const std::string& broker_host, std::uint16_t broker_port, const std::string& proxy);
    ~Tunnel();
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;

    /// host:port to be given to Paho as its proxy.
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

    /// Passes on what Paho has sent so far, unless the broker does not take it. When this returns, nothing more of
    /// the present connection reaches the broker.                                                       [any-thread]
    void cut();

    /// Why the last connection could not be made; empty when it could.                             [any-thread]
    [[nodiscard]] std::string error() const;

  private:
    void run();
    void serve();
    bool wait(int fd, short events);
    bool read_request(std::string& request);
    bool is_for_broker(const std::string& request);
    bool connect_far(const Place& place);
    void pass();
    bool copy(int from, int to);
    bool pass_on();
    static bool send_all(int to, const char* bytes, std::size_t size);
    void close_both();
    void set_error(std::string why);

    Place broker_;
    Place proxy_;  // no host: none
    std::uint16_t port_ = 0;
    int listener_ = -1;
    int wake_ = -1;  // an eventfd: the tunnel ends
    mutable std::mutex mutex_;
    int near_ = -1;  // to Paho; written and closed by the thread alone, under mutex_
    int far_ = -1;   // to the broker or proxy; likewise
    std::string error_;
    std::timed_mutex passing_;  // held while bytes of Paho's are on their way from near_ to far_
    std::atomic<bool> is_ending_ = false;
    std::thread thread_;
};

}  // namespace leat::mqtt
