// What the RabbitMQ integration tests share: the host with one route at one broker, and the audit of numbered
// messages.
//
//   Bridge bridge(url_of(broker), R"("queue": "in")", R"("routing_key": "out")");
//   const Audit result = audit(collect(client, "out", messages()), messages());
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/rabbitmq.hpp"
#include "support/rabbitmq_client.hpp"

namespace leat::test {

inline std::size_t messages() { return static_cast<std::size_t>(setting("LEAT_RABBITMQ_MESSAGES", 20'000)); }

inline std::vector<std::string> numbered(std::size_t from, std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(std::to_string(from + i));
    return all;
}

/** How often a word is in a text. */
inline int count_of(const std::string& text, std::string_view word) {
    int count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
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
    bool logs(std::string_view text) const {
        return eventually([&] { return log().find(text) != std::string::npos; }, std::chrono::seconds(30),
                          std::chrono::milliseconds(20));
    }

  private:
    Folder folder_;
    std::string config_;
    Process host_;
};

/** A broker that most cases share; each uses queues of its own. */
inline RabbitMq& shared_broker() {
    static RabbitMq broker;
    return broker;
}

inline std::string url_of(const RabbitMq& broker) { return R"("url": ")" + broker.url() + '"'; }

struct Audit {
    std::size_t missing = 0, twice = 0, strange = 0;
    bool in_order = true;  // first arrivals
};

inline Audit audit(const std::vector<AmqpClient::Message>& arrived, std::size_t count) {
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
inline std::vector<AmqpClient::Message> collect(AmqpClient& client, const std::string& queue, std::size_t count,
                                                std::chrono::milliseconds idle = std::chrono::seconds(60)) {
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

inline void note(const std::string& title, const Audit& result, std::size_t count) {
    std::ostringstream line;
    line << "figure: " << title << ": published " << count << ", missing " << result.missing << ", twice "
         << result.twice << ", first arrivals " << (result.in_order ? "in order" : "out of order");
    std::printf("%s\n", line.str().c_str());
}

/** All `count` come into `out`; then the host ends, and has left nothing in `in`. */
inline void check_all_landed(Bridge& bridge, AmqpClient& client, const std::string& in, const std::string& out,
                             std::size_t count, const std::string& title) {
    const Audit result = audit(collect(client, out, count), count);
    note(title, result, count);
    CHECK_MESSAGE(result.missing == 0, bridge.log());
    CHECK(result.strange == 0);
    CHECK(bridge.host().stop() == 0);
    CHECK(client.count(in) == 0);
}

}  // namespace leat::test
