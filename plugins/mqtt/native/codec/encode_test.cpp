#include "native/codec/encode.hpp"

#include <doctest/doctest.h>

using namespace leat::mqtt;

TEST_CASE("CONNECT in 3.1.1 carries protocol level 4, flags, keep-alive and texts") {
    ByteBuffer out;
    encode_connect(out, {.version = Version::v3_1_1,
                         .client_id = "c",
                         .clean_start = true,
                         .keep_alive = 30,
                         .user = "u",
                         .password = "p"});
    CHECK(out == ByteBuffer{0x10, 19, 0, 4, 'M', 'Q', 'T', 'T', 4, 0xC2, 0, 30, 0, 1, 'c', 0, 1, 'u', 0, 1, 'p'});
}

TEST_CASE("CONNECT in version 5 says how long the session lasts and how much it takes") {
    ByteBuffer out;
    encode_connect(out, {.version = Version::v5,
                         .client_id = "",
                         .clean_start = false,
                         .keep_alive = 0,
                         .user = {},
                         .password = {},
                         .session_expiry = 3600,
                         .receive_maximum = 20,
                         .maximum_packet_size = 1024});
    CHECK(out == ByteBuffer{0x10, 26, 0,    4,    'M',  'Q', 'T', 'T',  5, 0, 0, 0, 13, 0x11,
                            0,    0,  0x0E, 0x10, 0x21, 0,   20,  0x27, 0, 0, 4, 0, 0,  0});
}

TEST_CASE("a password without user gets an empty user in 3.1.1, and stands alone in version 5") {
    ByteBuffer old;
    ByteBuffer now;
    encode_connect(old, {.version = Version::v3_1_1, .client_id = "c", .user = {}, .password = "p"});
    encode_connect(now, {.version = Version::v5, .client_id = "c", .user = {}, .password = "p"});
    CHECK(old[9] == 0xC0);
    CHECK(now[9] == 0x40);
}

TEST_CASE("CONNECT carries the will between client id and user, with properties in version 5") {
    Will will;
    will.topic = "w";
    will.payload = "gone";
    will.qos = 2;
    will.retain = true;
    will.delay = 5;
    will.message_expiry = 6;
    will.content_type = "t";
    will.user_properties = {{"k", "v"}};
    Connect c{.version = Version::v3_1_1, .client_id = "c", .keep_alive = 0, .user = "u", .password = {}};
    c.will = will;
    ByteBuffer old;
    encode_connect(old, c);
    CHECK(old == ByteBuffer{0x10, 25, 0, 4,   'M', 'Q', 'T', 'T', 4,   0xB4, 0, 0, 0,  1,
                            'c',  0,  1, 'w', 0,   4,   'g', 'o', 'n', 'e',  0, 1, 'u'});
    c.version = Version::v5;
    c.user.reset();
    ByteBuffer now;
    encode_connect(now, c);
    CHECK(now == ByteBuffer{0x10, 45,   0,   4, 'M', 'Q', 'T',  'T', 5,   0x34, 0, 0,    0,   0,   1,   'c',
                            21,   0x18, 0,   0, 0,   5,   0x02, 0,   0,   0,    6, 0x03, 0,   1,   't', 0x26,
                            0,    1,    'k', 0, 1,   'v', 0,    1,   'w', 0,    4, 'g',  'o', 'n', 'e'});
}

TEST_CASE("SUBSCRIBE sends the version 5 options only to version 5") {
    const Wanted wanted[] = {{.filter = "a/+", .qos = 1, .retain_as_published = true, .retain_handling = 1}};
    ByteBuffer v5;
    ByteBuffer v3;
    encode_subscribe(v5, 2, wanted, Version::v5);
    encode_subscribe(v3, 2, wanted, Version::v3_1_1);
    CHECK(v5 == ByteBuffer{0x82, 9, 0, 2, 0, 0, 3, 'a', '/', '+', 0x19});
    CHECK(v3 == ByteBuffer{0x82, 8, 0, 2, 0, 3, 'a', '/', '+', 0x01});
}

TEST_CASE("UNSUBSCRIBE names its filters") {
    const std::string gone[] = {"x"};
    ByteBuffer out;
    encode_unsubscribe(out, 3, gone, Version::v3_1_1);
    CHECK(out == ByteBuffer{0xA2, 5, 0, 3, 0, 1, 'x'});
}

TEST_CASE("an acknowledgement is four bytes, or five with a code in version 5") {
    ByteBuffer out;
    encode_ack(out, Packet::puback, 0x0102, 0, Version::v5);
    encode_ack(out, Packet::puback, 3, 0x83, Version::v5);
    encode_ack(out, Packet::puback, 4, 0x83, Version::v3_1_1);
    encode_ack(out, Packet::pubrel, 5, 0, Version::v5);
    CHECK(out == ByteBuffer{0x40, 2, 1, 2, 0x40, 3, 0, 3, 0x83, 0x40, 2, 0, 4, 0x62, 2, 0, 5});
}

TEST_CASE("PINGREQ and DISCONNECT") {
    ByteBuffer out;
    encode_pingreq(out);
    encode_disconnect(out, 0, Version::v5);
    encode_disconnect(out, 0x04, Version::v5);
    encode_disconnect(out, 0x04, Version::v3_1_1);
    CHECK(out == ByteBuffer{0xC0, 0, 0xE0, 0, 0xE0, 1, 4, 0xE0, 0});
}
