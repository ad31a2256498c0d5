#include "bench/cases/brokers.hpp"

#include "bench/cases/broker_parts.hpp"
#include "bench/report/table.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace leat::bench {
namespace {

constexpr double kSteady = 500;        // messages a second where delays are measured
constexpr double kMostBytes = 100e6;   // that one round moves
constexpr uint64_t kMost = 1'000'000;  // messages of one run
constexpr uint64_t kFew = 10'000;      // so few messages that waiting for a batch to fill is most of their time

Result point(const std::string& id, const std::string& text, const std::string& series, double x) {
    Result r = frame(id, text);
    r.series = series;
    r.x = x;
    return r;
}

uint64_t usual_count(BrokerKind kind) {
    return kind == BrokerKind::kafka ? 200'000 : kind == BrokerKind::mqtt ? 60'000 : 10'000;
}

void add_rate(const Bench& bench, const Broker& b, const BareLoops& bare, size_t payload, Cases& into) {
    const std::string name = word(b.kind), x = std::to_string(payload);
    const uint64_t n = bench.effort.count(
        std::min(static_cast<double>(usual_count(b.kind)), kMostBytes / static_cast<double>(payload)));
    Traffic traffic;
    traffic.messages = n;
    traffic.payload = payload;
    Case writes(point("publish/" + name + "/payload/" + x, title(b.kind) + ", " + size_text(payload),
                      "publish to " + title(b.kind) + " by payload, bytes", static_cast<double>(payload)));
    writes.run = [&bench, b, traffic] { return publish(bench, b, unread(bench, b), traffic); };
    Case reads(point("consume/" + name + "/payload/" + x, title(b.kind) + " backlog, " + size_text(payload),
                     "consume from " + title(b.kind) + " by payload, bytes", static_cast<double>(payload)));
    const auto backlog = std::make_shared<Backlog>();
    reads.run = [&bench, b, traffic, backlog] { return consume(bench, b, traffic, *backlog); };
    writes.most_rounds = reads.most_rounds = b.kind == BrokerKind::kafka ? 2 : 1;  // Kafka's rounds differ most
    if (bare.exist()) {
        writes.ceiling = reads.ceiling = "bare loop";
        writes.bare = [bare, n, payload] { return bare.publish({.messages = n, .payload = payload}); };
        reads.bare = [bare, n, payload, backlog] {
            return bare.consume({.messages = n, .payload = payload}, *backlog);
        };
    }
    into.push_back(std::move(writes));
    into.push_back(std::move(reads));
}

void add_counts(const Bench& bench, const Broker& b, const BareLoops& bare, Cases& into) {
    for (uint64_t n = 10; n <= static_cast<uint64_t>(kMost * std::min(bench.effort.scale, 1.0)); n *= 10) {
        Case c(
            point("publish/" + word(b.kind) + "/count/" + std::to_string(n),
                  title(b.kind) + ", " + short_count(static_cast<double>(n)) + " messages of 100 B, with connecting",
                  "publish to " + title(b.kind) + " by count", static_cast<double>(n)));
        Traffic traffic;
        traffic.messages = n;
        traffic.with_connecting = true;
        c.run = [&bench, b, traffic] { return publish(bench, b, unread(bench, b), traffic); };
        c.most_rounds = n > usual_count(b.kind) ? 1 : 2;  // as long as many rounds of the others
        if (bare.exist()) {
            // A minute of RabbitMQ's is enough: a tenth of them has the same rate.
            const uint64_t compared = n > 50 * usual_count(b.kind) ? n / 10 : n;
            c.ceiling = compared == n ? "bare loop" : "bare loop, a tenth of them";
            c.bare = [bare, compared] {
                return bare.publish({.messages = compared, .with_connecting = true, .is_prompt = compared <= kFew});
            };
        }
        into.push_back(std::move(c));
    }
}

// One message after the other is confirmed; many are on their way; by two routes on two cores at once. In us for
// each.
void add_acks(const Bench& bench, const Broker& b, const BareLoops& bare, Cases& into) {
    struct Kind {
        const char* id;
        const char* title;
        uint64_t in_flight;
        int writers;
        double share;  // of the usual number of messages
    };
    for (const Kind& kind :
         {Kind{"individual", "confirmed before the next is made", 1, 1,
               b.kind == BrokerKind::kafka  ? 0.02
               : b.kind == BrokerKind::mqtt ? 0.1
                                            : 0.05},
          Kind{"batched", "256 on their way at most", 256, 1, 0.5},
          Kind{"concurrent", "by two routes on two cores, 256 on their way of each", 256, 2, 0.5}}) {
        Case c(
            cost_frame(std::string("ack/") + word(b.kind) + "/" + kind.id, title(b.kind) + ": " + kind.title, "us"));
        c.most_rounds = 2;
        Traffic traffic;
        traffic.messages = bench.effort.count(static_cast<double>(usual_count(b.kind)) * kind.share) / 2 * 2;
        traffic.in_flight = kind.in_flight;
        traffic.writers = kind.writers;
        const auto microseconds = [](Sample sample) {
            if (sample.value > 0) sample.value = 1e6 / sample.value;
            return sample;
        };
        c.run = [&bench, b, traffic, microseconds] {
            return microseconds(publish(bench, b, unread(bench, b), traffic));
        };
        if (bare.exist()) {
            c.ceiling = kind.writers == 1 ? "bare loop with the same window"
                                          : "two threads, a bare loop each with that window";
            c.bare = [bare, traffic, microseconds] {
                return microseconds(bare.publish({.messages = traffic.messages,
                                                  .payload = traffic.payload,
                                                  .window = traffic.in_flight,
                                                  .connections = traffic.writers,
                                                  .is_prompt = true}));
            };
        }
        into.push_back(std::move(c));
    }
}

void add_concurrency(const Bench& bench, const Broker& b, const BareLoops& bare, Cases& into) {
    const uint64_t n = bench.effort.count(static_cast<double>(usual_count(b.kind))) / 16 * 16;
    const auto add = [&](const std::string& what, const std::string& text, uint64_t x, const Traffic& traffic) {
        Case c(point("concurrency/" + word(b.kind) + "/" + what + "/" + std::to_string(x),
                     title(b.kind) + ", " + short_count(static_cast<double>(x)) + " " + text,
                     title(b.kind) + " by " + what, static_cast<double>(x)));
        const auto backlog = std::make_shared<Backlog>();
        c.run = [&bench, b, traffic, backlog, reads = what == "readers"] {
            return reads ? consume(bench, b, traffic, *backlog) : publish(bench, b, unread(bench, b), traffic);
        };
        c.most_rounds = 1;
        if (bare.exist()) {
            const bool reads = what == "readers";
            const BareLoops::Load load{.messages = traffic.messages,
                                       .payload = traffic.payload,
                                       .lanes = traffic.devices,
                                       .connections = reads ? traffic.readers : traffic.writers};
            c.ceiling = load.connections == 1 ? "bare loop" : "as many threads, a bare loop each";
            c.bare = [bare, load, backlog, reads] {
                return reads ? bare.consume(load, *backlog) : bare.publish(load);
            };
        }
        into.push_back(std::move(c));
    };
    for (const int k : {1, 4, 16}) {
        Traffic writing, reading;
        writing.messages = reading.messages = n;
        writing.writers = reading.readers = k;
        add("writers", "routes that publish", static_cast<uint64_t>(k), writing);
        add("readers", b.kind == BrokerKind::kafka ? "groups that each read all" : "routes that share a backlog",
            static_cast<uint64_t>(k), reading);
    }
    if (b.kind != BrokerKind::mqtt) return;
    for (const uint64_t topics : {1, 1000, 100'000}) {
        Traffic traffic;
        traffic.messages = std::max(n, topics);
        traffic.devices = topics;
        add("topics", "topics published to in turn", topics, traffic);
    }
}

// How long delays are measured, at a steady rate. Before that connections are made, topics and groups come to be:
// what is due meanwhile is late, and tells nothing.
struct Steadily {
    double rate, seconds, publish_warm_up, consume_warm_up;

    Steadily(const Bench& bench, BrokerKind kind)
        : rate(bench.effort.rate_or(kSteady)),
          seconds(std::min(bench.effort.scale, 1.0)),
          publish_warm_up(0.5),
          consume_warm_up(kind == BrokerKind::kafka ? 2 : 1) {}
    uint64_t counted() const { return static_cast<uint64_t>(rate * seconds); }
};

Sample publish_delay(const Bench& bench, const Broker& b, size_t payload, const Steadily& steadily) {
    const std::string record = bench.shop.file("ack"), name = unread(bench, b);
    const auto warm = static_cast<uint64_t>(steadily.rate * steadily.publish_warm_up);
    Traffic traffic;
    traffic.payload = payload;
    traffic.messages = warm + steadily.counted();
    traffic.from = {{"rate", steadily.rate}, {"record", record}};
    Scene s = broker_scene(b, name, Part::publish, traffic);
    s.records = {record};
    s.warm_up = warm;
    return delay_of(observe(bench.shop, s), steadily.counted());
}

Sample consume_delay(const Bench& bench, const Broker& b, size_t payload, const Steadily& steadily) {
    const std::string record = bench.shop.file("delays"), fresh = fresh_name();
    const auto warm = static_cast<uint64_t>(steadily.rate * steadily.consume_warm_up);
    Traffic traffic;
    traffic.payload = payload;
    Sample failed;
    failed.failure = subscribe(bench, b, fresh, traffic);
    if (!failed.failure.empty()) return failed;
    traffic.messages = warm + steadily.counted();
    traffic.from = {{"rate", steadily.rate}};
    traffic.measures = {{"record", record}};
    Scene s = broker_scene(b, fresh, Part::both, traffic);
    s.records = {record};
    s.warm_up = warm;
    return delay_of(observe(bench.shop, s), steadily.counted());
}

void add_delays(const Bench& bench, const Broker& b, const BareLoops& bare, Cases& into) {
    const Steadily steadily(bench, b.kind);
    for (const size_t payload : kPayloads) {
        const auto add = [&](const std::string& what, const std::string& text, auto run) {
            Case c(point(
                what + "/" + word(b.kind) + "/latency/" + std::to_string(payload),
                title(b.kind) + ", " + text + ", " + size_text(payload) + ", " + short_count(steadily.rate) + "/s",
                what + " latency of " + title(b.kind) + " by payload, bytes", static_cast<double>(payload)));
            c.frame.unit = "us";
            c.frame.higher_is_better = false;
            c.most_rounds = 1;  // each round is some hundred messages
            c.run = [&bench, b, payload, steadily, run] { return run(bench, b, payload, steadily); };
            if (bare.exist()) {
                const bool is_through = what == "consume";
                c.ceiling =
                    is_through ? "bare clients, due -> published -> received" : "bare client, due -> confirmed";
                c.bare = [bare, payload, steadily, is_through] {
                    return bare.delay({.payload = payload,
                                       .rate = steadily.rate,
                                       .seconds = steadily.seconds,
                                       .warm_up = steadily.publish_warm_up,
                                       .is_through = is_through});
                };
            }
            into.push_back(std::move(c));
        };
        add("publish", "due -> confirmed", publish_delay);
        const bool is_middle = payload == 256 || payload == 4096;  // the curve is flat: its ends and one between
        if (!is_middle) add("consume", "due -> published -> received", consume_delay);
    }
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
    const BareLoops bare(ceilings, broker);
    for (const size_t payload : kPayloads) add_rate(bench, broker, bare, payload, into);
    add_counts(bench, broker, bare, into);
    add_acks(bench, broker, bare, into);
    add_concurrency(bench, broker, bare, into);
    add_delays(bench, broker, bare, into);
}

}  // namespace leat::bench
