#include "native/intake.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <string>

using namespace leat::mqtt;

namespace {

void feed(Intake& intake, const std::string& text, std::size_t wanted = 0) {
    const auto room = intake.room(wanted);
    REQUIRE(room.size() >= text.size());
    std::memcpy(room.data(), text.data(), text.size());
    intake.filled(text.size());
}

}  // namespace

TEST_CASE("bytes are read in the order in which they came") {
    Intake intake(64);
    CHECK(intake.unread().empty());
    feed(intake, "hello ");
    feed(intake, "world");
    CHECK(as_text(intake.unread()) == "hello world");
    intake.consume(6);
    CHECK(as_text(intake.unread()) == "world");
}

TEST_CASE("a buffer that nobody points into is filled from its beginning again") {
    Intake intake(64);
    feed(intake, "abc");
    intake.consume(3);
    CHECK(intake.room(0).size() == 64);
    CHECK(intake.live_bytes() == 64);
}

TEST_CASE("a slice stays as it is while its buffer is held") {
    Intake intake(64);
    feed(intake, std::string(60, 'a'));
    const Bytes slice = intake.unread();
    leat_buffer* held = intake.buffer();
    leat_buffer_retain(held, 1);
    intake.consume(60);
    feed(intake, "bbb");  // the 4 bytes behind may be used
    feed(intake, std::string(40, 'c'));
    CHECK(as_text(intake.unread()) == "bbb" + std::string(40, 'c'));
    CHECK(as_text(slice) == std::string(60, 'a'));
    CHECK(intake.live_bytes() == 128);
    leat_buffer_release(held, 1);
    CHECK(intake.live_bytes() == 64);
}

TEST_CASE("a packet larger than a buffer gets one of its own, with its front in it") {
    Intake intake(64);
    feed(intake, "front");
    const auto room = intake.room(1000);
    CHECK(room.size() == 995);
    CHECK(as_text(intake.unread()) == "front");
}

TEST_CASE("a buffer outlives its intake while it is held") {
    auto intake = std::make_unique<Intake>(64);
    feed(*intake, "kept");
    const Bytes slice = intake->unread();
    leat_buffer* held = intake->buffer();
    leat_buffer_retain(held, 1);
    intake.reset();
    CHECK(as_text(slice) == "kept");
    leat_buffer_release(held, 1);
}
