#include "consumer/watchdog.hpp"

#include <doctest/doctest.h>

#include "test_rig.hpp"

using kafka::Partition;
using kafka::Watchdog;

namespace {

constexpr int64_t kSecond = 1'000'000'000;

struct Fixture {
    kafka::test::MockCluster kafka;
    leat::test::ScriptedHost host;
    rd_kafka_t* client = [] {
        char why[256];
        rd_kafka_conf_t* conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "group.id", "g", why, sizeof why);
        return rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    }();
    leat::InFlight window{0, 10, 1000, true};
    kafka::Wakeup wakeup{host.setup("s", kafka::test::make_identity(LEAT_ROLE_SOURCE)).services, [](void*) {},
                         nullptr};
    kafka::Arrivals arrivals{wakeup};
    std::unique_ptr<Partition> partition = std::make_unique<Partition>(client, "t", 0, window, 1, arrivals);
    Fixture() {
        partition->state = Partition::State::reading;
        partition->last_fetch_ns = 0;
    }
    ~Fixture() {
        partition.reset();
        rd_kafka_destroy(client);
    }
};

}  // namespace

TEST_CASE("a partition is asked about only when it is read, has credit and was silent") {
    Fixture f;
    CHECK(!Watchdog::is_idle(*f.partition, 9 * kSecond));
    CHECK(Watchdog::is_idle(*f.partition, 10 * kSecond));
    f.partition->state = Partition::State::revoking;
    CHECK(!Watchdog::is_idle(*f.partition, 10 * kSecond));
}

TEST_CASE("a client is rebuilt when its partition is behind twice in a row, and not more often than the pause") {
    Fixture f;
    Watchdog watchdog;
    int64_t now = 20 * kSecond;
    CHECK(!watchdog.answer(*f.partition, 5, 5, now));  // nothing to read
    CHECK(!watchdog.answer(*f.partition, 7, 5, now));
    CHECK(!watchdog.answer(*f.partition, 5, 5, now));  // it has caught up
    CHECK(!watchdog.answer(*f.partition, 7, 5, now));
    CHECK(watchdog.answer(*f.partition, 7, 5, now));
    watchdog.rebuilt(now);
    CHECK(!watchdog.answer(*f.partition, 7, 5, now + 29 * kSecond));
    CHECK(watchdog.answer(*f.partition, 7, 5, now + 30 * kSecond));
    now += 30 * kSecond;
    watchdog.rebuilt(now);
    CHECK(!watchdog.answer(*f.partition, 7, 5, now + 59 * kSecond));
    CHECK(watchdog.answer(*f.partition, 7, 5, now + 60 * kSecond));
}

TEST_CASE("a commit without an answer is stuck after its patience") {
    Watchdog watchdog;
    CHECK(!watchdog.is_stuck(0, 100 * kSecond, 1));
    CHECK(!watchdog.is_stuck(1, 29 * kSecond, 1));
    CHECK(watchdog.is_stuck(1, 31 * kSecond, 1));
}

TEST_CASE("a client with thousands of partitions may be slow") {
    Watchdog watchdog;
    CHECK(!watchdog.is_stuck(1, 129 * kSecond, 10'000));
    CHECK(watchdog.is_stuck(1, 131 * kSecond, 10'000));
}
