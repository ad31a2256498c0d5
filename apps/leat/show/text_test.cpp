#include "show/text.hpp"

#include <doctest/doctest.h>

using namespace leat::app;

TEST_CASE("text from outside cannot steer the terminal") {
    CHECK(printable("plain äöü 温度") == "plain äöü 温度");
    CHECK(printable("a\x1b[2Jb\r\n\t\x7f") == "a\\x1b[2Jb\\r\\n\\t\\x7f");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\u{9b}31m");  // CSI as one character
    CHECK(printable("a\xe2\x80\xae"
                    "b") == "a\\u{202e}b");  // right-to-left override
    CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("bytes that are no UTF-8 are shown as bytes") {
    CHECK(printable("\xff") == "\\xff");
    CHECK(printable("\xc3") == "\\xc3");                    // cut short
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");           // overlong
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
}

TEST_CASE("width is counted in columns") {
    CHECK(columns_of("abc") == 3);
    CHECK(columns_of("äöü") == 3);
    CHECK(columns_of("温度") == 4);
    CHECK(columns_of("e\xcc\x81") == 1);  // combining acute
}

TEST_CASE("what is too long is cut at a character and marked") {
    CHECK(clipped("telemetry", 9) == "telemetry");
    CHECK(clipped("telemetry", 5) == "tele…");
    CHECK(clipped("äöüäöü", 3) == "äö…");
    CHECK(clipped("温度計", 4) == "温…");
    CHECK(clipped("abc", 1) == "…");
    CHECK(clipped("abc", 0) == "");
}

TEST_CASE("a cell has exactly its width") {
    CHECK(left("ab", 4) == "ab  ");
    CHECK(right("ab", 4) == "  ab");
    CHECK(left("温度計", 4) == "温… ");
    CHECK(right("abcdef", 4) == "abc…");
}
