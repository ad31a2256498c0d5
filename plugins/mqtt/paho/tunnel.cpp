#include "paho/tunnel.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace leat::mqtt {
namespace {

constexpr std::size_t kLongestRequest = 8 * 1024;
constexpr std::size_t kAtOnce = 64 * 1024;
constexpr std::chrono::seconds kPatience{1};  // with a broker that takes nothing

void no_delay(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Of `host:port`, `[IPv6]:port`, or a host alone.
Tunnel::Place place_of(const std::string& text, const char* usual_port) {
    const auto colon = text.rfind(':');
    const bool has_port = colon != std::string::npos && (text.back() != ']');
    std::string host = text.substr(0, has_port ? colon : std::string::npos);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    return {host, has_port ? text.substr(colon + 1) : usual_port};
}

}  // namespace

Tunnel::Tunnel(const std::string& broker_host, std::uint16_t broker_port, const std::string& proxy)
    : broker_{broker_host, std::to_string(broker_port)} {
    if (!proxy.empty()) proxy_ = place_of(proxy, "8080");
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    const bool listens =
        listener_ >= 0 && wake_ >= 0 && ::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
        ::listen(listener_, 1) == 0 && ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    if (!listens) {
        const std::string why = std::strerror(errno);
        if (listener_ >= 0) ::close(listener_);
        if (wake_ >= 0) ::close(wake_);
        throw std::runtime_error("no port for the tunnel to the broker: " + why);
    }
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
}

Tunnel::~Tunnel() {
    cut();  // first: a thread that knows of the end passes nothing on
    is_ending_ = true;
    ::eventfd_write(wake_, 1);
    thread_.join();
    ::close(listener_);
    ::close(wake_);
}

void Tunnel::cut() {
    // What Paho has sent are acknowledgements of messages that have landed.
    const std::unique_lock passing(passing_, kPatience);
    const std::lock_guard lock(mutex_);
    if (passing && near_ >= 0 && far_ >= 0) (void)pass_on();
    if (far_ >= 0) ::shutdown(far_, SHUT_RDWR);
    if (near_ >= 0) ::shutdown(near_, SHUT_RDWR);
}

std::string Tunnel::error() const {
    const std::lock_guard lock(mutex_);
    return error_;
}

void Tunnel::set_error(std::string why) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(why);
}

void Tunnel::run() {
    while (wait(listener_, POLLIN)) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        no_delay(fd);
        {
            const std::lock_guard lock(mutex_);
            near_ = fd;
            error_.clear();
        }
        serve();
        close_both();
    }
}

// Waits until the descriptor is ready; false when the tunnel ends.
bool Tunnel::wait(int fd, short events) {
    pollfd both[2] = {{fd, events, 0}, {wake_, POLLIN, 0}};
    while (!is_ending_) {
        if (::poll(both, 2, -1) < 0 && errno != EINTR) return false;
        if (both[0].revents != 0) return !is_ending_;
    }
    return false;
}

void Tunnel::serve() {
    std::string request;
    if (!read_request(request)) return;
    if (!is_for_broker(request)) {
        const std::string refusal = "HTTP/1.1 403 to the broker only\r\n\r\n";
        send_all(near_, refusal.data(), refusal.size());
        return;
    }
    if (!proxy_.host.empty()) {  // it answers
        if (connect_far(proxy_) && send_all(far_, request.data(), request.size())) pass();
        return;
    }
    const bool is_open = connect_far(broker_);
    const std::string answer = is_open ? "HTTP/1.1 200 OK\r\n\r\n" : "HTTP/1.1 502 no connection\r\n\r\n";
    if (send_all(near_, answer.data(), answer.size()) && is_open) pass();
}

// Whether it is a CONNECT host:port HTTP/1.1 to the broker.
bool Tunnel::is_for_broker(const std::string& request) {
    const std::string method = "CONNECT ";
    const auto end = request.find(' ', method.size());
    if (request.compare(0, method.size(), method) == 0 && end != std::string::npos &&
        place_of(request.substr(method.size(), end - method.size()), "") == broker_)
        return true;
    set_error("the tunnel to " + broker_.host + ":" + broker_.port + " was asked for another place");
    return false;
}

bool Tunnel::read_request(std::string& request) {
    char c = 0;
    while (request.size() < kLongestRequest) {
        if (!wait(near_, POLLIN) || ::recv(near_, &c, 1, 0) != 1) return false;
        request += c;
        if (request.size() >= 4 && request.compare(request.size() - 4, 4, "\r\n\r\n") == 0) return true;
    }
    return false;
}

bool Tunnel::connect_far(const Place& place) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int status = ::getaddrinfo(place.host.c_str(), place.port.c_str(), &hints, &found); status != 0) {
        set_error("cannot resolve '" + place.host + "': " + ::gai_strerror(status));
        return false;
    }
    std::string why;
    bool is_open = false;
    for (const addrinfo* a = found; a != nullptr && !is_open && !is_ending_; a = a->ai_next) {
        const int fd = ::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int status = 0;
        socklen_t size = sizeof status;
        if (::connect(fd, a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS) {
            status = errno;
        } else if (!wait(fd, POLLOUT) || ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &size) != 0) {
            status = ECANCELED;
        }
        if (status != 0) {
            why = std::strerror(status);
            ::close(fd);
            continue;
        }
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        no_delay(fd);
        const std::lock_guard lock(mutex_);
        far_ = fd;
        is_open = true;
    }
    ::freeaddrinfo(found);
    if (!is_open) set_error(why);
    return is_open;
}

void Tunnel::pass() {
    for (;;) {
        pollfd all[3] = {{near_, POLLIN, 0}, {far_, POLLIN, 0}, {wake_, POLLIN, 0}};
        if (::poll(all, 3, -1) < 0 && errno != EINTR) return;
        if (is_ending_) return;
        if (all[0].revents != 0) {
            const std::lock_guard passing(passing_);
            if (!pass_on()) return;
        }
        if (all[1].revents != 0 && !copy(far_, near_)) return;
    }
}

// What there is, from Paho to the broker; false when Paho has closed. Under passing_.
bool Tunnel::pass_on() {
    char bytes[kAtOnce];
    for (;;) {
        const ssize_t got = ::recv(near_, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN;
        if (got == 0 || !send_all(far_, bytes, static_cast<std::size_t>(got))) return false;
    }
}

bool Tunnel::copy(int from, int to) {
    char bytes[kAtOnce];
    const ssize_t got = ::recv(from, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EINTR) return true;
    return got > 0 && send_all(to, bytes, static_cast<std::size_t>(got));
}

bool Tunnel::send_all(int to, const char* bytes, std::size_t size) {
    while (size != 0) {
        const ssize_t sent = ::send(to, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

void Tunnel::close_both() {
    const std::lock_guard lock(mutex_);
    if (near_ >= 0) ::close(near_);
    if (far_ >= 0) ::close(far_);
    near_ = far_ = -1;
}

}  // namespace leat::mqtt
