// Whether a client reaches its cluster, told to the host when it changes: down with the reason, up again.
//
//     health.error(code, text);   // RD_KAFKA_EVENT_ERROR
//     health.statistics(json);    // RD_KAFKA_EVENT_STATS, once a second
//     health.alive();             // something came from the broker
//
// librdkafka connects again by itself, with a backoff, and says nothing when it has succeeded; its statistics do.
// On the shard.
#pragma once
#include <librdkafka/rdkafka.h>
#include <leat/sdk/services.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace kafka {

class Health {
  public:
    /// Called on each change: LEAT_STATE_..., why, ns to the next attempt.
    using Tell = std::function<void(uint32_t state, std::string_view why, int64_t next_attempt_ns)>;
    explicit Health(Tell tell) : tell_(std::move(tell)) {}

    void connecting(std::string_view why);
    void error(rd_kafka_resp_err_t code, std::string_view text);
    /// waits_for  what is still missing although a broker is reached; empty: nothing
    void statistics(std::string_view json, std::string_view waits_for = {});
    void alive();
    /// Says the present state again, to `other`: somebody new who must know it.
    void repeat(const Tell& other) const;
    bool is_up() const { return state_ == State::up; }
    bool is_down() const { return state_ == State::down; }

  private:
    enum class State { none, connecting, up, down };
    void down(std::string_view otherwise);

    Tell tell_;
    State state_ = State::none;
    std::string reason_;  // of the last trouble with a connection
    std::string why_;     // as told last
    int silent_ = 0;      // statistics without a broker that is up, in a row
};

/// One line of librdkafka's log, told to the host; its own facility names are kept.
void log_event(leat::Services services, rd_kafka_event_t* event);

}  // namespace kafka
