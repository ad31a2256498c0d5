// One case's host: the plugin under test, loaded as the host loads it, between a feed and taps of the test's own.
//
//   Rig rig(backend, {.max_in_flight = 1});
//   rig.publish(1, 100);                                    // by a client that is not the plugin
//   rig.tap().answer(once(7, Answer::retry));               // no failure policy stands between
//   REQUIRE(rig.wait([&] { return rig.tap().settled() == 101; }));
//   CHECK(rig.seen().in_order());
//
// Each reader is a route from the backend to a tap. With `writer`, one more goes from a feed to the backend.
#pragma once

#include <leat/host.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "conformance/backend.hpp"
#include "conformance/probe/door.hpp"
#include "support/folder.hpp"

namespace leat::test {

/** What a case wants of its rig. */
struct RigShape {
    std::uint64_t max_in_flight = 256;
    std::string max_in_flight_bytes = {};  ///< As in a configuration; empty: the default.
    int topics = 1;
    int partitions = 1;
    std::vector<std::string> readers = {"one"};  ///< One reader each; a name twice: the two share a group.
    bool writer = false;
    bool starts = true;
    bool all_tested = false;  ///< Nothing is given to another backend, though they may not stand together.
    Access access = Access::right;
    std::string drain_timeout = "100ms";
};

/** The numbers that arrived, and what can be asked of them. */
class Seen {
  public:
    explicit Seen(const std::vector<Arrival>& arrivals);

    std::size_t count() const { return numbers_.size(); }
    int times(std::uint64_t number) const;
    /** Of first..last, those that did not arrive. */
    std::vector<std::uint64_t> missing(std::uint64_t first, std::uint64_t last) const;
    /** No number twice. */
    bool each_once() const;
    /** The first arrivals of the numbers ascend, in each topic. */
    bool in_order() const { return disordered_ == 0; }
    /** The arrival of this number after its first one says that the broker delivered it again. */
    bool redelivered_by_broker(std::uint64_t number) const { return redelivered_.contains(number); }
    const std::vector<std::uint64_t>& numbers() const { return numbers_; }

  private:
    std::vector<std::uint64_t> numbers_;
    std::map<std::uint64_t, int> times_;
    std::set<std::uint64_t> redelivered_;
    std::size_t disordered_ = 0;
};

class Rig {
  public:
    explicit Rig(TestedBackend& backend, const RigShape& shape = {});
    ~Rig();
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    const std::string& topic(std::size_t i = 0) const { return topics_[i]; }
    const std::vector<std::string>& topics() const { return topics_; }

    /** A new host with the same configuration, all routes or these. Throws std::runtime_error when it refuses that.
     */
    void start(const std::vector<std::string>& only = {});
    /** Drains and ends the host; what is held stays unacknowledged. */
    void stop();
    Host& host() { return *host_; }
    /** All routes are running: connected, subscribed, or however the plugin puts it. */
    bool wait_until_up();

    /** first..last, by turns to the topics: through the test's own client, or the feed where there is no broker. */
    void publish(std::uint64_t first, std::uint64_t last);
    void publish(const std::vector<Sample>& samples);
    std::vector<Sample> numbered(std::uint64_t first, std::uint64_t last) const;
    /** What the sink has landed, read by the test's own client, or by the first reader where there is no broker. */
    std::vector<Sample> collect(std::size_t count);

    Tap& tap(std::size_t reader = 0) { return *taps_[reader]; }
    Feed& feed() { return feed_; }
    Seen seen(std::size_t reader = 0) { return Seen(taps_[reader]->arrivals()); }
    RouteView view(const std::string& route) const;
    static std::string reader_route(std::size_t reader) { return "reader" + std::to_string(reader); }

    /** Waits for a condition; generous, because no time decides a case. False: it did not come; the log was shown. */
    bool wait(const std::function<bool()>& condition);
    std::string log() const;
    /** The configuration, and a copy whose taps hold all and write the numbers into a file: for `leat run`. */
    const std::string& config() const { return config_; }
    std::string config_that_holds(const std::string& record) const;

  private:
    std::string configuration(const std::string& record) const;
    std::string name_of_backend(bool is_tested) const;
    std::string reader_text(std::size_t i, const std::string& record) const;

    TestedBackend& backend_;
    RigShape shape_;
    Folder folder_;
    std::string id_;
    std::vector<std::string> topics_;
    std::vector<Reader> readers_;
    std::vector<std::unique_ptr<Tap>> taps_;
    Feed feed_;
    std::string config_;
    std::unique_ptr<Host> host_;
    mutable std::mutex log_mutex_;
    std::string log_;
};

/** Answers the first arrival of `number` so, all others with ack. */
std::function<Answer(const Arrival&)> once(std::uint64_t number, Answer answer);
/** Holds those whose number is in first..last, acknowledges the others. */
std::function<Answer(const Arrival&)> hold(std::uint64_t first, std::uint64_t last);

}  // namespace leat::test
