// What is in flight is bounded, whatever the broker has in store.
#include <unistd.h>

#include <fstream>

#include "conformance/case.hpp"

using namespace leat::test;

namespace {

/** Resident memory of this process, in which the host lives. */
std::size_t resident_bytes() {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

CONFORMANCE_CASE("a slow sink holds the source at max_in_flight") {
    constexpr std::uint64_t kLimit = 50, kMessages = 1000;
    const std::uint64_t most = backend.bounds().held_of(kLimit);
    Rig rig(backend, {.max_in_flight = kLimit});
    rig.tap().answer(hold(1, kMessages));
    rig.tap().let_go_when_starved();  // a source out of credit says so, else this would stand still
    rig.publish(1, kMessages);
    REQUIRE(rig.wait([&] { return rig.tap().settled() >= kMessages - kLimit; }));
    REQUIRE(rig.wait([&] {
        rig.tap().settle_held(Answer::ack);
        return rig.tap().settled() >= kMessages;
    }));
    CHECK(rig.seen().missing(1, kMessages).empty());
    if (most < kLimit) absent("more than " + std::to_string(most) + " in flight");
    CHECK(rig.tap().peak_held() <= most);
    CHECK(rig.tap().peak_held() > most / 2);  // and the credit is used
}

CONFORMANCE_CASE("memory stays bounded while large messages pass") {
    constexpr std::size_t kSize = 256 * 1024, kRound = 16, kRounds = 40;
    Rig rig(backend, {.max_in_flight_bytes = "4MiB"});
    rig.tap().count_only();
    rig.tap().answer(hold(1, kRound * kRounds));
    rig.tap().let_go_when_starved();
    std::size_t early = 0;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        auto samples = rig.numbered(round * kRound + 1, (round + 1) * kRound);
        for (Sample& s : samples) s.payload->append(1, ' ').append(kSize, 'x');
        rig.publish(samples);
        REQUIRE(rig.wait([&] {
            rig.tap().settle_held(Answer::ack);
            return rig.tap().settled() >= (round + 1) * kRound;
        }));
        if (round == kRounds / 4) early = resident_bytes();
    }
    CHECK(rig.tap().peak_held_bytes() <= 4 * 1024 * 1024 + 2 * kSize);
    const std::size_t now = resident_bytes();
    const std::size_t passed_since = kSize * kRound * kRounds / 4 * 3;
    CAPTURE(now);
    CAPTURE(early);
    CHECK((now < early || now - early < passed_since / 3));  // of 120 MiB
    CHECK(rig.seen().missing(1, kRound * kRounds).empty());
}
