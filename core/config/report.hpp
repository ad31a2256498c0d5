// What is wrong with a configuration: every error and warning of its files, sorted by file and line.
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
    std::string file;
    uint32_t line;  // 0: the file as a whole
    std::string path;
    std::string text;
    std::string element;  // of for_each: the first one that it was found for
    uint32_t more = 0;    // so many further ones
};

class Report {
  public:
    explicit Report(std::string file) : files_{file}, current_(std::move(file)) {}

    // While it lives, what is reported by line is of that file.
    class File {
      public:
        File(Report& report, std::string file) : report_(report), before_(report.enter(std::move(file))) {}
        File(const File&) = delete;
        File& operator=(const File&) = delete;
        ~File() { report_.current_ = std::move(before_); }

      private:
        Report& report_;
        std::string before_;
    };

    void error(const Node& where, std::string text);
    void error(uint32_t line, std::string path, std::string text);
    void warning(const Node& where, std::string text);

    // About what a resolved path names; `where`: the value there, or the nearest one around it.
    void error(const Node& where, std::string_view path, std::string text);

    bool has_errors() const { return errors_ > 0; }
    size_t errors() const { return errors_; }
    size_t warnings() const { return findings_.size() - errors_; }
    // By file, the first one first, and by line; of one line in the order of discovery. Equal findings appear once.
    std::vector<Finding> sorted() const;

    // One line for each finding, each ended by '\n'. Control characters are made visible, so that a hostile file
    // cannot write to a terminal.
    std::string text() const;

  private:
    void add(Finding finding);
    void add(Severity severity, const Node& where, std::string path, std::string text);
    std::string enter(std::string file);
    size_t rank(const std::string& file) const;

    std::vector<std::string> files_;  // in the order in which they were first spoken of
    std::string current_;
    std::vector<Finding> findings_;
    size_t errors_ = 0;
};

// One finding as text() prints it, without the newline.
std::string format(const Finding& finding);

// `bridge.json:12: /routes/a/to`, for findings that speak of a second place.
std::string place(const Node& node);

}  // namespace leat::config
