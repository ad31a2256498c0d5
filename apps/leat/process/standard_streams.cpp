#include "process/standard_streams.hpp"

#include "process/exit_codes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace leat::app {
namespace {

bool is_closed(int number) { return ::fcntl(number, F_GETFD) < 0 && errno == EBADF; }

// A pipe without a reader: what is printed has gone nowhere, and who prints is told.
void break_output() {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return;
    ::dup2(ends[1], STDOUT_FILENO);  // which is the reading end: the lowest number was this one
    ::close(ends[1]);
}

bool has_no_reader() {
    pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

void open_missing_streams() {
    if (is_closed(STDIN_FILENO)) (void)::open("/dev/null", O_RDONLY);  // gets the lowest free number
    if (is_closed(STDOUT_FILENO)) break_output();
    if (is_closed(STDERR_FILENO)) (void)::open("/dev/null", O_WRONLY);
}

int code_with_output(int code) {
    const bool had_failed = std::ferror(stdout) != 0;
    errno = 0;
    if (std::fflush(stdout) == 0 && !had_failed) return code;
    const int error = errno;
    if (has_no_reader()) return code;
    std::fprintf(stderr, "leat: standard output cannot be written: %s\n",
                 error != 0 ? std::strerror(error) : "a part of it is missing");
    return code == kFine ? kFailed : code;
}

}  // namespace leat::app
