#include "reasons.hpp"

#include <doctest/doctest.h>

using namespace leat::mqtt;

TEST_CASE("reason codes are told in words, with their number") {
    CHECK(in_words(0x87) == "not authorized (0x87)");
    CHECK(in_words(0x10) == "no matching subscribers (0x10)");
    CHECK(in_words(0xFE) == "unknown reason (0xFE)");
    CHECK(connack_in_words_3_1_1(4) == "bad user name or password (0x04)");
}

TEST_CASE("a code of 0x80 and above is never an acknowledgement") {
    for (int code = 0; code < 256; ++code) {
        CAPTURE(code);
        CHECK((outcome_of(static_cast<std::uint8_t>(code)) == LEAT_ACK) == (code < 0x80));
    }
    CHECK(outcome_of(0x97) == LEAT_RETRY);
    CHECK(outcome_of(0x87) == LEAT_REJECT);
}
