#include "backend.hpp"

#include <doctest/doctest.h>

#include "properties.hpp"
#include "test_rig.hpp"

using leat::test::ScriptedHost;

namespace {

// A configuration as the core would hand it over, and what check() or probe() says to it.
class Configured {
  public:
    explicit Configured(ScriptedHost& host)
        : host_(host), setup_(host.setup("backend", kafka::test::make_identity(LEAT_ROLE_BACKEND))) {}

    void brokers(const std::string& list) { options_[0] = text(list); }
    void property(const std::string& name, const std::string& value) {
        map_ = {text(name), text(value)};
        options_[4].type = LEAT_MAP;
        options_[4].count = 1;
        options_[4].as.items = map_.data();
    }
    void source(const char* route, const std::string& topic, const std::string& instance = "",
                uint32_t replicas = 1) {
        auto& use = add(LEAT_ROLE_SOURCE, route, "/routes/" + std::string(route) + "/from", replicas, 6);
        use.items = {text(topic)};
        use.values[0].type = LEAT_LIST;
        use.values[0].count = 1;
        use.values[0].as.items = use.items.data();
        if (!instance.empty()) use.values[3] = text(instance);
    }
    void sink(const char* route, const std::string& topic) {
        auto& use = add(LEAT_ROLE_SINK, route, "/routes/" + std::string(route) + "/to", 1, 4);
        use.values[0] = text(topic);
        use.values[0].type = LEAT_TEMPLATE;
        use.values[0].as.template_ = host_.make_template(topic);
    }
    std::vector<std::string> check() {
        return run([](const leat_host*, const leat_check& c) { kafka::Backend::check(c); });
    }
    std::vector<std::string> probe() {
        return run([](const leat_host* h, const leat_check& c) { kafka::Backend::probe(*h, c); });
    }

  private:
    struct Use {
        leat_identity identity;
        std::string path;
        std::vector<leat_value> values, items;
        leat_use use;
    };
    struct Check : leat_check {
        std::vector<std::string> said;
    };

    leat_value text(const std::string& s) {
        texts_.push_back(std::make_unique<std::string>(s));
        leat_value v{};
        v.type = LEAT_STRING;
        v.text = leat::bytes(*texts_.back());
        return v;
    }
    Use& add(uint32_t role, const char* route, const std::string& path, uint32_t replicas, size_t options) {
        auto& use = *uses_.emplace_back(std::make_unique<Use>());
        use.identity = kafka::test::make_identity(role, route);
        use.identity.replicas = replicas;
        use.path = path;
        use.values.resize(options);
        return use;
    }
    template <class Run>
    std::vector<std::string> run(Run&& what) {
        std::vector<const leat_use*> uses;
        for (auto& use : uses_) {
            use->use = {sizeof(leat_use), 0, &use->identity, use->values.data(), use->path.c_str()};
            uses.push_back(&use->use);
        }
        const leat_configured configured{sizeof(leat_configured),
                                         static_cast<uint32_t>(uses.size()),
                                         "central",
                                         "/backends/central",
                                         options_.data(),
                                         uses.data(),
                                         setup_.services.me};
        const leat_configured* const all[] = {&configured};
        Check check;
        check.size = sizeof(leat_check);
        check.backend_count = 1;
        check.backends = all;
        check.report = [](const leat_check* self, uint32_t severity, const char* path, leat_bytes words) {
            const char* const names[] = {"", "error ", "warning ", "good ", "feeds "};
            const_cast<Check*>(static_cast<const Check*>(self))
                ->said.push_back(std::string(names[severity]) + path + ": " + std::string(leat::view(words)));
        };
        what(host_.host(), check);
        return check.said;
    }

    ScriptedHost& host_;
    leat::Setup setup_;
    std::vector<leat_value> options_ = std::vector<leat_value>(5);
    std::vector<leat_value> map_;
    std::vector<std::unique_ptr<std::string>> texts_;
    std::vector<std::unique_ptr<Use>> uses_;
};

bool says(const std::vector<std::string>& all, std::string_view begin, std::string_view word) {
    for (const std::string& one : all) {
        if (one.starts_with(begin) && one.find(word) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("a sound configuration is not complained about") {
    ScriptedHost host;
    Configured configured(host);
    configured.brokers("k:9092");
    configured.property("compression.codec", "lz4");
    configured.source("a", "in");
    configured.sink("a", "out");
    CHECK(configured.check().empty());
}

TEST_CASE("a property that librdkafka does not know, or that breaks the promise, is refused with the reason") {
    ScriptedHost host;
    Configured configured(host);
    configured.brokers("k:9092");
    configured.property("no.such", "1");
    CHECK(says(configured.check(), "error /backends/central/properties/no.such", "No such configuration property"));
    configured.property("linger.ms", "soon");
    CHECK(says(configured.check(), "error /backends/central/properties/linger.ms", "linger.ms"));
    configured.property("enable.auto.commit", "true");
    CHECK(says(configured.check(), "error /backends/central/properties/enable.auto.commit", "have landed"));
    configured.property("max.in.flight.requests.per.connection", "5");
    CHECK(says(configured.check(), "error /backends/central/properties/max.in.flight", "not there"));
}

TEST_CASE("a sink that feeds a source of the same cluster is told to the host") {
    ScriptedHost host;
    Configured configured(host);
    configured.brokers("k:9092");
    configured.source("reader", "^plant\\..*");
    configured.sink("writer", "plant.7");
    CHECK(says(configured.check(), "feeds /routes/writer/to", "/routes/reader/from"));
}

TEST_CASE("an instance is used by one member alone") {
    ScriptedHost host;
    {
        Configured configured(host);
        configured.brokers("k:9092");
        configured.source("a", "in", "one", 2);
        CHECK(says(configured.check(), "error /routes/a/from/instance", "replicas"));
    }
    Configured configured(host);
    configured.brokers("k:9092");
    configured.source("a", "in", "one");
    configured.source("b", "in", "one");
    CHECK(configured.check().empty());  // each route has a group of its own
}

TEST_CASE("a wrong regular expression is told") {
    ScriptedHost host;
    Configured configured(host);
    configured.brokers("k:9092");
    configured.source("a", "^plant[");
    CHECK(says(configured.check(), "error /routes/a/from/topics", "no regular expression"));
}

TEST_CASE("a topic that Kafka does not allow is refused, with what to write instead") {
    ScriptedHost host;
    const auto said = [&](const std::string& from, const std::string& to) {
        Configured configured(host);
        configured.brokers("k:9092");
        configured.source("a", from);
        configured.sink("a", to);
        return configured.check();
    };
    CHECK(says(said("in", "a b"), "error /routes/a/to/topic", "\"a b\" is no legal topic"));
    CHECK(says(said("in", "plant/7"), "error /routes/a/to/topic", "did you mean \"plant.7\"?"));
    CHECK(says(said("in", ".."), "error /routes/a/to/topic", "\"..\""));
    CHECK(says(said("in", std::string(250, 'x')), "error /routes/a/to/topic", "250 characters"));
    CHECK(says(said("plant/#", "out"), "error /routes/a/from/topics", "\"plant/#\" is no legal topic"));
    CHECK(said("in", std::string(249, 'x')).empty());
    CHECK(said("^plant/.*", "${topic}/7").empty());
}

TEST_CASE("a probe says what is there and what is missing") {
    kafka::test::MockCluster kafka;
    kafka.create("there", 3);
    ScriptedHost host;
    Configured configured(host);
    configured.brokers(kafka.brokers());
    configured.source("a", "there");
    configured.sink("a", "missing");
    const auto said = configured.probe();
    CHECK(says(said, "good /backends/central", "connected"));
    CHECK(says(said, "good /routes/a/from/topics", "partitions: 3"));
    CHECK(says(said, "warning /routes/a/to/topic", "missing is not there"));
}

TEST_CASE("a probe of nobody says that no broker answers") {
    ScriptedHost host;
    Configured configured(host);
    configured.brokers("127.0.0.1:1");
    CHECK(says(configured.probe(), "error /backends/central", "no broker answers"));
}

TEST_CASE("settings of one kind of client do not disturb the other") {
    kafka::Connection connection;
    connection.brokers = "k:9092";
    connection.properties = {{"compression.codec", "lz4"}, {"fetch.min.bytes", "10"}};
    CHECK_NOTHROW(kafka::producer_conf(connection, {}));
    CHECK_NOTHROW(kafka::consumer_conf(connection, {}, "g", {}));
    connection.properties = {{"acks", "1"}};
    CHECK_THROWS(kafka::producer_conf(connection, {}));
}

TEST_CASE("how far is fetched ahead follows the properties") {
    kafka::Connection connection;
    connection.brokers = "k:9092";
    kafka::Conf by_default = kafka::consumer_conf(connection, {}, "g", {});
    CHECK(kafka::Ahead::of(by_default).messages == kafka::Ahead().messages);
    CHECK(kafka::Ahead::of(by_default).bytes == kafka::Ahead().bytes);
    connection.properties = {{"queued.min.messages", "500"}, {"queued.max.messages.kbytes", "64"}};
    kafka::Conf given = kafka::consumer_conf(connection, {}, "g", {});
    CHECK(kafka::Ahead::of(given).messages == 500);
    CHECK(kafka::Ahead::of(given).bytes == 64 * 1024);
}
