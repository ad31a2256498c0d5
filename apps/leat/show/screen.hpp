// The lower end of a terminal: a frame that is drawn over itself, and lines that scroll by above it.
//
//     Screen screen(STDOUT_FILENO);
//     screen.draw({"ROUTE  STATE", "a  running"});
//     screen.line("13:02:11 info ...");     // from any thread: above the frame, never through it
//
// Each change is one write. All of it may be called from any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace leat::app {

struct ScreenSize {
    size_t columns = 80;
    size_t rows = 24;
};

class Screen {
  public:
    explicit Screen(int descriptor) : descriptor_(descriptor) {}

    /// Replaces the frame. Its lines may hold colours, are clipped to size() by whoever makes them, and are fewer
    /// than its rows.
    void draw(std::vector<std::string> frame);
    /// Writes one line above the frame; before the first frame, and after leave(), simply a line.
    void line(std::string_view text);
    /// Lets the frame stand as it is; what follows is written below it.
    void leave();

    /// What a frame may use now: a column less than the terminal has, so that no line ends in the last one.
    ScreenSize size() const;

    /// Whether a table can be drawn there: a terminal, and not TERM=dumb.
    static bool is_drawable(int descriptor);
    /// Whether colours are welcome: drawable, and NO_COLOR is not set.
    static bool has_colours(int descriptor);
    /// Whether both are the same terminal.
    static bool is_same(int one, int other);

  private:
    std::string to_top();
    void write_out(const std::string& bytes) const;

    const int descriptor_;
    std::mutex mutex_;
    std::vector<std::string> frame_;
};

/// Columns of a line that may hold colours (SGR sequences).
size_t columns_of_coloured(std::string_view text);

/// Writes all of it. Gives up when the reader has gone, or takes nothing for a second: a terminal that was stopped
/// with Ctrl-S must not stop the routes. 0, or the errno of what was in the way; ETIMEDOUT where nothing was taken.
int write_all(int descriptor, std::string_view bytes);

}  // namespace leat::app
