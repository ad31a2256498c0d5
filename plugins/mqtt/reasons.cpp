#include "reasons.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace leat::mqtt {
namespace {

using Words = std::pair<std::uint8_t, const char*>;

constexpr std::array kWords{
    Words{0x00, "success"},
    Words{0x04, "disconnect with will message"},
    Words{0x10, "no matching subscribers"},
    Words{0x11, "no subscription existed"},
    Words{0x18, "continue authentication"},
    Words{0x19, "re-authenticate"},
    Words{0x80, "unspecified error"},
    Words{0x81, "malformed packet"},
    Words{0x82, "protocol error"},
    Words{0x83, "implementation specific error"},
    Words{0x84, "unsupported protocol version"},
    Words{0x85, "client identifier not valid"},
    Words{0x86, "bad user name or password"},
    Words{0x87, "not authorized"},
    Words{0x88, "server unavailable"},
    Words{0x89, "server busy"},
    Words{0x8A, "banned"},
    Words{0x8B, "server shutting down"},
    Words{0x8C, "bad authentication method"},
    Words{0x8D, "keep alive timeout"},
    Words{0x8E, "session taken over: another client uses this client id"},
    Words{0x8F, "topic filter invalid"},
    Words{0x90, "topic name invalid"},
    Words{0x91, "packet identifier in use"},
    Words{0x92, "packet identifier not found"},
    Words{0x93, "receive maximum exceeded"},
    Words{0x94, "topic alias invalid"},
    Words{0x95, "packet too large"},
    Words{0x96, "message rate too high"},
    Words{0x97, "quota exceeded"},
    Words{0x98, "administrative action"},
    Words{0x99, "payload format invalid"},
    Words{0x9A, "retain not supported"},
    Words{0x9B, "QoS not supported"},
    Words{0x9C, "use another server"},
    Words{0x9D, "server moved"},
    Words{0x9E, "shared subscriptions not supported"},
    Words{0x9F, "connection rate exceeded"},
    Words{0xA0, "maximum connect time"},
    Words{0xA1, "subscription identifiers not supported"},
    Words{0xA2, "wildcard subscriptions not supported"},
};

std::string with_number(const char* words, std::uint8_t code) {
    char number[8];
    std::snprintf(number, sizeof number, " (0x%02X)", static_cast<unsigned>(code));
    return std::string(words) + number;
}

}  // namespace

std::string in_words(std::uint8_t code) {
    for (const auto& [number, words] : kWords)
        if (number == code) return with_number(words, code);
    return with_number("unknown reason", code);
}

std::string connack_in_words_3_1_1(std::uint8_t code) {
    switch (code) {
        case 0:
            return with_number("accepted", code);
        case 1:
            return with_number("unacceptable protocol version", code);
        case 2:
            return with_number("client identifier rejected", code);
        case 3:
            return with_number("server unavailable", code);
        case 4:
            return with_number("bad user name or password", code);
        case 5:
            return with_number("not authorized", code);
        default:
            return with_number("unknown return code", code);
    }
}

std::uint32_t outcome_of(std::uint8_t code) {
    switch (code) {
        case 0x80:  // unspecified error
        case 0x83:  // implementation specific error
        case 0x91:  // packet identifier in use
        case 0x92:  // packet identifier not found: a PUBREL came to nothing
        case 0x97:  // quota exceeded
            return LEAT_RETRY;
        default:
            return code < 0x80 ? LEAT_ACK : LEAT_REJECT;
    }
}

}  // namespace leat::mqtt
