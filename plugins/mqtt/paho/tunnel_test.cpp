// The tunnel, asked by whoever finds its port: a request goes to the broker or the proxy, or nowhere.
#include "paho/tunnel.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

using leat::mqtt::Tunnel;

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return at;
}

// One end of a connection.
struct Socket {
    explicit Socket(int f) : fd(f) {
        if (fd < 0) throw std::runtime_error("no socket");
    }
    ~Socket() { ::close(fd); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    void send(const std::string& text) const {
        REQUIRE(::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    }
    // The next bytes, so many.
    [[nodiscard]] std::string receive(std::size_t size) const {
        std::string text(size, '\0');
        const ssize_t got = ::recv(fd, text.data(), size, MSG_WAITALL);
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return text;
    }
    // All that comes before the end of the stream.
    [[nodiscard]] std::string rest() const {
        std::string text;
        for (char c = 0; ::recv(fd, &c, 1, 0) == 1;) text += c;
        return text;
    }

    int fd;
};

// Where a broker or a proxy would be.
struct Listener : Socket {
    Listener() : Socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_in at = loopback(0);
        socklen_t size = sizeof at;
        const bool listens = ::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0 && ::listen(fd, 8) == 0 &&
                             ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
        if (!listens) throw std::runtime_error("nowhere to listen");
        port = ntohs(at.sin_port);
    }
    [[nodiscard]] std::string place() const { return "127.0.0.1:" + std::to_string(port); }
    // For a connection; false: none has come.
    [[nodiscard]] bool wait() const {
        pollfd readable{fd, POLLIN, 0};
        return ::poll(&readable, 1, 30'000) == 1;
    }
    // A connection that is there; -1: none is.
    [[nodiscard]] int accept() const { return ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC); }

    std::uint16_t port = 0;
};

int connect_to(const Tunnel& tunnel) {
    const std::string address = tunnel.address();
    const sockaddr_in at = loopback(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    return fd;
}

}  // namespace

TEST_CASE("the tunnel leads to the broker, both ways") {
    const Listener broker;
    const Tunnel tunnel("127.0.0.1", broker.port, "");
    const Socket near(connect_to(tunnel));
    near.send("CONNECT " + broker.place() + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string granted = "HTTP/1.1 200 OK\r\n\r\n";
    REQUIRE(near.receive(granted.size()) == granted);
    const Socket far(broker.accept());
    near.send("ping");
    CHECK(far.receive(4) == "ping");
    far.send("pong");
    CHECK(near.receive(4) == "pong");
}

TEST_CASE("the tunnel leads nowhere else, and to the broker for the next who asks") {
    const Listener broker;
    const Listener other;
    const Tunnel tunnel("127.0.0.1", broker.port, "");
    for (const std::string& request : std::vector<std::string>{
             "CONNECT " + other.place(), "GET " + broker.place(), "CONNECT localhost:" + std::to_string(broker.port),
             "CONNECT 127.0.0.1", "CONNECT  " + broker.place(), std::string("x")}) {
        CAPTURE(request);
        const Socket stranger(connect_to(tunnel));
        stranger.send(request + " HTTP/1.1\r\n\r\n");
        CHECK(stranger.rest() == "HTTP/1.1 403 to the broker only\r\n\r\n");
        CHECK(other.accept() == -1);
        CHECK(broker.accept() == -1);
        CHECK(tunnel.error().find("another place") != std::string::npos);
    }
    const Socket near(connect_to(tunnel));
    near.send("CONNECT " + broker.place() + " HTTP/1.1\r\n\r\n");
    CHECK(near.receive(15) == "HTTP/1.1 200 OK");
    const Socket far(broker.accept());
}

TEST_CASE("a tunnel before a proxy hands on what asks for the broker, as it is, and nothing else") {
    const Listener proxy;
    const Tunnel tunnel("::1", 1883, proxy.place());
    const Socket stranger(connect_to(tunnel));
    stranger.send("CONNECT [::1]:22 HTTP/1.1\r\n\r\n");
    CHECK(stranger.rest() == "HTTP/1.1 403 to the broker only\r\n\r\n");
    CHECK(proxy.accept() == -1);

    const Socket near(connect_to(tunnel));
    const std::string request = "CONNECT [::1]:1883 HTTP/1.1\r\nProxy-authorization: Basic eA==\r\n\r\n";
    near.send(request);
    REQUIRE(proxy.wait());
    const Socket far(proxy.accept());
    CHECK(far.receive(request.size()) == request);
    far.send("HTTP/1.1 200 OK\r\n\r\n");
    CHECK(near.receive(15) == "HTTP/1.1 200 OK");
}
