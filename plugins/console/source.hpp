// Reads messages from standard input, line by line. There is nobody to acknowledge to: what a killed process had read
// and not landed is lost.
#pragma once
#include <leat/sdk/flow/buffer.hpp>
#include <leat/sdk/source.hpp>

#include "lines.hpp"
#include "options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace leat::console {

class Source : public leat::Source {
  public:
    /// fd  stays the caller's; it is read only when it is ready, so it may be a blocking one.
    Source(const SourceOptions& options, int fd);
    ~Source() override;

    void open() override;
    void start() override;
    void stop() override;

  protected:
    void hold() override { listen(false); }
    void resume() override;
    void advanced(InFlight&) override {}

  private:
    static constexpr size_t kReadSize = 64 * 1024;

    void on_ready();
    void listen(bool on);
    bool take_line(std::string_view& line);
    bool make(std::string_view text, leat_message& into);
    void place(const Line& line, leat_message& into);
    void emit_again();
    void fail(const std::string& why);

    SourceOptions options_;
    int fd_;
    uint32_t lane_ = 0;
    InFlight* window_ = nullptr;
    leat_watch* watch_ = nullptr;
    bool is_listening_ = false;
    std::string text_;  // read, from taken_ on not emitted yet
    size_t taken_ = 0;
    size_t searched_ = 0;    // no newline between taken_ and here
    bool is_ended_ = false;  // end of file, or a line too long
    uint64_t line_number_ = 0;
    std::vector<leat_message> again_;     // abandoned by a stop, to be emitted at the next start; one reference each
    leat_message batch_[LEAT_BATCH_MAX];  // NOLINT: filled before it is read
};

}  // namespace leat::console
