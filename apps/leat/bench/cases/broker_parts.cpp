#include "bench/cases/broker_parts.hpp"

#include "bench/measure/child.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <optional>

namespace leat::bench {
namespace {

constexpr std::chrono::seconds kLimit{600};  // generous: how busy the machine is must not fail a measurement

Json backend(const Broker& b, const std::string& name) {
    const std::string address = b.host + ":" + std::to_string(b.port);
    switch (b.kind) {
        case BrokerKind::kafka:
            return {{"plugin", "kafka"}, {"brokers", address}, {"client_id", name}};
        case BrokerKind::mqtt:
            return {{"plugin", "mqtt"}, {"url", "mqtt://" + address}, {"client_id", name}, {"session_expiry", "10m"}};
        case BrokerKind::rabbitmq:
            return {{"plugin", "rabbitmq"}, {"url", "amqp://" + address}, {"client_id", name}};
    }
    return {};
}

Json sink(const Broker& b, const std::string& name) {
    switch (b.kind) {
        case BrokerKind::kafka:
            return {{"backend", "broker"}, {"topic", name}, {"key", "${key}"}};
        case BrokerKind::mqtt:
            return {{"backend", "broker"}, {"topic", name + "/${key}"}};
        case BrokerKind::rabbitmq:
            return {{"backend", "broker"},
                    {"exchange", ""},
                    {"routing_key", name},
                    {"declare", {{"queue", name}, {"expires", "10m"}}}};
    }
    return {};
}

// Several readers share the messages by what the broker has for it; of a topic of Kafka, which may have one
// partition, each reads all. Kafka's groups are new in each run: they begin at the first message.
Json source(const Broker& b, const std::string& name, int reader, int readers) {
    switch (b.kind) {
        case BrokerKind::kafka:
            return {{"backend", "broker"}, {"topics", {name}}, {"group", fresh_name()}};
        case BrokerKind::mqtt:
            return {{"backend", "broker"},
                    {"topics", {(readers > 1 ? "$share/all/" : "") + name + "/#"}},
                    {"client_id", name + "-source-" + std::to_string(reader)}};
        case BrokerKind::rabbitmq:
            return {{"backend", "broker"}, {"queue", name}, {"declare", {{"expires", "10m"}}}};
    }
    return {};
}

Json made(const Traffic& traffic, int writer) {
    Json from = generate({{"count", traffic.messages / static_cast<uint64_t>(traffic.writers)},
                          {"size", traffic.payload},
                          {"devices", traffic.devices},
                          {"key", "{device}"},
                          {"stream", static_cast<uint64_t>(writer) * traffic.devices}});
    if (traffic.in_flight) from["max_in_flight"] = traffic.in_flight;
    from.update(traffic.from);
    return from;
}

// A topic of Kafka comes to be when it is first written to, which takes a second, longer than many messages do. So
// all that nobody reads goes to one, which `make` has written to once; the others get a name for each run.
template <class Make>
std::string unread_name(BrokerKind kind, std::string& made, Make&& make) {
    if (kind != BrokerKind::kafka) return fresh_name();
    if (made.empty()) make(made = fresh_name());
    return made;
}

uint64_t copies_of(const Broker& b, const Traffic& traffic) {
    return b.kind == BrokerKind::kafka ? static_cast<uint64_t>(traffic.readers) : 1;
}

// What a program says its rate was, in a line "rate N".
std::optional<double> rate_in(const std::string& output) {
    const std::string line = "rate ";
    const size_t at = output.rfind(line);
    double value = 0;
    if (at == std::string::npos) return std::nullopt;
    const char* const begin = output.data() + at + line.size();
    if (std::from_chars(begin, output.data() + output.size(), value).ec != std::errc() || value <= 0) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::string word(BrokerKind kind) {
    return kind == BrokerKind::kafka ? "kafka" : kind == BrokerKind::mqtt ? "mqtt" : "rabbitmq";
}

std::string title(BrokerKind kind) {
    return kind == BrokerKind::kafka ? "Kafka" : kind == BrokerKind::mqtt ? "MQTT QoS 1" : "RabbitMQ";
}

std::string fresh_name() {
    static unsigned last = 0;
    return "leat-bench-" + std::to_string(getpid()) + "-" + std::to_string(++last);
}

Scene broker_scene(const Broker& b, const std::string& name, Part part, const Traffic& traffic) {
    Json routes = Json::object();
    for (int i = 0; part != Part::publish && i < traffic.readers; ++i) {
        routes["b_consume" + std::to_string(i)] =
            route(source(b, name, i, traffic.readers), measuring(traffic.measures));
    }
    for (int i = 0; part != Part::consume && i < traffic.writers; ++i) {
        routes["a_publish" + std::to_string(i)] = route(made(traffic, i), sink(b, name));
    }
    const bool shares = part == Part::both || traffic.writers > 1 || traffic.readers > 1;
    Scene s;
    s.config = configuration(
        {{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}, {"broker", backend(b, name)}},
        std::move(routes), shares ? 2 : 1);
    s.sources = part == Part::consume ? 0 : static_cast<uint64_t>(traffic.writers);
    s.expected = part == Part::publish ? 0 : traffic.messages * copies_of(b, traffic);
    return s;
}

std::string subscribe(const Bench& bench, const Broker& b, const std::string& name, const Traffic& traffic) {
    if (b.kind != BrokerKind::mqtt) return "";
    Scene s = broker_scene(b, name, Part::consume, traffic);
    s.until_running = true;
    return observe(bench.shop, s).failure;
}

std::string unread(const Bench& bench, const Broker& b) {
    static std::string made;
    return unread_name(b.kind, made, [&](const std::string& name) {
        Traffic some;
        some.messages = kBrokerLanes;
        (void)observe(bench.shop, broker_scene(b, name, Part::publish, some));
    });
}

Sample publish(const Bench& bench, const Broker& b, const std::string& name, const Traffic& traffic) {
    const Observed seen = observe(bench.shop, broker_scene(b, name, Part::publish, traffic));
    const auto time = traffic.with_connecting ? &Observed::whole_s : &Observed::made_s;
    Sample sample = rate_of(seen, traffic.messages, 0, time);
    if (sample.failure.empty()) {
        sample.audit = Audit{traffic.messages - std::min(traffic.messages, seen.landed), 0};
    }
    return sample;
}

Sample consume(const Bench& bench, const Broker& b, const Traffic& traffic, Backlog& backlog) {
    if (b.kind != BrokerKind::kafka || backlog.name.empty()) {
        const std::string name = fresh_name();
        Sample failed;
        failed.failure = subscribe(bench, b, name, traffic);
        if (failed.failure.empty()) failed = publish(bench, b, name, traffic);
        if (!failed.failure.empty() || (failed.audit && !failed.audit->is_clean())) return failed;
        backlog.name = name;
    }
    const uint64_t expected = traffic.messages * copies_of(b, traffic);
    const Observed seen = observe(bench.shop, broker_scene(b, backlog.name, Part::consume, traffic));
    return rate_of(seen, expected, expected, &Observed::drained_s);
}

std::string BareLoops::program(const char* what) const {
    const char* const kind = broker_.kind == BrokerKind::kafka  ? "kafka"
                             : broker_.kind == BrokerKind::mqtt ? "mqtt1"
                                                                : "rabbitmq";
    return folder_ + "/bare_" + kind + "_" + what;
}

bool BareLoops::exist() const {
    const bool is_near = broker_.host == "127.0.0.1" || broker_.kind == BrokerKind::kafka;  // they know no other host
    if (!is_near || folder_.empty()) return false;
    const std::string all[] = {program("publish"), program("consume"), folder_ + "/bare_many", folder_ + "/probe"};
    return std::all_of(std::begin(all), std::end(all),
                       [](const std::string& each) { return std::filesystem::exists(each); });
}

BareLoops::Words BareLoops::address() const {
    if (broker_.kind == BrokerKind::kafka) return {"--brokers", broker_.host + ":" + std::to_string(broker_.port)};
    return {"--port", std::to_string(broker_.port)};
}

Sample BareLoops::run(Words words, uint64_t n) const {
    const Words more = address();
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = in_child(words, kLimit);
    Sample sample;
    sample.failure = ended.failure;
    if (!sample.failure.empty()) return sample;
    const auto rate = rate_in(ended.output);
    if (!rate) return sample.failure = words[0] + " told no rate", sample;
    sample.value = *rate;
    sample.cpu_us = ended.cpu_s * 1e6 / static_cast<double>(n);
    sample.peak_mb = ended.peak_mb;
    return sample;
}

Sample BareLoops::run_load(Words words, const Load& load) const {
    words.insert(words.end(), {"--count", std::to_string(load.messages), "--size", std::to_string(load.payload),
                               "--lanes", std::to_string(load.lanes)});
    if (load.window) words.insert(words.end(), {"--window", std::to_string(load.window)});
    if (load.is_prompt && broker_.kind == BrokerKind::kafka) words.insert(words.end(), {"--set", "linger.ms=0"});
    if (load.with_connecting) words.insert(words.end(), {"--from", "start"});
    return run(std::move(words), load.messages);
}

Sample BareLoops::run_many(const char* what, const std::string& name, const Load& load) const {
    Words words = {folder_ + "/bare_many",
                   "--broker",
                   word(broker_.kind),
                   "--do",
                   what,
                   "--name",
                   name,
                   "--connections",
                   std::to_string(load.connections),
                   "--group",
                   fresh_name()};
    return run_load(std::move(words), load);
}

Sample BareLoops::publish_to(const std::string& name, const Load& load) const {
    if (load.connections > 1 || load.with_connecting) return run_many("publish", name, load);
    const char* const target = broker_.kind == BrokerKind::kafka  ? "--topic"
                               : broker_.kind == BrokerKind::mqtt ? "--prefix"
                                                                  : "--queue";
    return run_load({program("publish"), target, name}, load);
}

std::string BareLoops::unread() const {
    static std::string made;
    return unread_name(broker_.kind, made,
                       [this](const std::string& name) { (void)publish_to(name, {.messages = kBrokerLanes}); });
}

Sample BareLoops::publish(const Load& load) const { return publish_to(unread(), load); }

Sample BareLoops::consume(const Load& load, const Backlog& backlog) const {
    if (broker_.kind == BrokerKind::kafka) {
        if (load.connections > 1) return run_many("read", backlog.name, load);
        return run({program("consume"), "--topic", backlog.name, "--group", fresh_name(), "--expect",
                    std::to_string(load.messages)},
                   load.messages);
    }
    const std::string name = fresh_name();
    if (broker_.kind == BrokerKind::mqtt) (void)run_many("subscribe", name, load);
    Load whole = load;
    whole.connections = 1;
    Sample filled = publish_to(name, whole);
    if (!filled.failure.empty()) return filled;
    if (load.connections > 1 || broker_.kind == BrokerKind::mqtt) return run_many("read", name, load);
    return run({program("consume"), "--queue", name, "--expect", std::to_string(load.messages)}, load.messages);
}

Sample BareLoops::delay(const Steady& what) const {
    const std::string name = what.is_through ? fresh_name() : unread(), kind = word(broker_.kind);
    const auto whole = [](double value) { return std::to_string(static_cast<uint64_t>(value)); };
    Words words = {folder_ + "/probe",
                   "--from",
                   kind,
                   "--write",
                   name,
                   "--to",
                   what.is_through ? kind : "confirmed",
                   "--read",
                   name,
                   "--rate",
                   whole(what.rate),
                   "--messages",
                   whole(what.rate * what.seconds),
                   "--warm-messages",
                   whole(what.rate * what.warm_up),
                   "--keys",
                   std::to_string(kBrokerLanes),
                   "--size",
                   std::to_string(what.payload)};
    const char* const port = broker_.kind == BrokerKind::mqtt ? "--mqtt-port" : "--amqp-port";
    if (broker_.kind == BrokerKind::kafka) {
        words.insert(words.end(), {"--brokers", broker_.host + ":" + std::to_string(broker_.port)});
    } else {
        words.insert(words.end(), {port, std::to_string(broker_.port)});
    }
    const Ended ended = in_child(words, kLimit);
    Sample sample;
    sample.failure = ended.failure;
    if (!sample.failure.empty()) return sample;
    const Json json = Json::parse(ended.output, nullptr, false);
    if (json.is_discarded()) return sample.failure = "the probe told no figures", sample;
    if (json.at("missing") != 0) return sample.failure = "the bare loop lost messages", sample;
    for (const Json& ns : json.at("latencies_ns")) sample.delays.record(ns.get<int64_t>());
    sample.value = static_cast<double>(sample.delays.percentile(50)) / 1000;
    sample.peak_mb = ended.peak_mb;
    return sample;
}

}  // namespace leat::bench
