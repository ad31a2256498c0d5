#include "consumer/arrivals.hpp"

#include <doctest/doctest.h>

#include "test_rig.hpp"

using kafka::Arrivals;

namespace {

// A client without a broker, and a host that counts how often it is woken.
struct Fixture {
    leat::test::ScriptedHost host;
    int rings = 0;
    kafka::Wakeup wakeup{host.setup("s", kafka::test::make_identity(LEAT_ROLE_SOURCE)).services,
                         [](void* count) { ++*static_cast<int*>(count); }, &rings};
    Arrivals arrivals{wakeup};
    rd_kafka_t* client = kafka::make_client(RD_KAFKA_PRODUCER, kafka::Conf());
    ~Fixture() { rd_kafka_destroy(client); }

    std::vector<uint32_t> taken() {
        std::vector<uint32_t> numbers;
        arrivals.take([&](uint32_t number) { numbers.push_back(number); });
        return numbers;
    }
};

struct Queue {
    explicit Queue(Fixture& f, uint32_t number) : fixture(f), mark{&f.arrivals, number} {
        f.arrivals.watch(queue, mark);
    }
    ~Queue() {
        fixture.arrivals.forget(queue, mark);
        rd_kafka_queue_destroy(queue);
    }
    // A question that nobody answers: its end comes into the queue. Waits for it without taking it out.
    void fill() {
        char why[128];
        const size_t before = rd_kafka_queue_length(queue);
        rd_kafka_AdminOptions_t* options =
            rd_kafka_AdminOptions_new(fixture.client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS);
        rd_kafka_AdminOptions_set_request_timeout(options, 1, why, sizeof why);
        rd_kafka_ListConsumerGroups(fixture.client, options, queue);
        rd_kafka_AdminOptions_destroy(options);
        REQUIRE(fixture.host.run_until([&] { return rd_kafka_queue_length(queue) > before; }));
    }
    void empty() {
        while (rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 0)) rd_kafka_event_destroy(event);
    }

    Fixture& fixture;
    Arrivals::Mark mark;
    rd_kafka_queue_t* queue = rd_kafka_queue_new(fixture.client);
};

}  // namespace

TEST_CASE("a queue that has got something is told once, until it was empty and gets something again") {
    Fixture f;
    Queue silent(f, 1);
    Queue busy(f, 2);
    CHECK(f.taken().empty());
    busy.fill();
    busy.fill();
    REQUIRE(f.host.run_until([&] { return f.rings == 1; }));
    CHECK(f.taken() == std::vector<uint32_t>{2});
    CHECK(f.taken().empty());
    busy.empty();
    busy.fill();
    REQUIRE(f.host.run_until([&] { return f.rings == 2; }));
    CHECK(f.taken() == std::vector<uint32_t>{2});
}

TEST_CASE("a queue that is forgotten is told no more, the others are") {
    Fixture f;
    Queue stays(f, 1);
    {
        Queue goes(f, 2);
        goes.fill();
        stays.fill();
    }
    CHECK(f.taken() == std::vector<uint32_t>{1});
}
