// What the bare bridges share: librdkafka's settings, printed, and the order of acknowledgements.
//
// A bare bridge is the ceiling for a router on the same clients: one loop, nothing configurable on the path, but the
// same promise - nothing is acknowledged upstream before it has landed, and acknowledgements leave in order.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/arguments.hpp"
#include "tools/kafka_conf.hpp"
#include "tools/stop.hpp"

namespace leat::bare {

using Settings = std::vector<std::pair<std::string, std::string>>;

// One request in flight: with more, librdkafka 2.0.2 may report a record of a new producer as landed that is not
// there (plugins/kafka/README.md), so a loop with more promises less than the router. Keys are placed as the router
// and Java clients place them, so that what comes from one partition goes to one.
inline Settings producer_settings(const std::string& brokers, const std::string& linger_ms) {
    return {{"bootstrap.servers", brokers},
            {"enable.idempotence", "true"},
            {"max.in.flight.requests.per.connection", "1"},
            {"message.timeout.ms", "0"},
            {"partitioner", "murmur2_random"},
            {"linger.ms", linger_ms},
            {"batch.num.messages", "10000"},
            {"batch.size", "1000000"},
            {"queue.buffering.max.messages", "200000"},
            {"queue.buffering.max.kbytes", "262144"},
            {"log_level", "3"}};
}

// As far ahead as there are messages: behind a limit librdkafka 2.0.2 stops fetching, and looks again after a second.
inline Settings consumer_settings(const std::string& brokers, const std::string& group) {
    return {{"bootstrap.servers", brokers},
            {"group.id", group},
            {"session.timeout.ms", "30000"},
            {"enable.auto.commit", "false"},
            {"enable.auto.offset.store", "false"},
            {"auto.offset.reset", "earliest"},
            {"check.crcs", "false"},
            {"fetch.message.max.bytes", "1048576"},
            {"queued.min.messages", "1000000"},
            {"queued.max.messages.kbytes", "1048576"},
            {"log_level", "3"}};
}

/**
 * How many of the messages that a reader's first read gave are not counted, as no time has gone by for them: those
 * beyond one batch, with which the router's count begins.
 */
inline std::uint64_t beyond_a_batch(std::uint64_t at_first) {
    constexpr std::uint64_t kBatch = 256;
    return at_first > kBatch ? at_first - kBatch : 0;
}

/** Changes settings by `name=value` words and prints them, so that a figure can be repeated. */
inline rd_kafka_conf_t* make_conf(Settings settings, const std::vector<std::string>& changes) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& change : changes) {
        const auto equals = change.find('=');
        settings.emplace_back(change.substr(0, equals), change.substr(equals + 1));
    }
    std::cout << "settings:";
    for (const auto& [name, value] : settings) {
        test::set(conf, name, value);
        std::cout << ' ' << name << '=' << value;
    }
    std::cout << std::endl;
    return conf;
}

/** Takes items in order, is told in any order which are done, and gives them back in order. A ring without growth. */
template <class Item>
class InOrder {
  public:
    explicit InOrder(std::size_t capacity) : slots_(capacity) {}

    bool full() const { return head_ - tail_ == slots_.size(); }
    std::uint64_t size() const { return head_ - tail_; }
    std::uint64_t oldest() const { return tail_; }  ///< Its token.

    /** Returns the token by which it is marked done. */
    std::uint64_t add(Item item) {
        slots_[head_ % slots_.size()] = {item, false};
        return head_++;
    }
    void done(std::uint64_t token) { slots_[token % slots_.size()].done = true; }
    /** A confirmation of RabbitMQ, whose tags are tokens, from 1. */
    void confirmed(std::uint64_t tag, bool multiple) {
        for (std::uint64_t token = multiple ? tail_ : tag - 1; token < tag; ++token) done(token);
    }

    /** Calls `release(item)` for each that is done and has only done ones before it. */
    template <class Release>
    void release(Release&& release_item) {
        for (; tail_ < head_ && slots_[tail_ % slots_.size()].done; ++tail_)
            release_item(slots_[tail_ % slots_.size()].item);
    }

  private:
    struct Slot {
        Item item;
        bool done;
    };
    std::vector<Slot> slots_;
    std::uint64_t tail_ = 0;
    std::uint64_t head_ = 0;
};

/** What a bridge's program does: Bridge(arguments).run(), which ends at a signal. */
template <class Bridge>
int run_bridge(int argc, char** argv, std::string_view usage) {
    const test::Arguments arguments(argc, argv, usage);
    test::stop_on_signals();
    Bridge(arguments).run();
    return 0;
}

}  // namespace leat::bare
