// What the tests of this folder share: librdkafka's mock cluster, and a source and a sink driven by a scripted host.
//
//     MockCluster kafka;
//     SinkRig sink(host, kafka.brokers(), "orders");
//     sink.push({"a", "b"});
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <memory>
#include <string>
#include <vector>

#include "sink.hpp"
#include "source.hpp"
#include "support/scripted_host.hpp"

namespace kafka::test {

/// One broker of librdkafka's mock, in this process; ends with its owner.
class MockCluster {
  public:
    MockCluster() {
        char why[256];
        rd_kafka_conf_t* conf = rd_kafka_conf_new();
        rd_kafka_conf_set(conf, "log_level", "0", why, sizeof why);
        client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
        cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    }
    ~MockCluster() {
        rd_kafka_mock_cluster_destroy(cluster_);
        rd_kafka_destroy(client_);
    }
    MockCluster(const MockCluster&) = delete;
    MockCluster& operator=(const MockCluster&) = delete;

    std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
    rd_kafka_mock_cluster_t* get() { return cluster_; }
    void create(const std::string& topic, int partitions) {
        rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1);
    }

  private:
    rd_kafka_t* client_;
    rd_kafka_mock_cluster_t* cluster_;
};

inline leat_identity make_identity(uint32_t role, const char* route = "r") {
    leat_identity identity{};
    identity.size = sizeof identity;
    identity.role = role;
    identity.flags = LEAT_IDENTITY_ORDERED;
    identity.replicas = 1;
    identity.backend = "kafka";
    identity.route = route;
    identity.step = role == LEAT_ROLE_SINK ? "to" : "";
    identity.max_in_flight = 1000;
    identity.max_in_flight_bytes = 8 << 20;
    return identity;
}

/// A settler that writes down what it is told.
struct Outcomes : leat_settler {
    struct One {
        uint64_t token;
        uint32_t outcome;
        std::string why;
    };
    std::vector<One> all;
    Outcomes() {
        settle = [](leat_settler* self, const leat_settlement* batch, size_t n) {
            for (size_t i = 0; i < n; ++i) {
                static_cast<Outcomes*>(self)->all.push_back(
                    {batch[i].token, batch[i].outcome,
                     batch[i].detail ? std::string(leat::view(batch[i].detail->text)) : std::string()});
            }
        };
    }
    size_t count(uint32_t outcome) const {
        size_t n = 0;
        for (const One& one : all) n += one.outcome == outcome;
        return n;
    }
};

/// A producer with one sink.
class SinkRig {
  public:
    struct Login {
        std::string user, password;
    };
    SinkRig(leat::test::ScriptedHost& host, const std::string& brokers, const std::string& topic,
            Properties properties = {}, const std::string& key = "", std::optional<Login> login = std::nullopt)
        : host_(host) {
        if (login) {
            password(login->password);
            connection_.sasl.emplace();
            connection_.sasl->mechanism = "PLAIN";
            connection_.sasl->user = login->user;
            connection_.sasl->password = leat::Secret(&password_value_);
        }
        connection_.brokers = brokers;
        connection_.properties = std::move(properties);
        const leat::Setup part = host.setup("part", make_identity(LEAT_ROLE_PART));
        producer_ = std::make_unique<Producer>(connection_, part);
        producer_->attach(part);
        SinkOptions options;
        options.topic = {topic, leat::Template(host.host(), host.make_template(topic))};
        if (!key.empty()) options.key = {key, leat::Template(host.host(), host.make_template(key))};
        sink_ = std::make_unique<Sink>(*producer_, std::move(options));
        static_cast<leat::Component&>(*sink_).attach(host.setup("sink", make_identity(LEAT_ROLE_SINK)));
        producer_->c()->start(producer_->c(), nullptr);
        sink_->c()->start(sink_->c(), nullptr);
    }
    ~SinkRig() { stop(); }

    void push(const std::vector<std::string>& payloads, uint32_t lane = 0, const std::string& key = "") {
        for (const std::string& payload : payloads) {
            texts_.push_back(std::make_unique<std::pair<std::string, std::string>>(payload, key));
            leat_message m{};
            m.topic = leat::bytes("t");
            m.payload = leat::bytes(texts_.back()->first);
            if (!key.empty()) m.key = leat::bytes(texts_.back()->second);
            m.lane = lane;
            m.receipt = {&outcomes, next_token_++};
            sink_->c()->inlet->push(sink_->c()->inlet, &m, 1);
        }
    }
    /// Says that nothing more can come until something has landed.
    void flush() { sink_->c()->inlet->signal(sink_->c()->inlet, LEAT_SIGNAL_FLUSH, 0); }
    bool wait(size_t settled) {
        return host_.run_until([&] { return outcomes.all.size() >= settled; });
    }
    /// Another password is to be read from now on.
    void password(const std::string& text) {
        password_ = text;
        password_value_.type = LEAT_SECRET;
        password_value_.text = leat::bytes(password_);
    }
    bool stop() {
        if (is_stopped_) return true;
        is_stopped_ = true;
        sink_->c()->stop(sink_->c());
        producer_->c()->stop(producer_->c());
        return host_.run_until([&] { return host_.is_stopped("part"); });
    }

    Outcomes outcomes;

  private:
    leat::test::ScriptedHost& host_;
    std::string password_;
    leat_value password_value_{};
    Connection connection_;
    std::unique_ptr<Producer> producer_;
    std::unique_ptr<Sink> sink_;
    std::vector<std::unique_ptr<std::pair<std::string, std::string>>> texts_;
    uint64_t next_token_ = 0;
    bool is_stopped_ = false;
};

/// A source whose messages a scripted inlet takes.
class SourceRig {
  public:
    struct Given {
        std::string group = "g";
        std::string start = "earliest";
        uint64_t max_in_flight = 1000;
        std::string name = "source";
        uint32_t flags = LEAT_IDENTITY_ORDERED;
        Properties properties = {};
        std::optional<std::string> instance = {};
        std::chrono::milliseconds session_timeout{6000};
    };
    SourceRig(leat::test::ScriptedHost& host, const std::string& brokers, const std::string& topic)
        : SourceRig(host, brokers, topic, Given{}) {}
    SourceRig(leat::test::ScriptedHost& host, const std::string& brokers, const std::string& topic, Given given)
        : host_(host), name_(given.name) {
        connection_.brokers = brokers;
        connection_.properties = given.properties;
        SourceOptions options;
        options.topics = {topic};
        options.group = given.group;
        options.start = given.start;
        options.instance = given.instance;
        options.session_timeout = given.session_timeout;
        options.commit_interval = std::chrono::milliseconds(20);
        leat_identity identity = make_identity(LEAT_ROLE_SOURCE);
        identity.max_in_flight = given.max_in_flight;
        identity.flags = given.flags;
        const leat::Setup setup = host.setup(name_, identity);
        source_ = std::make_unique<Source>(connection_, options, setup);
        source_->attach(setup);
        start();
    }
    ~SourceRig() { stop(); }

    void start() {
        is_stopped_ = false;
        source_->c()->start(source_->c(), &inlet);
    }
    bool wait(size_t arrivals) {
        return host_.run_until([&] { return inlet.arrivals.size() >= arrivals; });
    }
    bool stop() {
        if (is_stopped_) return true;
        is_stopped_ = true;
        source_->c()->hold(source_->c());
        inlet.settle_all(LEAT_ABANDON);
        source_->c()->stop(source_->c());
        return host_.run_until([&] { return host_.is_stopped(name_); });
    }
    const leat_flow& flow() { return *source_->c()->flow; }

    leat::test::ScriptedInlet inlet;

  private:
    leat::test::ScriptedHost& host_;
    std::string name_;
    Connection connection_;
    std::unique_ptr<Source> source_;
    bool is_stopped_ = false;
};

}  // namespace kafka::test
