#include "consumer/commits.hpp"

#include <doctest/doctest.h>

#include "test_rig.hpp"

using kafka::Partition;

namespace {

constexpr uint64_t kWindow = 100;

// A source that emits what it is told to, so that the test says when commits are looked at.
class Emitter final : public leat::Source {
  public:
    void start() override {}
    void resume() override {}
    void advanced(leat::InFlight&) override {}
    void stop() override { stopped(); }
    using leat::Source::emit;
    using leat::Source::open_window;
};

// A topic of 100 messages, all emitted and none settled.
struct Fixture {
    kafka::test::MockCluster kafka;
    leat::test::ScriptedHost host;
    kafka::Connection connection;
    leat::Setup setup;
    Emitter emitter;
    leat::test::ScriptedInlet inlet;
    rd_kafka_t* client;
    rd_kafka_queue_t* events;
    std::unique_ptr<kafka::Wakeup> wakeup;
    std::unique_ptr<kafka::Arrivals> arrivals;
    kafka::FetchedPool* pool = kafka::FetchedPool::make();
    kafka::Partitions partitions;
    kafka::Commits commits;

    Fixture()
        : setup(host.setup("source",
                           [] {
                               leat_identity identity = kafka::test::make_identity(LEAT_ROLE_SOURCE);
                               identity.max_in_flight = kWindow;
                               return identity;
                           }())),
          commits(setup.services, 3600'000'000'000, false) {
        kafka.create("t", 1);
        {
            kafka::test::SinkRig sink(host, kafka.brokers(), "t");
            sink.push(std::vector<std::string>(kWindow, "x"));
            REQUIRE(sink.wait(kWindow));
            REQUIRE(sink.stop());
        }
        static_cast<leat::Component&>(emitter).attach(setup);
        emitter.c()->start(emitter.c(), &inlet);
        connection.brokers = kafka.brokers();
        client = kafka::make_client(RD_KAFKA_CONSUMER, kafka::consumer_conf(connection, {}, "g", {}));
        rd_kafka_poll_set_consumer(client);
        events = rd_kafka_queue_get_consumer(client);
        wakeup = std::make_unique<kafka::Wakeup>(
            setup.services, [](void*) {}, nullptr);
        arrivals = std::make_unique<kafka::Arrivals>(*wakeup);
        commits.attach(client, events);
        partitions.push_back(std::make_unique<Partition>(client, "t", 0, emitter.open_window(true), 1, *arrivals));
        const kafka::PartitionList list = kafka::make_list();
        rd_kafka_topic_partition_list_add(list.get(), "t", 0)->offset = 0;
        rd_kafka_assign(client, list.get());
        REQUIRE(host.run_until([this] { return emit() == kWindow; }));
    }
    ~Fixture() {
        inlet.settle_all(LEAT_ABANDON);
        emitter.c()->stop(emitter.c());
        commits.attach(nullptr, nullptr);
        partitions.clear();
        pool->abandon([](void*) {}, nullptr);
        rd_kafka_queue_destroy(events);
        rd_kafka_destroy(client);
    }

    Partition& partition() { return *partitions.front(); }
    uint64_t emit() {
        leat_message batch[LEAT_BATCH_MAX];
        if (partition().fetch(*pool, [](auto&) { return true; })) {
            const size_t n = partition().ready(batch, LEAT_BATCH_MAX);
            if (n > 0) emitter.emit(partition().window(), batch, n);
        }
        return partition().window().next();
    }
    void land(size_t from, size_t to) {
        for (size_t i = from; i < to; ++i) inlet.settle(i, LEAT_ACK);
        commits.advanced(partition(), partitions);
    }
    bool is_committing() const { return commits.waiting_since_ns() != 0; }
    // Waits for the answer to the commit under way.
    bool answer() {
        return host.run_until([this] {
            rd_kafka_event_t* event = rd_kafka_queue_poll(events, 0);
            const bool came = event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT;
            if (came) commits.result(event, partitions);
            rd_kafka_event_destroy(event);
            return came;
        });
    }
};

}  // namespace

TEST_CASE("a commit is sent when half a window has landed since the last one was sent, whatever is answered") {
    Fixture f;
    f.land(0, 49);
    CHECK(!f.is_committing());
    f.land(49, 50);
    REQUIRE(f.is_committing());
    f.land(50, 99);  // less than half beside those of the commit under way
    REQUIRE(f.answer());
    CHECK(f.partition().committed == 50);
    CHECK(!f.is_committing());
    f.land(99, 100);
    REQUIRE(f.is_committing());
    REQUIRE(f.answer());
    CHECK(f.partition().committed == 100);
}

TEST_CASE("half a window that lands while a commit is under way is committed as soon as that is answered") {
    Fixture f;
    f.land(0, 50);
    REQUIRE(f.is_committing());
    f.land(50, 100);
    REQUIRE(f.answer());
    CHECK(f.partition().committed == 50);
    REQUIRE(f.is_committing());
    REQUIRE(f.answer());
    CHECK(f.partition().committed == 100);
}
