// The log of `leat`: lines for people or JSON lines, to stderr or above the table.
//
//     Log log({.format = LogFormat::json}, [](std::string_view line) { ... });
//     log.write(Level::warning, "route telemetry", "...");
#pragma once

#include <spdlog/sinks/sink.h>
#include <leat/host.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace leat::app {

enum class LogFormat { text, json };

struct LogSettings {
    LogFormat format = LogFormat::text;
    Level level = Level::info;
    bool has_colours = false;
    bool has_date = true;  ///< text: date and offset before the time; a person at a terminal knows the day
};

/// Where a finished line goes; without its newline.
using LineWriter = std::function<void(std::string_view line)>;

class Log {
  public:
    Log(const LogSettings& settings, LineWriter writer);

    /// From now on like this. From any thread.
    void configure(const LogSettings& settings);
    /// From any thread. What is below the settings' level is left out.
    void write(Level level, const std::string& component, std::string_view text) const;

  private:
    std::shared_ptr<spdlog::sinks::sink> sink_;
};

/// "debug", "info", "warning", "error"; "text", "json".
std::optional<Level> parse_level(std::string_view word);
std::optional<LogFormat> parse_log_format(std::string_view word);

/// What commands that run nothing log: warnings and errors, as text on stderr.
HostSettings quiet_host_settings(std::vector<std::string> plugin_dirs);

}  // namespace leat::app
