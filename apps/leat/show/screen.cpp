#include "show/screen.hpp"

#include "show/text.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>

namespace leat::app {
namespace {

// ECMA-48: EL and ED erase to the end of the line and of the screen, CPL moves up to a line's begin.
constexpr std::string_view kEraseLine = "\x1b[K";
constexpr std::string_view kEraseBelow = "\x1b[J";
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";

constexpr int kPatienceMs = 1000;

std::string lines_of(const std::vector<std::string>& frame) {
    std::string out;
    for (const std::string& line : frame) {
        out += line;
        out += kEraseLine;
        out += "\n";
    }
    return out;
}

}  // namespace

size_t columns_of_coloured(std::string_view text) {
    std::string plain;
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\x1b') {
            while (at < text.size() && text[at] != 'm') ++at;
        } else {
            plain += text[at];
        }
    }
    return columns_of(plain);
}

void Screen::draw(std::vector<std::string> frame) {
    const std::lock_guard lock(mutex_);
    std::string out = to_top();
    frame_ = std::move(frame);
    out += lines_of(frame_);
    out += kEraseBelow;
    out += kShowCursor;
    write_out(out);
}

void Screen::line(std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (frame_.empty()) return write_out(std::string(text) + "\n");
    std::string out = to_top();
    out += kEraseBelow;  // before it: a line that fills the last column would lose it to an erasure behind it
    out += text;
    out += "\n";
    out += lines_of(frame_);
    out += kShowCursor;
    write_out(out);
}

void Screen::leave() {
    const std::lock_guard lock(mutex_);
    frame_.clear();
}

// To where the frame begins. A terminal that has become narrower has broken the frame's lines into several.
std::string Screen::to_top() {
    const size_t columns = size().columns + 1;
    size_t rows = 0;
    for (const std::string& line : frame_) {
        const size_t width = columns_of_coloured(line);
        rows += width == 0 ? 1 : (width + columns - 1) / columns;
    }
    std::string out(kHideCursor);
    if (rows > 0) out += "\x1b[" + std::to_string(rows) + "F";
    return out;
}

ScreenSize Screen::size() const {
    winsize window{};
    ScreenSize size;
    if (ioctl(descriptor_, TIOCGWINSZ, &window) == 0) {
        if (window.ws_col > 1) size.columns = window.ws_col;
        if (window.ws_row > 1) size.rows = window.ws_row;
    }
    --size.columns;
    return size;
}

bool Screen::is_drawable(int descriptor) {
    const char* term = std::getenv("TERM");
    return isatty(descriptor) != 0 && !(term && std::string_view(term) == "dumb");
}

bool Screen::has_colours(int descriptor) {
    const char* refused = std::getenv("NO_COLOR");  // https://no-color.org: set and not empty
    return is_drawable(descriptor) && !(refused && *refused);
}

bool Screen::is_same(int one, int other) {
    struct stat a {};
    struct stat b {};
    return isatty(one) != 0 && isatty(other) != 0 && fstat(one, &a) == 0 && fstat(other, &b) == 0 &&
           a.st_rdev == b.st_rdev;
}

void Screen::write_out(const std::string& bytes) const { write_all(descriptor_, bytes); }

int write_all(int descriptor, std::string_view bytes) {
    // A pipe that is ready takes PIPE_BUF bytes without blocking; a terminal is given a frame in one piece.
    const size_t most = isatty(descriptor) != 0 ? bytes.size() : PIPE_BUF;
    while (!bytes.empty()) {
        pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
        const int answer = poll(&ready, 1, kPatienceMs);
        if (answer == 0) return ETIMEDOUT;
        const ssize_t written = answer < 0 ? -1 : write(descriptor, bytes.data(), std::min(bytes.size(), most));
        if (written >= 0) {
            bytes.remove_prefix(static_cast<size_t>(written));
        } else if (errno != EINTR && errno != EAGAIN) {
            return errno;
        }
    }
    return 0;
}

}  // namespace leat::app
