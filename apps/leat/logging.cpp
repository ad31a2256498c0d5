#include "logging.hpp"

#include "show/figures.hpp"
#include "show/screen.hpp"
#include "show/text.hpp"

#include <fmt/chrono.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace leat::app {
namespace {

using spdlog::level::level_enum;

level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug:
            return level_enum::debug;
        case Level::info:
            return level_enum::info;
        case Level::warning:
            return level_enum::warn;
        default:
            return level_enum::err;
    }
}

const char* word(level_enum level) {
    return level == level_enum::debug  ? "debug"
           : level == level_enum::info ? "info"
           : level == level_enum::warn ? "warning"
                                       : "error";
}

const char* colour(level_enum level) {
    return level == level_enum::debug  ? "\x1b[2m"
           : level == level_enum::info ? "\x1b[32m"
           : level == level_enum::warn ? "\x1b[33m"
                                       : "\x1b[1;31m";
}

std::string_view view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

void append(spdlog::memory_buf_t& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

class TextFormatter final : public spdlog::formatter {
  public:
    TextFormatter(bool has_colours, bool has_date) : has_colours_(has_colours), has_date_(has_date) {}

    void format(const spdlog::details::log_msg& m, spdlog::memory_buf_t& out) override {
        using namespace std::chrono;
        const auto whole = floor<seconds>(m.time);
        const std::tm time = fmt::localtime(system_clock::to_time_t(whole));
        const auto milliseconds = duration_cast<std::chrono::milliseconds>(m.time - whole).count();
        append(out, has_date_ ? fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}{:%z} ", time, milliseconds, time)
                              : fmt::format("{:%H:%M:%S}.{:03} ", time, milliseconds));
        append(out, has_colours_ ? colour(m.level) : "");
        append(out, fmt::format("{:7}", word(m.level)));
        append(out, has_colours_ ? "\x1b[0m " : " ");
        if (m.logger_name.size() > 0) append(out, printable(view(m.logger_name)) + ": ");
        append(out, printable(view(m.payload)));
    }

    std::unique_ptr<formatter> clone() const override {
        return std::make_unique<TextFormatter>(has_colours_, has_date_);
    }

  private:
    bool has_colours_, has_date_;
};

class JsonFormatter final : public spdlog::formatter {
  public:
    void format(const spdlog::details::log_msg& m, spdlog::memory_buf_t& out) override {
        nlohmann::ordered_json json;
        json["time"] = utc_text(m.time);
        json["level"] = word(m.level);
        json["component"] = view(m.logger_name);
        json["text"] = view(m.payload);
        append(out, json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }

    std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit LineSink(LineWriter writer) : writer_(std::move(writer)) {}

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        writer_({line.data(), line.size()});
    }
    void flush_() override {}

  private:
    LineWriter writer_;
};

}  // namespace

Log::Log(const LogSettings& settings, LineWriter writer) : sink_(std::make_shared<LineSink>(std::move(writer))) {
    configure(settings);
}

void Log::configure(const LogSettings& settings) {
    if (settings.format == LogFormat::json) {
        sink_->set_formatter(std::make_unique<JsonFormatter>());
    } else {
        sink_->set_formatter(std::make_unique<TextFormatter>(settings.has_colours, settings.has_date));
    }
    sink_->set_level(spdlog_level(settings.level));
}

void Log::write(Level level, const std::string& component, std::string_view text) const {
    if (!sink_->should_log(spdlog_level(level))) return;
    sink_->log(spdlog::details::log_msg(component, spdlog_level(level), {text.data(), text.size()}));
}

std::optional<Level> parse_level(std::string_view word) {
    if (word == "debug") return Level::debug;
    if (word == "info") return Level::info;
    if (word == "warning" || word == "warn") return Level::warning;
    if (word == "error") return Level::error;
    return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view word) {
    if (word == "text") return LogFormat::text;
    if (word == "json") return LogFormat::json;
    return std::nullopt;
}

HostSettings quiet_host_settings(std::vector<std::string> plugin_dirs) {
    const auto log = std::make_shared<Log>(
        LogSettings{.level = Level::warning, .has_colours = Screen::has_colours(STDERR_FILENO), .has_date = false},
        [](std::string_view line) { write_all(STDERR_FILENO, std::string(line) + "\n"); });
    return {.plugin_dirs = std::move(plugin_dirs),
            .log = [log](Level level, const std::string& component, std::string_view text) {
                log->write(level, component, text);
            }};
}

}  // namespace leat::app
