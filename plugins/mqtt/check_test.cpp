#include "check.hpp"

#include <doctest/doctest.h>
#include <leat/sdk/export.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend.hpp"

using namespace leat::mqtt;

namespace {

// Values by option name, in the order of the declaration; what is not given keeps its default (type 0).
class Values {
  public:
    Values(const leat_option* const* options, const std::map<std::string, leat_value>& given) {
        for (; *options != nullptr; ++options) {
            const auto found = given.find((*options)->name);
            values_.push_back(found == given.end() ? leat_value{} : found->second);
        }
    }
    const leat_value* data() const { return values_.data(); }

  private:
    std::vector<leat_value> values_;
};

leat_value text(const char* t, std::uint32_t type = LEAT_STRING) {
    leat_value v{};
    v.type = type;
    v.text = leat::bytes(t);
    return v;
}

leat_value number(std::int64_t n) {
    leat_value v{};
    v.type = LEAT_INTEGER;
    v.as.integer = n;
    return v;
}

// A configuration of mqtt backends, and what check says of it.
class Configuration : public leat_check {
  public:
    using Given = std::map<std::string, leat_value>;

    Configuration() : leat_check{} {
        size = sizeof(leat_check);
        report = [](const leat_check* self, std::uint32_t severity, const char* path, leat_bytes what) {
            const_cast<Configuration*>(static_cast<const Configuration*>(self))
                ->findings.push_back((severity == LEAT_REPORT_ERROR   ? "error "
                                      : severity == LEAT_REPORT_FEEDS ? "feeds "
                                                                      : "warning ") +
                                     std::string(path) + ": " + std::string(leat::view(what)));
        };
    }

    Configuration& backend(const char* name, const Given& given) {
        auto& b = made_.emplace_back(std::make_unique<Made>());
        b->name = name;
        b->path = std::string("/backends/") + name;
        b->values = std::make_unique<Values>(leat::option_table<MqttBackend>().list(), given);
        return *this;
    }
    Configuration& source(const char* route, std::vector<const char*> filters, Given given = {},
                          std::uint32_t replicas = 1) {
        auto& items = lists_.emplace_back();
        for (const char* f : filters) items.push_back(text(f));
        leat_value list{};
        list.type = LEAT_LIST;
        list.count = static_cast<std::uint32_t>(items.size());
        list.as.items = items.data();
        given["topics"] = list;
        for (std::uint32_t n = 0; n < replicas; ++n)
            use(route, LEAT_ROLE_SOURCE, "from", leat::option_table<SourceOptions>().list(), given, n, replicas);
        return *this;
    }
    Configuration& sink(const char* route, const char* topic, Given given = {}) {
        given["topic"] = text(topic, LEAT_TEMPLATE);
        use(route, LEAT_ROLE_SINK, "to", leat::option_table<SinkOptions>().list(), given, 0, 1);
        return *this;
    }

    const std::vector<std::string>& checked() {
        for (const auto& b : made_) {
            for (const auto& u : b->uses) b->use_pointers.push_back(&u->use);
            b->configured = {sizeof(leat_configured),
                             static_cast<std::uint32_t>(b->use_pointers.size()),
                             b->name.c_str(),
                             b->path.c_str(),
                             b->values->data(),
                             b->use_pointers.data(),
                             nullptr};
            pointers_.push_back(&b->configured);
        }
        backends = pointers_.data();
        backend_count = static_cast<std::uint32_t>(pointers_.size());
        MqttBackend::check(*this);
        return findings;
    }

    std::vector<std::string> findings;

  private:
    struct Use {
        std::string route;
        std::string path;
        leat_identity identity{};
        std::unique_ptr<Values> values;
        leat_use use{};
    };
    struct Made {
        std::string name;
        std::string path;
        std::unique_ptr<Values> values;
        std::vector<std::unique_ptr<Use>> uses;
        std::vector<const leat_use*> use_pointers;
        leat_configured configured{};
    };

    void use(const char* route, std::uint32_t role, const char* where, const leat_option* const* options,
             const Given& given, std::uint32_t replica, std::uint32_t replicas) {
        auto& u = made_.back()->uses.emplace_back(std::make_unique<Use>());
        u->route = route;
        u->path = std::string("/routes/") + route + "/" + where;
        u->identity.role = role;
        u->identity.route = u->route.c_str();
        u->identity.replica = replica;
        u->identity.replicas = replicas;
        u->values = std::make_unique<Values>(options, given);
        u->use = {sizeof(leat_use), 0, &u->identity, u->values->data(), u->path.c_str()};
    }

    std::vector<std::unique_ptr<Made>> made_;
    std::deque<std::vector<leat_value>> lists_;
    std::vector<const leat_configured*> pointers_;
};

using Findings = std::vector<std::string>;
const Configuration::Given kPlant{{"url", text("mqtt://mq")}, {"client_id", text("gw7")}};

}  // namespace

TEST_CASE("a sound configuration has no findings") {
    Configuration c;
    c.backend("plant", kPlant).source("up", {"p7/#"}).sink("down", "devices/${key}/cmd").source("up2", {"p8/#"});
    CHECK(c.checked() == Findings{});
}

TEST_CASE("QoS 2 is fine both ways; what it cannot tell is said") {
    Configuration c;
    c.backend("plant", kPlant).source("up", {"p7/#"}, {{"qos", number(2)}}).sink("down", "x", {{"qos", number(2)}});
    CHECK(c.checked() == Findings{});
    Configuration asks;
    asks.backend("plant", kPlant).sink("down", "x", {{"qos", number(2)}, {"no_subscriber", number(2)}});
    REQUIRE(asks.checked().size() == 1);
    CHECK(asks.findings[0].find(
              "warning /routes/down/to/no_subscriber: with QoS 2 a broker that routes at the PUBREL") == 0);
}

TEST_CASE("a client id used twice is an error, whichever way it came about") {
    Configuration literal;
    literal.backend("plant", kPlant)
        .source("a", {"x"}, {{"client_id", text("one")}})
        .source("b", {"y"}, {{"client_id", text("one")}});
    REQUIRE(literal.checked().size() == 1);
    CHECK(literal.findings[0].find("error /routes/b/from: the client id 'one' is used by /routes/a/from too") == 0);

    Configuration derived;
    derived.backend("plant", kPlant).sink("a", "x").backend("again", kPlant).sink("b", "y");
    REQUIRE(derived.checked().size() == 1);
    CHECK(derived.findings[0].find("error /backends/again: the client id 'gw7.sinks.0'") == 0);

    Configuration other_broker;
    other_broker.backend("plant", kPlant)
        .sink("a", "x")
        .backend("other", {{"url", text("mqtt://elsewhere")}, {"client_id", text("gw7")}})
        .sink("b", "y");
    CHECK(other_broker.checked() == Findings{});
}

TEST_CASE("a sink that can feed a source of the same broker is told to the host") {
    Configuration c;
    c.backend("plant", kPlant).source("up", {"alarms/+/high"}).sink("down", "alarms/${key}/${header:level}");
    CHECK(c.checked() == Findings{"feeds /routes/down/to: /routes/up/from"});
    Configuration no;
    no.backend("plant", kPlant).source("up", {"alarms/+/high"}).sink("down", "alarms/${key}/low");
    CHECK(no.checked() == Findings{});
}

TEST_CASE("parallel copies need shared subscriptions and client ids of their own") {
    Configuration c;
    c.backend("plant", kPlant).source("up", {"$share/g/a", "b"}, {{"client_id", text("one")}}, 2);
    Findings errors;
    for (const auto& f : c.checked())
        if (f.find("error ") == 0) errors.push_back(f.substr(0, f.find(": ")));
    CHECK(errors ==
          Findings{"error /routes/up/from/client_id", "error /routes/up/from/topics/1", "error /routes/up/from"});
}

TEST_CASE("what cannot work is said: scheme, filters, topics, TLS without TLS") {
    Configuration c;
    c.backend("bad", {{"url", text("tcp://mq")}});
    c.backend("plant", kPlant).source("up", {"a/#/b"}).sink("down", "b/+");
    Findings paths;
    for (const auto& f : c.checked()) paths.push_back(f);
    REQUIRE(paths.size() == 3);
    CHECK(paths[0] == "error /backends/bad/url: unknown scheme 'tcp': did you mean mqtt:// ?");
    CHECK(paths[1] == "error /routes/up/from/topics/0: 'a/#/b': '#' must be the last level");
    CHECK(paths[2] == "error /routes/down/to/topic: 'b/+': the topic has a wildcard in it");
}

TEST_CASE("engine paho: one source in a process, no sink beside it, and what it cannot do is refused") {
    Configuration::Given paho = kPlant;
    paho["engine"] = number(1);
    paho["url"] = text("ws://mq/mqtt");
    paho["proxy"] = text("http://proxy:3128");
    Configuration source;
    source.backend("plant", paho).source("up", {"a"});
    CHECK(source.checked() == Findings{});
    Configuration sinks;
    sinks.backend("plant", paho).sink("a", "x").sink("b", "y", {{"qos", number(2)}});
    CHECK(sinks.checked() == Findings{});

    const auto paths = [](Configuration& c) {
        Findings all;
        for (const auto& f : c.checked()) all.push_back(f.substr(0, f.find(": ")));
        return all;
    };
    Configuration two;
    two.backend("plant", paho)
        .source("a", {"a"})
        .backend("again", {{"url", text("mqtt://x")}, {"engine", number(1)}});
    two.source("b", {"b"}, {{"qos", number(2)}});
    CHECK(paths(two) == Findings{"error /routes/b/from/qos", "error /routes/b/from"});
    Configuration beside;
    beside.backend("plant", paho).source("up", {"a"}).sink("down", "x", {{"no_subscriber", number(1)}});
    CHECK(paths(beside) == Findings{"error /routes/down/to/no_subscriber", "error /routes/down/to"});
    Configuration native;
    native.backend("plant", {{"url", text("wss://mq")}, {"proxy", text("http://proxy")}});
    CHECK(paths(native) == Findings{"error /backends/plant/url", "error /backends/plant/proxy"});
}

TEST_CASE("a will is checked: its topic, what 3.1.1 lacks, and whose connection it belongs to") {
    const auto will_of = [](leat_value* values, const char* topic, std::int64_t delay_s) {
        std::size_t n = 0;
        for (auto o = leat::option_table<WillOptions>().list(); *o != nullptr; ++o, ++n) {
            values[n] = leat_value{};
            if (std::string((*o)->name) == "topic") values[n] = text(topic);
            if (std::string((*o)->name) == "delay") {
                values[n].type = LEAT_DURATION;
                values[n].as.integer = delay_s * 1'000'000'000;
            }
        }
        leat_value block{};
        block.type = LEAT_BLOCK;
        block.count = static_cast<std::uint32_t>(n);
        block.as.items = values;
        return block;
    };
    leat_value good[16];
    leat_value bad[16];
    Configuration sound;
    Configuration::Given plant = kPlant;
    plant["will"] = will_of(good, "status/gw7", 5);
    sound.backend("plant", plant).sink("down", "x").source("up", {"a"}, {{"will", plant["will"]}});
    CHECK(sound.checked() == Findings{});

    Configuration c;
    plant["will"] = will_of(bad, "status/#", 5);
    plant["version"] = number(1);
    c.backend("plant", plant).source("up", {"a"}, {{"will", plant["will"]}, {"qos", number(0)}});
    Findings paths;
    for (const auto& f : c.checked()) paths.push_back(f.substr(0, f.find(": ")));
    CHECK(paths == Findings{"error /routes/up/from/will/topic", "error /routes/up/from/will/delay",
                            "warning /routes/up/from/will/delay", "error /backends/plant/will/topic",
                            "error /backends/plant/will/delay", "warning /backends/plant/will"});
}

TEST_CASE("the filter of a template matches whatever it can give") {
    CHECK(filter_of_template("devices/${key}/cmd") == "devices/+/cmd");
    CHECK(filter_of_template("devices/x-${key}-y/cmd") == "devices/+/cmd");
    CHECK(filter_of_template("out/${topic}") == "out/#");
    CHECK(filter_of_template("out/${topic[1]}/x") == "out/+/x");
    CHECK(filter_of_template("plain/$${x}") == "plain/${x}");
}

TEST_CASE("the plugin describes itself: options with defaults, sources, sinks, a check and a probe") {
    const leat_descriptor& d = *leat::describe_backend<MqttBackend>("mqtt", "0", "");
    CHECK(d.topic_separator == '/');
    CHECK((d.check != nullptr && d.probe != nullptr));
    std::map<std::string, std::string> defaults;
    for (auto o = d.options; *o != nullptr; ++o) defaults[(*o)->name] = (*o)->default_json ? (*o)->default_json : "";
    for (auto o = d.source_options; *o != nullptr; ++o)
        defaults[std::string("from.") + (*o)->name] = (*o)->default_json ? (*o)->default_json : "";
    for (auto o = d.sink_options; *o != nullptr; ++o)
        defaults[std::string("to.") + (*o)->name] = (*o)->default_json ? (*o)->default_json : "";
    CHECK(defaults.at("version") == "\"5\"");
    CHECK(defaults.at("engine") == "\"native\"");
    CHECK(defaults.at("keep_alive") == "\"30s\"");
    CHECK(defaults.at("from.qos") == "1");
    CHECK(defaults.at("to.qos") == "1");
    CHECK(defaults.at("to.no_subscriber") == "\"ack\"");
    CHECK(defaults.at("to.retain") == "false");
    CHECK_FALSE(defaults.contains("to.headers"));
}
