// What is wrong with a configuration: every error and warning of a file, sorted by line.
//
//   bridge.json:12: /routes/telemetry/to/topci: unknown option "topci" of kafka (did you mean "topic"?)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leat::config {

struct Node;

enum class Severity : uint8_t { error, warning };

struct Finding {
    Severity severity;
    uint32_t line;  // 0: the file as a whole
    std::string path;
    std::string text;
};

class Report {
  public:
    explicit Report(std::string file) : file_(std::move(file)) {}

    void error(const Node& where, std::string text);
    void error(uint32_t line, std::string path, std::string text);
    void warning(const Node& where, std::string text);

    bool has_errors() const { return errors_ > 0; }
    size_t errors() const { return errors_; }
    size_t warnings() const { return findings_.size() - errors_; }
    const std::string& file() const { return file_; }

    // By line; of one line in the order of discovery. Equal findings appear once.
    std::vector<Finding> sorted() const;

    // One line for each finding, each ended by '\n'. Control characters are made visible, so that a hostile file
    // cannot write to a terminal.
    std::string text() const;

  private:
    void add(Finding finding);

    std::string file_;
    std::vector<Finding> findings_;
    size_t errors_ = 0;
};

// One finding as text() prints it, without the newline.
std::string format(const Finding& finding, std::string_view file);

}  // namespace leat::config
