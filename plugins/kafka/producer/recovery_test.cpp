#include "producer/recovery.hpp"

#include <doctest/doctest.h>

namespace {

kafka::Entry entry_of(uint64_t sequence, kafka::Writer* writer = nullptr) {
    kafka::Entry entry{};
    entry.sequence = sequence & kafka::Entry::kSequenceMask;
    entry.writer = writer;
    return entry;
}

struct NoWriter final : kafka::Writer {
    bool describe(const leat_message&, kafka::Record&, std::string&) override { return false; }
    const leat::Services& host() const override { return services; }
    leat::Services services{};
};

}  // namespace

TEST_CASE("what has not landed is given back in the order in which it came") {
    kafka::Recovery recovery;
    kafka::Entry third = entry_of(3);
    kafka::Entry first = entry_of(1);
    kafka::Entry second = entry_of(2);
    recovery.begin();
    recovery.keep(third);
    recovery.keep(first);
    recovery.keep(second);
    CHECK(recovery.is_active());
    CHECK(recovery.end() == std::vector<kafka::Entry*>{&first, &second, &third});
    CHECK(!recovery.is_active());
    CHECK(recovery.end().empty());
}

TEST_CASE("what a writer has given up is not sent again") {
    NoWriter gone;
    NoWriter stays;
    kafka::Recovery recovery;
    kafka::Entry lost = entry_of(1, &gone);
    kafka::Entry kept = entry_of(2, &stays);
    recovery.begin();
    recovery.keep(lost);
    recovery.keep(kept);
    recovery.forget(gone);
    CHECK(recovery.end() == std::vector<kafka::Entry*>{&kept});
}

TEST_CASE("fatal errors that follow each other are answered ever more slowly, until a quiet minute") {
    constexpr int64_t kSecond = 1'000'000'000;
    kafka::Recovery recovery;
    CHECK(recovery.pause_ns(100 * kSecond) == 0);
    CHECK(recovery.pause_ns(101 * kSecond) == kSecond);
    CHECK(recovery.pause_ns(103 * kSecond) == 2 * kSecond);
    CHECK(recovery.pause_ns(106 * kSecond) == 4 * kSecond);
    CHECK(recovery.pause_ns(200 * kSecond) == 0);
}
