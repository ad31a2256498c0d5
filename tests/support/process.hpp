// A child process that a test starts, kills, freezes and reads the output of.
//
//   Process host({leat::test::host(), "run", config}, {.output = folder / "host.log"});
//   host.kill();                        // SIGKILL, waited for
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::test {

/**
 * One child process, killed with its owner. It also dies with the thread that started it (PR_SET_PDEATHSIG), so that
 * a test that crashes leaves nothing behind: start it on a thread that lives as long.
 *
 * Only this child is ever signalled, by its id, and only until it has been waited for. [one thread]
 */
class Process {
  public:
    struct Options {
        std::string output;  ///< File for stdout and stderr, appended; empty: inherited.
        std::vector<std::pair<std::string, std::string>> environment = {};  ///< Added to the environment.
        std::string folder = {};                                            ///< Working directory; empty: inherited.
    };

    Process() = default;
    /** Starts `command[0]`, looked up in PATH, with the other words as arguments. Throws std::runtime_error. */
    explicit Process(const std::vector<std::string>& command) : Process(command, Options{}) {}
    Process(const std::vector<std::string>& command, Options options);
    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;

    pid_t pid() const { return pid_; }
    bool running();
    /** Sends a signal, if it still runs. */
    void signal(int number);
    /** SIGKILL; returns when it is gone. */
    void kill();
    /** SIGTERM, and SIGKILL after `limit`. Returns the exit code; 128 + signal where a signal ended it. */
    int stop(std::chrono::milliseconds limit = std::chrono::seconds(30));
    /** Waits for its end: exit code as in stop(), nothing when it still runs after `limit`. */
    std::optional<int> wait(std::chrono::milliseconds limit);
    void freeze();  ///< SIGSTOP; returns when it has stopped.
    void thaw();    ///< SIGCONT.

    /** What it has written to `Options::output` so far. */
    std::string output() const;
    /** Waits until its output contains `text`; false after `limit`, or when it ended without. */
    bool says(std::string_view text, std::chrono::milliseconds limit = std::chrono::seconds(30));

    double cpu_seconds() const;       ///< User + system time so far, of all its threads; 0 when it is gone.
    std::uint64_t rss_bytes() const;  ///< Resident memory now; 0 when it is gone.
    std::uint64_t peak_rss_bytes() const;

  private:
    pid_t pid_ = -1;
    std::optional<int> exit_code_;
    std::string output_;
};

/** Runs a command to its end and returns its exit code. Its output goes to `output`, when given. */
int run(const std::vector<std::string>& command, std::string output = {},
        std::chrono::milliseconds limit = std::chrono::minutes(2));

}  // namespace leat::test
