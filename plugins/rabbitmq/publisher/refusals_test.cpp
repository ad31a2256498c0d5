#include "publisher/refusals.hpp"

#include <doctest/doctest.h>

using namespace leat::rabbitmq;

TEST_CASE("an exchange that is not there bars all its keys, for a while") {
    Refusals refusals;
    const auto now = Refusals::Clock::now();
    CHECK(refusals.empty());
    refusals.remember("plant", {}, "no exchange", now);
    REQUIRE(refusals.find("plant", "a", now) != nullptr);
    CHECK(*refusals.find("plant", "b", now) == "no exchange");
    CHECK(refusals.find("other", "a", now) == nullptr);
    CHECK(refusals.find("plant", "a", now + Refusals::kFor) == nullptr);
}

TEST_CASE("a key without the right bars no other key") {
    Refusals refusals;
    const auto now = Refusals::Clock::now();
    refusals.remember("plant", "no.1", "refused", now);
    CHECK(refusals.find("plant", "no.1", now) != nullptr);
    CHECK(refusals.find("plant", "no.2", now) == nullptr);
    CHECK(refusals.find("plan", "tno.1", now) == nullptr);
    CHECK(refusals.find("plant", "", now) == nullptr);
}

TEST_CASE("what is over is forgotten") {
    Refusals refusals;
    auto now = Refusals::Clock::now();
    for (int i = 0; i < 1000; ++i) {
        refusals.remember("plant", std::to_string(i), "refused", now);
        now += Refusals::kFor / 10;
    }
    CHECK(refusals.size() <= 11);
}
