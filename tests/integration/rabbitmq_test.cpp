// RabbitMQ through the host as a program, on a real broker: kills, restarts, refusals, alarms, TLS.
// LEAT_RABBITMQ_MESSAGES in the environment changes the number of messages, 20,000.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <thread>

#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/rabbitmq.hpp"
#include "support/rabbitmq_client.hpp"

using namespace leat::test;
using namespace std::chrono_literals;

namespace {

std::size_t messages() { return static_cast<std::size_t>(setting("LEAT_RABBITMQ_MESSAGES", 20'000)); }

std::vector<std::string> numbered(std::size_t from, std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(std::to_string(from + i));
    return all;
}

/** The host with one route, from `from` to `to` (members of the JSON objects) at one broker. */
class Bridge {
  public:
    Bridge(const std::string& backend, const std::string& from, const std::string& to, const std::string& rest = "")
        : config_(folder_.write("bridge.json", R"({ "backends": { "mq": { "plugin": "rabbitmq", )" + backend +
                                                   R"( } }, "routes": { "bridge": { "from": { "backend": "mq", )" +
                                                   from + R"( }, "to": { "backend": "mq", )" + to + " }" + rest +
                                                   " } } }")) {
        start();
    }
    void start() { host_ = Process({leat::test::host(), "run", config_}, {.output = folder_ / "host.log"}); }
    Process& host() { return host_; }
    std::string log() const { return read_file(folder_ / "host.log"); }
    bool logs(std::string_view text) {
        return eventually([&] { return log().find(text) != std::string::npos; }, 30s, 20ms);
    }

  private:
    Folder folder_;
    std::string config_;
    Process host_;
};

std::string url_of(const RabbitMq& broker) { return R"("url": ")" + broker.url() + '"'; }

struct Audit {
    std::size_t missing = 0, twice = 0, strange = 0;
    bool in_order = true;  // first arrivals
};

Audit audit(const std::vector<AmqpClient::Message>& arrived, std::size_t count) {
    Audit result;
    std::vector<int> seen(count + 1);
    std::size_t latest = 0;
    for (const auto& message : arrived) {
        const std::size_t n = std::strtoull(message.payload.c_str(), nullptr, 10);
        if (n == 0 || n > count) {
            ++result.strange;
        } else if (seen[n]++ > 0) {
            ++result.twice;
        } else {
            result.in_order = result.in_order && n > latest;
            latest = std::max(latest, n);
        }
    }
    for (std::size_t n = 1; n <= count; ++n) result.missing += seen[n] == 0;
    return result;
}

/** What has come into a queue, until all `count` have been seen or nothing comes any more. */
std::vector<AmqpClient::Message> collect(AmqpClient& client, const std::string& queue, std::size_t count,
                                         std::chrono::milliseconds idle = 15s) {
    std::vector<AmqpClient::Message> all;
    std::set<std::string> seen;
    while (seen.size() < count) {
        auto some = client.take(queue, std::min<std::size_t>(count - seen.size(), 1000), idle);
        if (some.empty()) break;
        for (auto& message : some) {
            seen.insert(message.payload);
            all.push_back(std::move(message));
        }
    }
    return all;
}

void note(const std::string& title, const Audit& result, std::size_t count) {
    std::ostringstream line;
    line << "figure: " << title << ": published " << count << ", missing " << result.missing << ", twice "
         << result.twice << ", first arrivals " << (result.in_order ? "in order" : "out of order");
    std::printf("%s\n", line.str().c_str());
}

}  // namespace

TEST_CASE("from queue to queue: all arrive, in order, once") {
    RabbitMq broker;
    AmqpClient client(broker.port());
    client.declare("in");
    client.declare("out");
    client.publish("", "in", numbered(1, messages()));
    Bridge bridge(url_of(broker), R"("queue": "in")", R"("routing_key": "out")");
    const auto arrived = collect(client, "out", messages());
    const Audit result = audit(arrived, messages());
    note("RabbitMQ -> RabbitMQ", result, messages());
    CHECK_MESSAGE(result.missing == 0, bridge.log());
    CHECK(result.twice == 0);
    CHECK(result.in_order);
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count("in") == 0);
}
