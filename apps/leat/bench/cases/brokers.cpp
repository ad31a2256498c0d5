#include "bench/cases/brokers.hpp"

#include "bench/measure/child.hpp"
#include "bench/report/table.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>

namespace leat::bench {
namespace {

constexpr size_t kPayloads[] = {64, 256, 1024, 4096, 16384};
constexpr size_t kUsual = 100;
constexpr uint32_t kLanes = 16;  // devices, each with a key of its own
constexpr double kSteady = 500;  // messages a second where delays are measured

std::string word(BrokerKind kind) {
    return kind == BrokerKind::kafka ? "kafka" : kind == BrokerKind::mqtt ? "mqtt" : "rabbitmq";
}

std::string title(BrokerKind kind) {
    return kind == BrokerKind::kafka ? "Kafka" : kind == BrokerKind::mqtt ? "MQTT QoS 1" : "RabbitMQ";
}

// Topics, queues, groups and sessions that nothing else uses.
std::string fresh_name() {
    static unsigned last = 0;
    return "leat-bench-" + std::to_string(getpid()) + "-" + std::to_string(++last);
}

std::string size_text(size_t bytes) {
    return bytes % 1024 == 0 ? std::to_string(bytes / 1024) + " KiB" : std::to_string(bytes) + " B";
}

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

Json source(const Broker& b, const std::string& name) {
    switch (b.kind) {
        case BrokerKind::kafka:
            return {{"backend", "broker"}, {"topics", {name}}, {"group", name}};
        case BrokerKind::mqtt:
            return {{"backend", "broker"}, {"topics", {name + "/#"}}, {"client_id", name + "-source"}};
        case BrokerKind::rabbitmq:
            return {{"backend", "broker"}, {"queue", name}, {"declare", {{"expires", "10m"}}}};
    }
    return {};
}

Json made(uint64_t n, size_t payload, Json more = Json::object()) {
    Json from = generate({{"count", n}, {"size", payload}, {"devices", kLanes}, {"key", "{device}"}});
    from.update(more);
    return from;
}

Json measuring(Json more = Json::object()) {
    Json to = {{"backend", "out"}, {"format", "measure"}};
    to.update(more);
    return to;
}

enum class Part { publish, consume, both };

Scene scene(const Broker& b, const std::string& name, Part part, Json from, Json to, uint64_t n) {
    Json routes = Json::object();
    if (part != Part::publish) routes["b_consume"] = route(source(b, name), std::move(to));
    if (part != Part::consume) routes["a_publish"] = route(std::move(from), sink(b, name));
    Scene s;
    s.config = configuration(
        {{"in", {{"plugin", "generate"}}}, {"out", {{"plugin", "console"}}}, {"broker", backend(b, name)}},
        std::move(routes), part == Part::both ? 2 : 1);
    s.sources = part == Part::consume ? 0 : 1;
    s.expected = part == Part::publish ? 0 : n;
    s.limit = std::chrono::seconds(120);
    s.patience = std::chrono::seconds(30);  // a Kafka group waits for its members, a topic is made when first named
    return s;
}

// A topic of Kafka comes to be when it is first written to, which takes longer than many messages do.
uint64_t first_messages(BrokerKind kind) { return kind == BrokerKind::kafka ? kLanes : 0; }

Sample publish(const Bench& bench, const Broker& b, uint64_t n, size_t payload, const std::string& name) {
    if (const uint64_t first = first_messages(b.kind)) {
        const Json from = made(first, payload, {{"stream", kLanes}});
        (void)observe(bench.shop, scene(b, name, Part::publish, from, {}, first));
    }
    const Observed seen = observe(bench.shop, scene(b, name, Part::publish, made(n, payload), {}, n));
    Sample sample = rate_of(seen, n, 0, &Observed::made_s);
    if (sample.failure.empty()) sample.audit = Audit{n - std::min(n, seen.landed), 0};
    return sample;
}

// A session that exists before anything is published to it; the other brokers keep what nobody reads yet.
std::string subscribe(const Bench& bench, const Broker& b, const std::string& name) {
    if (b.kind != BrokerKind::mqtt) return "";
    Scene s = scene(b, name, Part::consume, {}, measuring(), 0);
    s.until_running = true;
    return observe(bench.shop, s).failure;
}

// The rate at which a backlog is read, from its first message to its last.
Sample consume(const Bench& bench, const Broker& b, uint64_t n, size_t payload) {
    const std::string name = fresh_name();
    Sample failed;
    failed.failure = subscribe(bench, b, name);
    if (failed.failure.empty()) failed = publish(bench, b, n, payload, name);
    if (!failed.failure.empty() || (failed.audit && !failed.audit->is_clean())) return failed;
    const uint64_t all = n + first_messages(b.kind);
    const Observed seen = observe(bench.shop, scene(b, name, Part::consume, {}, measuring(), all));
    return rate_of(seen, all, all, &Observed::drained_s);
}

Result frame(const std::string& id, const std::string& text, const std::string& series, double x) {
    Result r;
    r.id = id;
    r.category = id.substr(0, id.find('/'));
    r.title = text;
    r.series = series;
    r.x = x;
    return r;
}

uint64_t usual_count(BrokerKind kind) {
    return kind == BrokerKind::kafka ? 300'000 : kind == BrokerKind::mqtt ? 100'000 : 30'000;
}

void add_rates(const Bench& bench, const Broker& b, Cases& into) {
    const std::string name = word(b.kind);
    for (const size_t payload : kPayloads) {
        const uint64_t n = bench.effort.count(
            std::min(static_cast<double>(usual_count(b.kind)), 200e6 / static_cast<double>(payload)));
        Case writes(frame("publish/" + name + "/payload/" + std::to_string(payload),
                          title(b.kind) + ", " + size_text(payload),
                          "publish to " + title(b.kind) + " by payload, bytes", static_cast<double>(payload)));
        writes.run = [&bench, b, n, payload] { return publish(bench, b, n, payload, fresh_name()); };
        into.push_back(std::move(writes));
        Case reads(frame("consume/" + name + "/payload/" + std::to_string(payload),
                         title(b.kind) + " backlog, " + size_text(payload),
                         "consume from " + title(b.kind) + " by payload, bytes", static_cast<double>(payload)));
        reads.run = [&bench, b, n, payload] { return consume(bench, b, n, payload); };
        into.push_back(std::move(reads));
    }
    for (uint64_t n = 10; n <= usual_count(b.kind); n *= 10) {
        Case c(
            frame("publish/" + name + "/count/" + std::to_string(n),
                  title(b.kind) + ", " + short_count(static_cast<double>(n)) + " messages of 100 B, with connecting",
                  "publish to " + title(b.kind) + " by count", static_cast<double>(n)));
        c.run = [&bench, b, n] { return publish(bench, b, n, kUsual, fresh_name()); };
        into.push_back(std::move(c));
    }
}

void add_delays(const Bench& bench, const Broker& b, Cases& into) {
    const std::string name = word(b.kind);
    const double rate = bench.effort.rate_or(kSteady);
    // Connections are made, topics and groups come to be: what is due meanwhile is late, and tells nothing.
    const auto writer_warms = static_cast<uint64_t>(rate);
    const auto reader_warms = static_cast<uint64_t>(rate * (b.kind == BrokerKind::kafka ? 6 : 1.5));
    const uint64_t n = bench.effort.count(rate * 3);
    for (const size_t payload : {kUsual, size_t{1024}, size_t{16384}}) {
        const auto add = [&](const std::string& what, const std::string& text, auto run) {
            Case c(frame(what + "/" + name + "/latency/" + std::to_string(payload),
                         title(b.kind) + ", " + text + ", " + size_text(payload) + ", " + short_count(rate) + "/s",
                         what + " latency of " + title(b.kind) + " by payload, bytes", static_cast<double>(payload)));
            c.frame.unit = "us";
            c.frame.higher_is_better = false;
            c.run = run;
            into.push_back(std::move(c));
        };
        add("publish", "due -> confirmed", [&bench, b, n, payload, rate, warm = writer_warms] {
            const std::string record = bench.shop.file("ack");
            const Json from = made(warm + n, payload, {{"rate", rate}, {"record", record}});
            Scene s = scene(b, fresh_name(), Part::publish, from, {}, warm + n);
            s.records = {record};
            s.warm_up = warm;
            return delay_of(observe(bench.shop, s), n);
        });
        add("consume", "due -> published -> received", [&bench, b, n, payload, rate, warm = reader_warms] {
            const std::string record = bench.shop.file("delays"), fresh = fresh_name();
            Sample failed;
            failed.failure = subscribe(bench, b, fresh);
            if (!failed.failure.empty()) return failed;
            const Json from = made(warm + n, payload, {{"rate", rate}});
            Scene s = scene(b, fresh, Part::both, from, measuring({{"record", record}}), warm + n);
            s.records = {record};
            s.warm_up = warm;
            return delay_of(observe(bench.shop, s), n);
        });
    }
}

// A bare loop of tests/bench/ceilings, timed as a whole process.
Sample bare_publish(const std::string& program, const Broker& b, uint64_t n) {
    const std::string name = fresh_name();
    std::vector<std::string> command = {program, b.kind == BrokerKind::rabbitmq ? "--queue" : "--topic", name,
                                        "--count", std::to_string(n)};
    if (b.kind == BrokerKind::kafka) {
        command.insert(command.end(), {"--brokers", b.host + ":" + std::to_string(b.port)});
    } else {
        command.insert(command.end(), {"--port", std::to_string(b.port)});
    }
    const auto begin = std::chrono::steady_clock::now();
    const Ended ended = in_child(command, std::chrono::seconds(60));
    Sample sample;
    sample.failure = ended.failure;
    sample.value =
        static_cast<double>(n) / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    sample.cpu_us = ended.cpu_s * 1e6 / static_cast<double>(n);
    return sample;
}

void add_bare(const Bench& bench, const Broker& b, const std::string& ceilings, Cases& into) {
    const std::string program = ceilings + "/bare_" + word(b.kind) + "_publish";
    if (ceilings.empty() || !std::filesystem::exists(program)) return;
    const uint64_t n = bench.effort.count(static_cast<double>(usual_count(b.kind)));
    Case c(frame("publish/" + word(b.kind) + "/bare", title(b.kind) + ", 100 B, beside the bare loop", "", 0));
    c.frame.x.reset();
    c.run = [&bench, b, n] { return publish(bench, b, n, kUsual, fresh_name()); };
    c.ceiling = "bare loop, from the start of its process";
    c.bare = [program, b, n] { return bare_publish(program, b, n); };
    into.push_back(std::move(c));
}

}  // namespace

std::optional<Broker> parse_broker(BrokerKind kind, const std::string& address) {
    const size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon == 0) return std::nullopt;
    uint16_t port = 0;
    const char* const end = address.data() + address.size();
    const auto [at, error] = std::from_chars(address.data() + colon + 1, end, port);
    if (error != std::errc() || at != end || port == 0) return std::nullopt;
    return Broker{kind, address.substr(0, colon), port};
}

bool answers(const Broker& broker) {
    std::string host = broker.host;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), std::to_string(broker.port).c_str(), &hints, &found) != 0) return false;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, freeaddrinfo);
    for (const addrinfo* each = found; each; each = each->ai_next) {
        const int fd = socket(each->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) continue;
        bool is_there = connect(fd, each->ai_addr, each->ai_addrlen) == 0;
        pollfd ready{fd, POLLOUT, 0};
        int fault = 0;
        socklen_t size = sizeof fault;
        if (!is_there && errno == EINPROGRESS && poll(&ready, 1, 500) == 1) {
            is_there = getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 && fault == 0;
        }
        close(fd);
        if (is_there) return true;
    }
    return false;
}

void add_broker_cases(const Bench& bench, const Broker& broker, const std::string& ceilings, Cases& into) {
    add_rates(bench, broker, into);
    add_delays(bench, broker, into);
    add_bare(bench, broker, ceilings, into);
}

}  // namespace leat::bench
