#include <doctest/doctest.h>

#include "support/eventually.hpp"
#include "support/kafka.hpp"
#include "support/mosquitto.hpp"
#include "support/port.hpp"

using namespace leat::test;

TEST_CASE("a private Mosquitto comes back on its port after a restart") {
    const Certificates certificates;
    Mosquitto broker({.persistence = true, .tls = &certificates, .users = {{"leat", "secret"}}});
    const auto port = broker.port();
    CHECK(accepts(broker.tls_port()));
    CHECK(eventually([&] { return broker.logged("running") == 1; }));  // said after it listens
    broker.stop();
    CHECK_FALSE(accepts(port));
    broker.start();
    CHECK(broker.port() == port);
    CHECK(accepts(port));
    CHECK(eventually([&] { return broker.logged("running") == 2; }));
}

TEST_CASE("a private Kafka serves its listeners, and survives a kill") {
    const Certificates certificates;
    Kafka kafka({.tls = &certificates, .users = {{"leat", "secret"}}});
    kafka.create_topic("t", 4);
    CHECK_NOTHROW(kafka.create_topic("t", 4));
    CHECK_THROWS(kafka.create_topic("no such name!", 1));
    kafka.kill();
    CHECK_FALSE(kafka_answers(kafka.brokers()));
    kafka.start();
    CHECK(kafka_answers(kafka.brokers()));
}
