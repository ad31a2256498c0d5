#include "bench/measure/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <filesystem>

namespace leat::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

void write_all(int fd, const std::string& text) {
    for (size_t at = 0; at < text.size();) {
        const ssize_t n = write(fd, text.data() + at, text.size() - at);
        if (n <= 0 && errno != EINTR) return;
        at += n > 0 ? static_cast<size_t>(n) : 0;
    }
}

// Reads until the other end is closed. False: the limit has passed.
bool read_all(int fd, std::string& into, Clock::time_point latest) {
    char block[16384];
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(latest - Clock::now()).count();
        if (left <= 0) return false;
        pollfd ready{fd, POLLIN, 0};
        if (poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
        const ssize_t n = read(fd, block, sizeof block);
        if (n == 0) return true;
        if (n > 0) into.append(block, static_cast<size_t>(n));
        if (n < 0 && errno != EINTR) return true;
    }
}

// What a child does with its end of the pipe; it does not return.
using Role = std::function<void(int out)>;

Ended run(const Role& role, std::chrono::seconds limit) {
    Ended ended;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return ended.failure = std::strerror(errno), ended;
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // an interrupted run leaves nothing behind
        close(ends[0]);
        role(ends[1]);
        _exit(1);
    }
    close(ends[1]);
    if (child < 0) return close(ends[0]), ended.failure = std::strerror(errno), ended;
    const bool is_done = read_all(ends[0], ended.output, Clock::now() + limit);
    close(ends[0]);
    if (!is_done) kill(child, SIGKILL);
    int status = 0;
    rusage usage{};
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    ended.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    ended.peak_mb = static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
    if (!is_done) {
        ended.failure = "not done after " + std::to_string(limit.count()) + " s";
    } else if (WIFSIGNALED(status)) {
        ended.failure = std::string("ended by ") + strsignal(WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        ended.failure = ended.output.empty() ? "exit code " + std::to_string(WEXITSTATUS(status)) : ended.output;
    }
    return ended;
}

}  // namespace

Ended in_child(const std::function<std::string()>& work, std::chrono::seconds limit) {
    return run(
        [&work](int out) {
            int code = 0;
            std::string text;
            try {
                text = work();
            } catch (const std::exception& error) {
                text = error.what();
                code = 1;
            }
            write_all(out, text);
            _exit(code);  // nothing of the parent's is ended twice
        },
        limit);
}

Ended in_child(const std::vector<std::string>& command, std::chrono::seconds limit) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    return run(
        [&words](int out) {
            dup2(out, STDOUT_FILENO);
            dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
            execv(words[0], words.data());
        },
        limit);
}

std::string own_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

}  // namespace leat::bench
