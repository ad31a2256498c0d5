#include "health.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

constexpr const char* kUp = R"({"brokers":{"a":{"state":"CONNECT"},"b":{"state":"UP"}}})";
constexpr const char* kNone = R"({"brokers":{"a":{"state":"CONNECT"}}})";

struct Told {
    std::vector<std::pair<uint32_t, std::string>> all;
    kafka::Health health{[this](uint32_t state, std::string_view why, int64_t) { all.emplace_back(state, why); }};
};

}  // namespace

TEST_CASE("down is told once, with the reason of the connection, and up again when a broker is") {
    Told told;
    told.health.connecting("k:9092");
    told.health.error(RD_KAFKA_RESP_ERR__TRANSPORT, "k:9092: refused");
    told.health.error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    told.health.error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    told.health.statistics(kNone);
    told.health.statistics(kUp);
    told.health.statistics(kUp);
    REQUIRE(told.all.size() == 3);
    CHECK(told.all[1] == std::pair<uint32_t, std::string>(LEAT_STATE_DOWN, "k:9092: refused"));
    CHECK(told.all[2].first == LEAT_STATE_UP);
}

TEST_CASE("three seconds without a broker that is up are down, told or not") {
    Told told;
    told.health.connecting("k:9092");
    for (int i = 0; i < 2; ++i) told.health.statistics(kNone);
    CHECK(told.all.size() == 1);
    told.health.statistics(kNone);
    REQUIRE(told.all.size() == 2);
    CHECK(told.all[1].first == LEAT_STATE_DOWN);
}

TEST_CASE("a refused log-in is down at once, unless another broker is up") {
    Told told;
    told.health.connecting("k:9092");
    told.health.error(RD_KAFKA_RESP_ERR__AUTHENTICATION, "wrong password");
    REQUIRE(told.all.size() == 2);
    CHECK(told.all[1] == std::pair<uint32_t, std::string>(LEAT_STATE_DOWN, "wrong password"));
}

TEST_CASE("a certificate that cannot be verified may be that of another host name, and that is said") {
    Told told;
    told.health.connecting("k:9092");
    told.health.error(RD_KAFKA_RESP_ERR__SSL, "k:9092: certificate verify failed");
    REQUIRE(told.all.size() == 2);
    CHECK(told.all[1].second == "k:9092: certificate verify failed; or the certificate is for another host name");
}

TEST_CASE("a broker that is up is not enough while something else is waited for") {
    Told told;
    told.health.connecting("k:9092");
    told.health.statistics(kUp, "waits for partitions");
    told.health.statistics(kUp, "waits for partitions");
    REQUIRE(told.all.size() == 2);
    CHECK(told.all[1] == std::pair<uint32_t, std::string>(LEAT_STATE_CONNECTING, "waits for partitions"));
    told.health.statistics(kUp);
    REQUIRE(told.all.size() == 3);
    CHECK(told.all[2].first == LEAT_STATE_UP);
}
