#include "io_thread.hpp"

#include <leat/plugin.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <leat/sdk/reconnect.hpp>

#include <random>
#include <thread>
#include <utility>

namespace leat::rabbitmq {
namespace {

std::chrono::nanoseconds now() { return std::chrono::steady_clock::now().time_since_epoch(); }

void signal(int fd) {
    const std::uint64_t one = 1;
    (void)!::write(fd, &one, sizeof one);
}

void clear(int fd) {
    std::uint64_t count = 0;
    (void)!::read(fd, &count, sizeof count);
}

}  // namespace

IoThread::IoThread()
    : shard_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), thread_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (shard_fd_ >= 0 && thread_fd_ >= 0) return;
    if (shard_fd_ >= 0) ::close(shard_fd_);
    if (thread_fd_ >= 0) ::close(thread_fd_);
    throw std::runtime_error("no file descriptor left for an eventfd");
}

IoThread::~IoThread() {
    ::close(shard_fd_);
    ::close(thread_fd_);
}

void IoThread::start(Settings settings) {
    settings_ = std::move(settings);
    std::thread([self = shared_from_this()] { self->loop(); }).detach();
}

void IoThread::renew(Settings settings) {
    const std::lock_guard lock(mutex_);
    settings_ = std::move(settings);
}

bool IoThread::stop() {
    Exchange exchange(*this);
    is_ending_ = true;
    ended_pause_.notify_one();
    if (!is_serving_) return true;
    exchange.wake();
    return false;
}

bool IoThread::has_ended() const {
    const std::lock_guard lock(mutex_);
    return has_ended_;
}

void IoThread::cut() {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void IoThread::answered() {
    clear(shard_fd_);
    const std::lock_guard lock(mutex_);
    has_rung_ = false;
}

std::vector<Note> IoThread::take_notes() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notes_, {});
}

IoThread::Exchange::~Exchange() {
    thread_.mutex_.unlock();
    if (wakes_) signal(thread_.thread_fd_);
    if (rings_) signal(thread_.shard_fd_);
}

void IoThread::tell(std::uint32_t state, std::string why, std::chrono::nanoseconds next_attempt,
                    bool asks_for_settings) {
    Exchange exchange(*this);
    notes_.push_back({state, std::move(why), next_attempt, asks_for_settings});
    exchange.ring();
}

void IoThread::loop() {
    std::minstd_rand random{std::random_device{}()};
    std::unique_ptr<Reconnect> reconnect;
    for (;;) {
        Settings settings;
        {
            const std::lock_guard lock(mutex_);
            if (is_ending_) break;
            settings = settings_;
        }
        if (!reconnect) {
            reconnect = std::make_unique<Reconnect>(settings.reconnect_delay, settings.reconnect_max_delay);
            tell(LEAT_STATE_CONNECTING, "connecting to " + settings.host + ":" + std::to_string(settings.port));
        }
        connected_at_ = {};
        std::string why;
        if (attempt(settings, why)) break;
        if (connected_at_.count() > 0) reconnect->connected(connected_at_);
        reconnect->lost(now());
        const auto delay = reconnect->next(static_cast<std::uint32_t>(random()));
        tell(LEAT_STATE_DOWN, why, delay, true);
        if (!pause(delay)) break;
    }
    Exchange exchange(*this);
    has_ended_ = true;
    exchange.ring();
}

// One connection from its beginning to its end; true: asked to end.
bool IoThread::attempt(const Settings& settings, std::string& why) {
    try {
        Connection connection(settings);
        prepare(connection);
        if (!enter(connection.fd())) {
            connection.close();
            return true;
        }
        connected_at_ = now();
        try {
            serve(connection);
        } catch (...) {
            left();
            leave();
            throw;
        }
        left();
        leave();
        connection.close();
        return true;
    } catch (const std::exception& e) {
        why = e.what();
    }
    const std::lock_guard lock(mutex_);
    return is_ending_;
}

void IoThread::serve(Connection& connection) {
    const int heartbeat = amqp_get_heartbeat(connection.state());
    const auto longest = heartbeat > 0 ? std::chrono::milliseconds(heartbeat * 1000 / 2) : std::chrono::hours(1);
    while (!work(connection)) wait(connection, longest);
}

// From here on the shard's messages are touched, until leave(); false: it has let go of them.
bool IoThread::enter(int fd) {
    Exchange exchange(*this);
    if (is_ending_) return false;
    is_serving_ = true;
    socket_ = fd;
    notes_.push_back({LEAT_STATE_UP, {}});
    exchange.ring();
    return true;
}

void IoThread::leave() {
    Exchange exchange(*this);
    is_serving_ = false;
    socket_ = -1;
    exchange.ring();
}

// Until there is something to do, but not for longer than `longest`, when a heartbeat is due.
void IoThread::wait(Connection& connection, std::chrono::milliseconds longest) {
    std::chrono::milliseconds most{};
    {
        const std::lock_guard lock(mutex_);
        if (has_work() || is_ending_) return;
        most = std::min(longest, patience());
        is_sleeping_ = true;
    }
    const short events = awaited();
    const bool is_reading = (events & POLLIN) != 0;
    pollfd wanted[2] = {{connection.fd(), static_cast<short>(events | POLLRDHUP), 0}, {thread_fd_, POLLIN, 0}};
    const int ready = ::poll(wanted, 2, static_cast<int>(most.count()));
    if (wanted[1].revents != 0) clear(thread_fd_);
    {
        const std::lock_guard lock(mutex_);
        is_sleeping_ = false;
    }
    if (is_reading) return;  // reading tells the rest
    if ((wanted[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
        throw Lost("the broker is gone: the connection was closed");
    if (ready == 0 && most == longest) connection.beat();
}

// Waits before the next attempt; false: asked to end.
bool IoThread::pause(std::chrono::nanoseconds time) {
    std::unique_lock lock(mutex_);
    return !ended_pause_.wait_for(lock, time, [this] { return is_ending_; });
}

}  // namespace leat::rabbitmq
