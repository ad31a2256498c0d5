// What measurements against a broker are made of: configurations of routes to it and from it, and the runs of them.
#pragma once

#include "bench/cases/brokers.hpp"

#include <string>

namespace leat::bench {

inline constexpr uint32_t kBrokerLanes = 16;  ///< devices, each with a key of its own

/// "kafka": part of ids and of the names of bare loops.
std::string word(BrokerKind kind);
/// For people.
std::string title(BrokerKind kind);
/// For topics, queues, groups and sessions that nothing else uses.
std::string fresh_name();

enum class Part { publish, consume, both };

/// How a run differs from the usual one.
struct Traffic {
    uint64_t messages = 0;
    size_t payload = 100;
    uint64_t in_flight = 0;           ///< of each source that makes messages; 0: as usual
    int writers = 1, readers = 1;     ///< routes; on two shards. Of Kafka each reader is a group: it gets all
    uint64_t devices = kBrokerLanes;  ///< keys; in MQTT topics
    Json from = Json::object();       ///< more members of each source that makes messages
    Json measures = Json::object();   ///< more members of each sink that measures
};

/// Routes from made-up messages to `name` at the broker, from there to a sink that measures, or both.
Scene broker_scene(const Broker& broker, const std::string& name, Part part, const Traffic& traffic);

/// Makes a session that exists before anything is published to it; the other brokers keep what nobody reads yet.
/// Returns why it failed.
std::string subscribe(const Bench& bench, const Broker& broker, const std::string& name, const Traffic& traffic);

/// The rate at which messages are confirmed, from the first that is made on.
Sample publish(const Bench& bench, const Broker& broker, const std::string& name, const Traffic& traffic);

/// The rate at which a backlog is read, from its first message to its last.
Sample consume(const Bench& bench, const Broker& broker, const Traffic& traffic);

/// A loop around the broker's client, without a router: programs of tests/bench/ceilings, in a process of their own.
class BareLoops {
  public:
    /// `folder`: where the programs are; empty: nowhere.
    BareLoops(std::string folder, const Broker& broker) : folder_(std::move(folder)), broker_(broker) {}

    /// Whether both are there.
    bool exist() const;
    /// `window`: in flight at most; 0: the program's own.
    Sample publish(uint64_t n, size_t payload, uint64_t window = 0) const;
    /// Of a backlog that is made for it.
    Sample consume(uint64_t n, size_t payload) const;

  private:
    std::string program(const char* what) const;
    Sample run(const char* what, std::vector<std::string> words, uint64_t n) const;
    Sample publish_to(const std::string& name, uint64_t n, size_t payload, uint64_t window) const;

    std::string folder_;
    Broker broker_;
};

}  // namespace leat::bench
