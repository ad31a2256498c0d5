#include "show/screen.hpp"

#include <doctest/doctest.h>

#include <unistd.h>
#include <array>
#include <string>

using namespace leat::app;

namespace {

// A pipe in the place of a terminal: 80 columns are assumed, and each read gives one write.
struct Pipe {
    std::array<int, 2> ends{};
    Pipe() { REQUIRE(pipe(ends.data()) == 0); }
    ~Pipe() {
        close(ends[0]);
        close(ends[1]);
    }
    std::string read_one() const {
        std::string text(4096, '\0');
        text.resize(static_cast<size_t>(read(ends[0], text.data(), text.size())));
        return text;
    }
};

}  // namespace

TEST_CASE("a frame is drawn over the one before it") {
    const Pipe pipe;
    Screen screen(pipe.ends[1]);
    screen.draw({"one", "two"});
    CHECK(pipe.read_one() == "\x1b[?25lone\x1b[K\ntwo\x1b[K\n\x1b[J\x1b[?25h");
    screen.draw({"three"});
    CHECK(pipe.read_one() == "\x1b[?25l\x1b[2Fthree\x1b[K\n\x1b[J\x1b[?25h");
}

TEST_CASE("a line goes above the frame, in one write with it") {
    const Pipe pipe;
    Screen screen(pipe.ends[1]);
    screen.line("before");
    CHECK(pipe.read_one() == "before\n");
    screen.draw({"one", "two"});
    pipe.read_one();
    screen.line("news");
    CHECK(pipe.read_one() == "\x1b[?25l\x1b[2F\x1b[Jnews\none\x1b[K\ntwo\x1b[K\n\x1b[?25h");
    screen.leave();
    screen.line("after");
    CHECK(pipe.read_one() == "after\n");
}

TEST_CASE("lines that a narrower terminal has broken are counted as several") {
    const Pipe pipe;
    Screen screen(pipe.ends[1]);
    screen.draw({std::string(200, 'x')});  // three rows of 80
    pipe.read_one();
    screen.draw({"y"});
    CHECK(pipe.read_one().starts_with("\x1b[?25l\x1b[3F"));
}

TEST_CASE("colours take no column") { CHECK(columns_of_coloured("\x1b[32mrunning\x1b[0m ä") == 9); }
