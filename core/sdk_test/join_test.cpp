#include <leat/sdk/flow/join.hpp>

#include <doctest/doctest.h>

#include "support/stepped_host.hpp"

using leat::Join;
using leat::test::Told;

namespace {

void settle(const leat_receipt& r, uint32_t outcome, uint32_t code = LEAT_NONE, const leat_detail* detail = nullptr) {
    const leat_settlement s{r.token, outcome, code, detail};
    r.settler->settle(r.settler, &s, 1);
}

struct Pair {
    uint32_t outcome, code;
};

}  // namespace

TEST_CASE("a join settles its parent once, with the last child, and with the worst outcome") {
    // From the mildest to the worst.
    const Pair order[] = {{LEAT_ACK, LEAT_DROPPED},       {LEAT_ACK, LEAT_NONE}, {LEAT_ACK, LEAT_DISCARDED},
                          {LEAT_ACK, LEAT_DEAD_LETTERED}, {LEAT_REJECT, 300},    {LEAT_RETRY, LEAT_NONE},
                          {LEAT_ABANDON, LEAT_NONE}};
    for (size_t i = 0; i < std::size(order); ++i) {
        for (size_t k = 0; k < std::size(order); ++k) {
            Join join;
            Told told;
            const uint64_t parent = join.open({&told, 9}, 3);
            settle(join.child(parent), order[i].outcome, order[i].code);
            settle(join.child(parent), LEAT_ACK, LEAT_DROPPED);
            CHECK(told.all.empty());
            settle(join.child(parent), order[k].outcome, order[k].code);
            REQUIRE(told.all.size() == 1);
            CHECK(told.all[0].token == 9);
            CHECK(told.all[0].outcome == order[std::max(i, k)].outcome);
            CHECK(told.all[0].code == order[std::max(i, k)].code);
            CHECK(join.open_parents() == 0);
        }
    }
}

TEST_CASE("an outcome from the future counts as retry in a join") {
    Join join;
    Told told;
    const uint64_t parent = join.open({&told, 0}, 2);
    settle(join.child(parent), 77);
    settle(join.child(parent), LEAT_REJECT);
    CHECK(told.all[0].outcome == 77);
}

TEST_CASE("a join hands the reason of the worst child up, and ignores a child settled once too often") {
    const leat::test::BrokenRules broken;
    int strays = 0;
    Join join([&strays] { ++strays; });
    Told told;
    const uint64_t parent = join.open({&told, 1}, 2);
    const leat_receipt child = join.child(parent);
    const leat_receipt other = join.child(parent);
    {
        const std::string short_lived = "no such topic";
        const leat_detail detail{sizeof(leat_detail), 0, leat::bytes(short_lived), 5};
        settle(child, LEAT_REJECT, LEAT_NONE, &detail);
    }
    settle(child, LEAT_ACK);  // a second settlement of one child is not the other's
    CHECK(join.stale() == 1);
    CHECK(told.all.empty());
    settle(other, LEAT_ACK);
    CHECK(told.all[0].reason == "no such topic");
    const leat_receipt again = join.child(join.open({&told, 2}, 1));
    settle(child, LEAT_RETRY);  // the slot's next user is not hit
    CHECK(join.open_parents() == 1);
    settle(again, LEAT_ACK);
    CHECK(told.all.size() == 2);
    CHECK(told.all[1].reason.empty());
    CHECK(join.stale() == 2);
    CHECK(strays == 1);  // the first is enough for a log
    CHECK(broken.count() == (leat::kChecksRules ? 2 : 0));
}
