// Standard output, shared by all sinks of the process: whole blocks of lines, never waiting.
//
//     Output output(STDOUT_FILENO);
//     Output::Result r = output.write(this, text, written);   // written grows; again when done is false
//
// A sink that has begun a block owns the output until the block is out, so that lines of two sinks never mix.
// Any thread.
#pragma once
#include <mutex>
#include <string>
#include <string_view>

namespace leat::console {

class Output {
  public:
    enum class Result { done, wait, busy, closed };

    /// fd  stays the caller's. Pipes and terminals are opened once more, so that not waiting does not become a
    /// property of what other programs share with us.
    explicit Output(int fd);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// Writes what it takes of text from `written` on. wait: ask again when the descriptor is ready. busy: another
    /// owner has begun a block. closed: nobody reads any more; `why` says so.
    Result write(const void* owner, std::string_view text, size_t& written, std::string& why);
    /// The owner gives up, in the middle of a block or not.
    void leave(const void* owner);
    int descriptor() const { return fd_; }

    /// The process's standard output.
    static Output& standard();

  private:
    std::mutex mutex_;
    const void* owner_ = nullptr;
    int fd_;
    bool is_own_ = false;    // opened here
    size_t most_per_write_;  // bytes
};

}  // namespace leat::console
