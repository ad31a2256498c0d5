// What measurements against a broker are made of: configurations of routes to it and from it, and the runs of them.
#pragma once

#include "bench/cases/brokers.hpp"

#include <string>
#include <vector>

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
    bool with_connecting = false;     ///< publishing counts from when the host is told to run, before it connects
    Json from = Json::object();       ///< more members of each source that makes messages
    Json measures = Json::object();   ///< more members of each sink that measures
};

/// Routes from made-up messages to `name` at the broker, from there to a sink that measures, or both.
Scene broker_scene(const Broker& broker, const std::string& name, Part part, const Traffic& traffic);

/// Makes a session that exists before anything is published to it; the other brokers keep what nobody reads yet.
/// Returns why it failed.
std::string subscribe(const Bench& bench, const Broker& broker, const std::string& name, const Traffic& traffic);

/// The name of a topic that nobody reads: there by now, as to make one of Kafka's takes longer than what is measured.
std::string unread(const Bench& bench, const Broker& broker);

/// The rate at which messages are confirmed, from the first that is made on.
Sample publish(const Bench& bench, const Broker& broker, const std::string& name, const Traffic& traffic);

/// What a case reads. Kafka's readers take nothing away: the first round fills it, and all rounds, also those of the
/// bare loop, read the same. With the others each round has its own.
struct Backlog {
    std::string name;
};

/// The rate at which a backlog is read, from its first message to its last: connecting and joining a group are not in
/// it.
Sample consume(const Bench& bench, const Broker& broker, const Traffic& traffic, Backlog& backlog);

/// Loops around the broker's client, without a router: programs of tests/bench, in processes of their own.
class BareLoops {
  public:
    /// `folder`: where the programs are; empty: nowhere.
    BareLoops(std::string folder, const Broker& broker) : folder_(std::move(folder)), broker_(broker) {}

    /// Whether all are there.
    bool exist() const;
    struct Load {
        uint64_t messages = 0;
        size_t payload = 100;
        uint64_t window = 0;  ///< in flight at most; 0: the program's own
        uint64_t lanes = kBrokerLanes;
        int connections = 1;
        bool with_connecting = false;  ///< publishing: from before it connects on
        bool is_prompt = false;        ///< Kafka: nothing waits for a batch to fill
    };
    Sample publish(const Load& load) const;
    /// Of Kafka `backlog`, which is there by now, and each connection is a group: it gets all. Of the others a
    /// backlog that is made for it.
    Sample consume(const Load& load, const Backlog& backlog) const;

    struct Steady {
        size_t payload = 100;
        double rate = 500;       ///< messages a second
        double seconds = 1;      ///< that count
        double warm_up = 1;      ///< before them
        bool is_through = true;  ///< from publishing to reading; else to the confirmation
    };
    Sample delay(const Steady& what) const;

  private:
    using Words = std::vector<std::string>;
    std::string program(const char* what) const;
    Words address() const;
    Sample run(Words words, uint64_t n) const;
    Sample run_load(Words words, const Load& load) const;
    Sample run_many(const char* what, const std::string& name, const Load& load) const;
    Sample publish_to(const std::string& name, const Load& load) const;
    std::string unread() const;

    std::string folder_;
    Broker broker_;
};

}  // namespace leat::bench
