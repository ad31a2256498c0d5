#include "source.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace leat::console {

Source::Source(const SourceOptions& options, int fd) : options_(options), fd_(::dup(fd)), lane_(lane_of("stdin")) {
    if (fd_ < 0) throw std::runtime_error(std::string("standard input is not open: ") + std::strerror(errno));
}

Source::~Source() {
    for (const leat_message& m : again_) leat_buffer_release(m.buffer, 1);
    ::close(fd_);
}

void Source::open() { window_ = &open_window(); }

void Source::start() {
    if (window_->has_abandoned()) {
        for (uint64_t s = window_->watermark(); s < window_->next(); ++s) {
            if (window_->is_settled(s)) continue;
            leat_message& m = again_.emplace_back(window_->kept(s));
            leat_buffer_retain(m.buffer, 1);
        }
        forget(*window_);
    }
    services().up();
    wake();
}

void Source::stop() {
    if (watch_) services().host->watch_end(watch_);
    watch_ = nullptr;
    is_listening_ = false;
    stopped_when_idle();
}

void Source::listen(bool on) {
    if (on == is_listening_) return;
    is_listening_ = on;
    if (watch_) return services().host->watch_change(watch_, on ? LEAT_WATCH_READ : 0);
    watch_ = services().host->watch_start(
        services().me, fd_, LEAT_WATCH_READ, [](void* self, uint32_t) { static_cast<Source*>(self)->on_ready(); },
        this);
}

void Source::on_ready() {
    if (!is_listening_) return;
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 0) <= 0) return;  // another reader of the same input was quicker
    const size_t before = text_.size();
    text_.resize(before + kReadSize);
    const ssize_t n = ::read(fd_, text_.data() + before, kReadSize);
    text_.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n < 0) return fail(std::string("standard input cannot be read: ") + std::strerror(errno));
    if (n == 0) {
        is_ended_ = true;
        listen(false);
        services().log_info("standard input has ended");
    }
    resume();
}

void Source::fail(const std::string& why) {
    is_ended_ = true;
    listen(false);
    services().failed(why);
}

void Source::emit_again() {
    while (!again_.empty()) {
        const size_t n =
            std::min({static_cast<uint64_t>(again_.size()), window_->credit(), uint64_t{LEAT_BATCH_MAX}});
        if (n == 0) return;
        std::copy_n(again_.begin(), n, batch_);
        again_.erase(again_.begin(), again_.begin() + static_cast<std::ptrdiff_t>(n));
        emit(*window_, batch_, n);
    }
}

void Source::resume() {
    if (!emitting()) return;
    emit_again();
    while (again_.empty()) {
        const uint64_t room = std::min(window_->credit(), uint64_t{LEAT_BATCH_MAX});
        size_t n = 0;
        std::string_view line;
        while (n < room && take_line(line)) {
            if (make(line, batch_[n])) ++n;
        }
        if (n == 0) break;
        emit(*window_, batch_, n);
    }
    if (taken_ > 0) {
        text_.erase(0, taken_);
        searched_ -= taken_;
        taken_ = 0;
    }
    if (text_.size() > options_.max_line.bytes && !is_ended_ && searched_ == text_.size()) {
        return fail("line " + std::to_string(line_number_ + 1) + " is longer than max_line (" +
                    std::to_string(options_.max_line.bytes) + " bytes)");
    }
    const bool has_lines = searched_ < text_.size();
    listen(!is_ended_ && !has_lines && window_->credit() > 0);
}

// The next whole line without its newline; at the end of the input also a last one without. Valid until text_
// changes.
bool Source::take_line(std::string_view& line) {
    if (taken_ == text_.size()) return false;
    size_t end = text_.find('\n', std::max(searched_, taken_));
    if (end == std::string::npos) {
        searched_ = text_.size();
        if (!is_ended_) return false;
        end = text_.size();
    }
    line = std::string_view(text_).substr(taken_, end - taken_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    taken_ = searched_ = std::min(end + 1, text_.size());
    ++line_number_;
    return true;
}

// False: the line is no message; that is said, and the next one is looked at.
bool Source::make(std::string_view text, leat_message& into) {
    if (options_.format == InputFormat::lines) {
        place(parse_line(text, options_.key_separator), into);
        return true;
    }
    std::string why;
    const auto line = parse_json(text, why);
    if (!line) {
        services().log_error("line " + std::to_string(line_number_) + " of standard input is left out: " + why);
        return false;
    }
    place(*line, into);
    return true;
}

void Source::place(const Line& line, leat_message& into) {
    const std::string& topic = line.topic ? *line.topic : options_.topic;
    const size_t table = line.headers.size() * sizeof(leat_header);
    size_t size =
        table + topic.size() + (line.key ? line.key->size() : 0) + (line.payload ? line.payload->size() : 0);
    for (const auto& [name, value] : line.headers) size += name.size() + value.size();
    void* memory = nullptr;
    into = leat_message{};
    into.buffer = services().host->buffer_new(services().me, size + 1, &memory);
    auto* headers = static_cast<leat_header*>(memory);
    Packer packer(static_cast<char*>(memory) + table);
    into.topic = packer.put(bytes(topic));
    into.key = line.key ? packer.put(bytes(*line.key)) : kAbsent;
    into.payload = line.payload ? packer.put(bytes(*line.payload)) : kAbsent;
    for (size_t i = 0; i < line.headers.size(); ++i) {
        headers[i].name = packer.put(bytes(line.headers[i].first));
        headers[i].value = packer.put(bytes(line.headers[i].second));
    }
    into.headers = headers;
    into.header_count = static_cast<uint32_t>(line.headers.size());
    into.timestamp_ns = services().wall().count();
    into.lane = lane_;
}

}  // namespace leat::console
