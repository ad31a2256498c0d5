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

Result point(const std::string& id, const std::string& text, const std::string& series, double x) {
    Result r = frame(id, text);
    r.series = series;
    r.x = x;
    return r;
}

uint64_t usual_count(BrokerKind kind) {
    return kind == BrokerKind::kafka ? 200'000 : kind == BrokerKind::mqtt ? 60'000 : 15'000;
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
    writes.run = [&bench, b, traffic] { return publish(bench, b, fresh_name(), traffic); };
    Case reads(point("consume/" + name + "/payload/" + x, title(b.kind) + " backlog, " + size_text(payload),
                     "consume from " + title(b.kind) + " by payload, bytes", static_cast<double>(payload)));
    reads.run = [&bench, b, traffic] { return consume(bench, b, traffic); };
    writes.most_rounds = reads.most_rounds = 2;
    if (bare.exist()) {
        writes.ceiling = reads.ceiling = "bare loop";
        writes.bare = [bare, n, payload] { return bare.publish(n, payload); };
        reads.bare = [bare, n, payload] { return bare.consume(n, payload); };
    }
    into.push_back(std::move(writes));
    into.push_back(std::move(reads));
}

void add_counts(const Bench& bench, const Broker& b, Cases& into) {
    for (uint64_t n = 10; n <= static_cast<uint64_t>(kMost * std::min(bench.effort.scale, 1.0)); n *= 10) {
        Case c(
            point("publish/" + word(b.kind) + "/count/" + std::to_string(n),
                  title(b.kind) + ", " + short_count(static_cast<double>(n)) + " messages of 100 B, with connecting",
                  "publish to " + title(b.kind) + " by count", static_cast<double>(n)));
        Traffic traffic;
        traffic.messages = n;
        c.run = [&bench, b, traffic] { return publish(bench, b, fresh_name(), traffic); };
        c.most_rounds = n > usual_count(b.kind) ? 1 : 2;  // as long as many rounds of the others
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
         {Kind{"individual", "confirmed before the next is made", 1, 1, 0.02},
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
        c.run = [&bench, b, traffic, microseconds] { return microseconds(publish(bench, b, fresh_name(), traffic)); };
        if (bare.exist() && kind.writers == 1) {
            c.ceiling = "bare loop with the same window";
            c.bare = [bare, traffic, microseconds] {
                return microseconds(bare.publish(traffic.messages, traffic.payload, traffic.in_flight));
            };
        }
        into.push_back(std::move(c));
    }
}

void add_concurrency(const Bench& bench, const Broker& b, Cases& into) {
    const uint64_t n = bench.effort.count(static_cast<double>(usual_count(b.kind))) / 16 * 16;
    const auto add = [&](const std::string& what, const std::string& text, uint64_t x, const Traffic& traffic) {
        Case c(point("concurrency/" + word(b.kind) + "/" + what + "/" + std::to_string(x),
                     title(b.kind) + ", " + short_count(static_cast<double>(x)) + " " + text,
                     title(b.kind) + " by " + what, static_cast<double>(x)));
        c.run = [&bench, b, traffic, reads = traffic.readers > 1 || what == "readers"] {
            return reads ? consume(bench, b, traffic) : publish(bench, b, fresh_name(), traffic);
        };
        c.most_rounds = 1;
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

void add_delays(const Bench& bench, const Broker& b, Cases& into) {
    const std::string name = word(b.kind);
    const double rate = bench.effort.rate_or(kSteady);
    // Connections are made, topics and groups come to be: what is due meanwhile is late, and tells nothing.
    const auto writer_warms = static_cast<uint64_t>(rate);
    const auto reader_warms = static_cast<uint64_t>(rate * (b.kind == BrokerKind::kafka ? 4 : 1.5));
    const uint64_t n = bench.effort.count(rate * 2);
    for (const size_t payload : kPayloads) {
        Traffic traffic;
        traffic.payload = payload;
        traffic.from = {{"rate", rate}};
        const auto add = [&](const std::string& what, const std::string& text, auto run) {
            Case c(point(what + "/" + name + "/latency/" + std::to_string(payload),
                         title(b.kind) + ", " + text + ", " + size_text(payload) + ", " + short_count(rate) + "/s",
                         what + " latency of " + title(b.kind) + " by payload, bytes", static_cast<double>(payload)));
            c.frame.unit = "us";
            c.frame.higher_is_better = false;
            c.most_rounds = 1;  // each round is some thousand messages
            c.run = run;
            into.push_back(std::move(c));
        };
        add("publish", "due -> confirmed", [&bench, b, n, traffic, warm = writer_warms]() mutable {
            const std::string record = bench.shop.file("ack");
            traffic.messages = warm + n;
            traffic.from["record"] = record;
            Scene s = broker_scene(b, fresh_name(), Part::publish, traffic);
            s.records = {record};
            s.warm_up = warm;
            return delay_of(observe(bench.shop, s), n);
        });
        add("consume", "due -> published -> received", [&bench, b, n, traffic, warm = reader_warms]() mutable {
            const std::string record = bench.shop.file("delays"), fresh = fresh_name();
            Sample failed;
            failed.failure = subscribe(bench, b, fresh, traffic);
            if (!failed.failure.empty()) return failed;
            traffic.messages = warm + n;
            traffic.measures = {{"record", record}};
            Scene s = broker_scene(b, fresh, Part::both, traffic);
            s.records = {record};
            s.warm_up = warm;
            return delay_of(observe(bench.shop, s), n);
        });
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
    add_counts(bench, broker, into);
    add_acks(bench, broker, bare, into);
    add_concurrency(bench, broker, into);
    add_delays(bench, broker, into);
}

}  // namespace leat::bench
