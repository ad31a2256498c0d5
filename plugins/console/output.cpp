#include "output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace leat::console {
namespace {

// write() without SIGPIPE: held back on this thread and taken away.
ssize_t write_quietly(int fd, const char* data, size_t size) {
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const ssize_t n = ::write(fd, data, size);
    const int error = errno;
    if (n < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE)) {
        const timespec now{};
        while (sigtimedwait(&pipe_signal, nullptr, &now) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return n;
}

}  // namespace

Output::Output(int fd) : fd_(fd), most_per_write_(SIZE_MAX) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || S_ISREG(status.st_mode)) return;  // files take all at once
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int again = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (again >= 0) {
        fd_ = again;
        is_own_ = true;
    } else {
        most_per_write_ = PIPE_BUF;  // what a ready descriptor takes without waiting (pipe(7))
    }
}

Output::~Output() {
    if (is_own_) ::close(fd_);
}

Output::Result Output::write(const void* owner, std::string_view text, size_t& written, std::string& why) {
    const std::lock_guard lock(mutex_);
    if (owner_ && owner_ != owner) return Result::busy;
    owner_ = owner;
    while (written < text.size()) {
        if (!is_own_) {
            pollfd ready{fd_, POLLOUT, 0};
            if (::poll(&ready, 1, 0) == 0) return Result::wait;
        }
        const size_t size = std::min(text.size() - written, most_per_write_);
        const ssize_t n = write_quietly(fd_, text.data() + written, size);
        if (n >= 0) {
            written += static_cast<size_t>(n);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return Result::wait;
        } else if (errno != EINTR) {
            why = errno == EPIPE ? "standard output was closed by its reader"
                                 : std::string("standard output cannot be written: ") + std::strerror(errno);
            owner_ = nullptr;
            return Result::closed;
        }
    }
    owner_ = nullptr;
    return Result::done;
}

void Output::leave(const void* owner) {
    const std::lock_guard lock(mutex_);
    if (owner_ == owner) owner_ = nullptr;
}

Output& Output::standard() {
    static Output output(STDOUT_FILENO);
    return output;
}

}  // namespace leat::console
