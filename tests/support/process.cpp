#include "support/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/eventually.hpp"
#include "support/folder.hpp"

namespace leat::test {
namespace {

/** After fork, in the child: never returns. */
[[noreturn]] void become(const std::vector<std::string>& command, const Process::Options& options, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    if (!options.output.empty()) {
        const int fd = ::open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (fd < 0) ::_exit(127);
        ::dup2(fd, STDOUT_FILENO);
        ::dup2(fd, STDERR_FILENO);
        ::close(fd);
    }
    if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(127);
    for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> words;
    for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::execvp(words[0], words.data());
    ::dprintf(STDERR_FILENO, "cannot run %s\n", words[0]);
    ::_exit(127);
}

int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

/** The value of one line of /proc/<pid>/status, in bytes. */
std::uint64_t status_bytes(pid_t pid, std::string_view name) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10) * 1024;
    }
    return 0;
}

}  // namespace

Process::Process(const std::vector<std::string>& command, Options options) : output_(options.output) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) become(command, options, parent);
}

Process::~Process() { kill(); }

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_), output_(std::move(other.output_)) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        kill();
        pid_ = std::exchange(other.pid_, -1);
        exit_code_ = other.exit_code_;
        output_ = std::move(other.output_);
    }
    return *this;
}

bool Process::running() { return pid_ > 0 && !wait(std::chrono::milliseconds(0)); }

void Process::signal(int number) {
    if (pid_ > 0 && !exit_code_) ::kill(pid_, number);
}

void Process::kill() {
    if (pid_ <= 0 || exit_code_) return;
    signal(SIGKILL);
    int status = 0;
    if (::waitpid(pid_, &status, 0) == pid_) exit_code_ = code_of(status);
}

int Process::stop(std::chrono::milliseconds limit) {
    if (pid_ <= 0) return 0;
    signal(SIGTERM);
    if (const auto code = wait(limit)) return *code;
    kill();
    return exit_code_.value_or(128 + SIGKILL);
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
    if (pid_ <= 0) return exit_code_;
    eventually(
        [this] {
            int status = 0;
            if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) exit_code_ = code_of(status);
            return exit_code_.has_value();
        },
        limit, std::chrono::milliseconds(2));
    return exit_code_;
}

void Process::freeze() {
    signal(SIGSTOP);
    eventually([this] {
        std::ifstream in("/proc/" + std::to_string(pid_) + "/stat");
        std::string line;
        std::getline(in, line);
        const auto end_of_name = line.rfind(')');
        return end_of_name != std::string::npos && line.substr(end_of_name + 2, 1) == "T";
    });
}

void Process::thaw() { signal(SIGCONT); }

std::string Process::output() const { return output_.empty() ? std::string{} : read_file(output_); }

bool Process::says(std::string_view text, std::chrono::milliseconds limit) {
    bool said = false;
    eventually(
        [&] {
            const bool ended = !running();
            said = output().find(text) != std::string::npos;
            return said || ended;
        },
        limit);
    return said;
}

double Process::cpu_seconds() const {
    if (pid_ <= 0) return 0;
    std::ifstream in("/proc/" + std::to_string(pid_) + "/stat");
    std::string line;
    std::getline(in, line);
    const auto end_of_name = line.rfind(')');
    if (end_of_name == std::string::npos) return 0;
    std::istringstream fields(line.substr(end_of_name + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;  // state .. cmajflt; proc(5), utime is the 14th field
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t Process::rss_bytes() const { return status_bytes(pid_, "VmRSS:"); }

std::uint64_t Process::peak_rss_bytes() const { return status_bytes(pid_, "VmHWM:"); }

int run(const std::vector<std::string>& command, std::string output, std::chrono::milliseconds limit) {
    Process process(command, {.output = std::move(output)});
    if (const auto code = process.wait(limit)) return *code;
    process.kill();
    return 124;
}

}  // namespace leat::test
