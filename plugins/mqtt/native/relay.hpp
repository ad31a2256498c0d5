// For tests: a TCP relay between a client and its broker that cuts the connection after so many bytes, wherever in a
// packet that falls. What is under way then is lost, in both directions.
//
//   Relay relay(broker.port());
//   relay.cut_every(20'000, 10);     // ten connections of 20,000 bytes each, then one that stays
//   rig.settings.port = relay.port();
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <thread>

namespace leat::mqtt::test {

/// One connection at a time; a thread of its own. Its functions may be called from any thread.
class Relay {
  public:
    explicit Relay(std::uint16_t to) : to_(to) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at = address(0);
        socklen_t size = sizeof at;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
            throw std::runtime_error("the relay cannot listen");
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~Relay() {
        is_ending_ = true;
        thread_.join();
        ::close(listener_);
    }
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    std::uint16_t port() const { return port_; }

    /// Cuts each of the next `times` connections after `bytes` more bytes, of both directions together.
    void cut_every(std::size_t bytes, int times) {
        bytes_ = bytes;
        left_ = bytes;
        cuts_to_come_ = times;
    }
    /// Ends the connection there is, now.
    void cut() { cut_every(0, 1); }
    /// Ends the connection there is, and takes none any more.
    void refuse() {
        is_refusing_ = true;
        cut();
    }
    /// Takes connections again.
    void accept() { is_refusing_ = false; }
    int cuts_to_come() const { return cuts_to_come_; }

  private:
    static sockaddr_in address(std::uint16_t port) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return at;
    }

    static bool is_ready(int a, int b, bool& first) {
        pollfd both[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
        if (::poll(both, b < 0 ? 1 : 2, 10) <= 0) return false;
        first = both[0].revents != 0;
        return true;
    }

    void run() {
        while (!is_ending_) {
            bool unused = false;
            if (!is_ready(listener_, -1, unused)) continue;
            const int client = ::accept(listener_, nullptr, nullptr);
            if (is_refusing_) {
                ::close(client);
                continue;
            }
            const int broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const sockaddr_in to = address(to_);
            if (::connect(broker, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) pass(client, broker);
            const linger reset{1, 0};  // what is unread is thrown away
            ::setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            ::setsockopt(broker, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            ::close(client);
            ::close(broker);
        }
    }

    void pass(int client, int broker) {
        char bytes[4096];
        while (!is_ending_) {
            bool from_client = false;
            if (cuts_to_come_ > 0 && left_ == 0) {
                left_ = bytes_.load();
                --cuts_to_come_;
                return;
            }
            if (!is_ready(client, broker, from_client)) continue;
            std::size_t most = sizeof bytes;
            const bool is_counting = cuts_to_come_ > 0;  // as of now: a cut may be asked for while this is passed on
            if (is_counting && left_ < most) most = left_;
            const ssize_t got = ::recv(from_client ? client : broker, bytes, most, 0);
            if (got <= 0) return;
            for (ssize_t sent = 0; sent < got;) {
                const ssize_t n = ::send(from_client ? broker : client, bytes + sent,
                                         static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
                if (n <= 0) return;
                sent += n;
            }
            if (is_counting) left_ -= static_cast<std::size_t>(got);
        }
    }

    std::uint16_t to_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<bool> is_ending_ = false;
    std::atomic<bool> is_refusing_ = false;
    std::atomic<std::size_t> bytes_ = 0;
    std::atomic<std::size_t> left_ = 0;
    std::atomic<int> cuts_to_come_ = 0;
    std::thread thread_;
};

}  // namespace leat::mqtt::test
