// Writes a line about one message of each n, and no more lines a second than told. What is not logged costs nothing.
#pragma once
#include <leat/sdk/stage.hpp>

#include <string>
#include <string_view>

namespace leat::log {

enum class Level { debug, info, warning };

/// Appends at most `most` bytes of text as printable ASCII and valid-looking UTF-8; control characters and what is no
/// text as \xNN; then, where something was left out, how much there is.
void append(std::string& line, std::string_view text, size_t most);

class Log : public Stage {
  public:
    Level level = Level::info;
    uint64_t every = 1;
    Rate most{10};
    Size max_length{200};
    Template text;

    static auto options() {
        return leat::options(
            option<&Log::level>("level", "Level of the lines.").allowed({"debug", "info", "warning"}),
            option<&Log::every>("every", "One message of so many is logged, the first to begin with.")
                .range(1, 1e18)
                .example("1000"),
            option<&Log::most>("most",
                               "The most lines; messages beyond are counted and told in the next line. 0: any.")
                .range(0, 1e6),
            option<&Log::max_length>("max_length", "The most bytes of a text or of a payload in a line.")
                .range(1, 1 << 20),
            option<&Log::text>("text", "What to write; by default topic, key and payload.")
                .example("\"${topic} from ${header:device}\""));
    }

    void push(Batch& batch) override {  // hot: per batch
        size_t n = 0;
        leat_message* all = batch.all(n);
        for (; next_one_ < n; next_one_ += every) tell(all[next_one_]);
        next_one_ -= n;
        pass(all, n);
    }

  private:
    void tell(const leat_message& message);
    bool may_write();

    uint64_t next_one_ = 0;  // how many messages pass before the next that is logged
    double credit_ = 0;      // lines that may be written
    int64_t credited_ns_ = 0;
    uint64_t held_back_ = 0;
    std::string line_;
};

inline void append(std::string& line, std::string_view text, size_t most) {
    constexpr const char* kHex = "0123456789abcdef";
    for (const char c : text.substr(0, most)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            line += c;
        } else {
            line += "\\x";
            line += kHex[byte >> 4];
            line += kHex[byte & 15];
        }
    }
    if (text.size() > most) line += "... (" + std::to_string(text.size()) + " bytes)";
}

// A second's worth of lines may be saved up.
inline bool Log::may_write() {
    if (most.per_second <= 0) return true;
    const int64_t now = services().host->now_ns();
    const double earned = static_cast<double>(now - credited_ns_) * 1e-9 * most.per_second;
    const double limit = most.per_second < 1 ? 1 : most.per_second;
    credit_ = credited_ns_ == 0 || credit_ + earned > limit ? limit : credit_ + earned;
    credited_ns_ = now;
    if (credit_ < 1) return ++held_back_, false;
    credit_ -= 1;
    return true;
}

inline void Log::tell(const leat_message& message) {
    if (!may_write()) return;
    line_.clear();
    if (text) {
        const Template::Result filled = text(message);
        if (!filled.ok) line_ = "the text cannot be filled in: ";
        append(line_, view(filled.text), max_length.bytes);
    } else {
        append(line_, view(message.topic), max_length.bytes);
        if (present(message.key)) append(line_ += " key ", view(message.key), max_length.bytes);
        line_ += present(message.payload) ? " payload " : " without payload";
        append(line_, view(message.payload), max_length.bytes);
    }
    if (held_back_) line_ += " (" + std::to_string(held_back_) + " were not logged before)";
    held_back_ = 0;
    constexpr uint32_t kLevels[] = {LEAT_LOG_DEBUG, LEAT_LOG_INFO, LEAT_LOG_WARNING};
    services().host->log(services().me, kLevels[static_cast<int>(level)], bytes(line_));
}

}  // namespace leat::log
