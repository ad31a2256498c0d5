// A host for one component under test: real descriptors by poll(), timers and deferred calls in the calling thread, a
// clock that can be moved on, templates with one placeholder, and what the component says is written down.
//
//   ScriptedHost host;
//   Mine mine; mine.attach(host.setup("source", identity));
//   REQUIRE(host.run_until([&] { return host.last_state("source") == LEAT_STATE_UP; }));
#pragma once

#include <leat/sdk/services.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct leat_instance;

namespace leat::test {

/**
 * Only one at a time: the clock of the boundary has no object to ask. Everything runs in run_until(), in the calling
 * thread; post may come from any thread.
 */
class ScriptedHost {
  public:
    ScriptedHost();
    ~ScriptedHost();
    ScriptedHost(const ScriptedHost&) = delete;
    ScriptedHost& operator=(const ScriptedHost&) = delete;

    /** Services for a component of this name, with an identity that lives as long as the host. */
    Setup setup(const std::string& name, leat_identity identity);
    const leat_host* host() const { return &table_; }

    /** Turns until the condition holds; false after `limit` of real time. */
    bool run_until(const std::function<bool()>& condition,
                   std::chrono::milliseconds limit = std::chrono::seconds(120));
    /** Turns for this long. */
    void run_for(std::chrono::milliseconds time) {
        (void)run_until([] { return false; }, time);
    }
    /** Moves the steady clock on, so that timers come due. */
    void advance(std::chrono::nanoseconds by) { skipped_ += by; }

    /** A compiled template: text with at most "${topic}" or "${key}" in it. Lives as long as the host. */
    const leat_template* make_template(const std::string& text);

    // Of several components with one name: of the last.
    std::uint32_t last_state(const std::string& name) const;  ///< 0: none told yet
    std::string last_reason(const std::string& name) const;
    bool is_stopped(
        const std::string& name) const;  ///< false again once it has told a state, as it does when started
    /** How many log lines contain this. */
    int logged(std::string_view word) const;
    std::uint64_t turns() const { return turns_; }

  private:
    struct Timer {
        std::uint64_t id;
        std::int64_t due_ns;
        leat_instance* of;
        void (*fn)(void*);
        void* arg;
    };
    struct Deferred {
        leat_instance* of;
        void (*fn)(void*);
        void* arg;
    };
    friend struct ::leat_instance;
    friend struct Table;

    const leat_instance* last(const std::string& name) const;
    bool turn(std::chrono::milliseconds longest);
    void run_deferred();
    void run_timers();
    int wait_for(std::chrono::milliseconds longest) const;

    leat_host table_;
    std::chrono::nanoseconds skipped_{};
    std::list<std::unique_ptr<leat_instance>> instances_;
    std::list<std::unique_ptr<leat_watch>> watches_;
    std::list<std::unique_ptr<leat_template>> templates_;
    std::vector<Timer> timers_;
    std::deque<Deferred> deferred_;
    std::deque<Deferred> posted_;  // under mutex_
    std::vector<std::string> log_;
    mutable std::mutex mutex_;
    int wake_[2] = {-1, -1};
    std::uint64_t last_id_ = 0;
    std::uint64_t turns_ = 0;
};

/** An inlet that keeps what it gets, for the test to look at and to settle by hand, or at once. */
class ScriptedInlet : public leat_inlet {
  public:
    struct Arrival {
        std::string topic;
        std::string payload;
        std::map<std::string, std::string> headers;
        std::uint32_t flags;
        leat_message message;  ///< not to be settled by hand: see settle()
        bool is_settled;
    };

    ScriptedInlet();
    ~ScriptedInlet() { settle_all(LEAT_ABANDON); }
    ScriptedInlet(const ScriptedInlet&) = delete;
    ScriptedInlet& operator=(const ScriptedInlet&) = delete;

    /** What happens to each message as it comes: an outcome, or nothing (it waits for settle()). Default: nothing. */
    std::function<int(const Arrival&)> at_once;
    /** Counts only, keeping nothing: for measurements. Each is acknowledged at once. */
    bool only_counts = false;

    std::deque<Arrival> arrivals;
    std::uint64_t count = 0;
    std::uint64_t flushes = 0;

    void settle(std::size_t index, std::uint32_t outcome);
    void settle_all(std::uint32_t outcome);
    std::size_t unsettled() const;
    std::vector<std::string> payloads() const;

  private:
    void take(leat_message* batch, std::size_t n);
};

}  // namespace leat::test
