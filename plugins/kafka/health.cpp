#include "health.hpp"

#include <chrono>

namespace kafka {
namespace {

constexpr std::chrono::milliseconds kNextAttempt{2000};  // reconnect.backoff.max.ms: at the latest

constexpr int kSilentStatistics = 3;  // in a row, one a second, without a broker that is up

bool is_connection_trouble(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
           code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL ||
           code == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

}  // namespace

void Health::connecting(std::string_view why) {
    state_ = State::connecting;
    silent_ = 0;
    why_ = why;
    repeat(tell_);
}

void Health::error(rd_kafka_resp_err_t code, std::string_view text) {
    if (is_connection_trouble(code)) reason_ = text;
    // The only words that librdkafka has for it speak of the authority.
    if (is_connection_trouble(code) && text.find("certificate verify failed") != std::string_view::npos) {
        reason_ += "; or the certificate is for another host name";
    }
    const bool refused = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || (refused && state_ != State::up)) down(text);
}

void Health::statistics(std::string_view json, std::string_view waits_for) {
    const bool some_broker_is_up = json.find("\"state\":\"UP\"") != std::string_view::npos;
    if (some_broker_is_up && waits_for.empty()) {
        alive();
    } else if (some_broker_is_up) {
        silent_ = 0;
        if (why_ != waits_for) connecting(waits_for);
    } else if (++silent_ >= kSilentStatistics) {  // "all brokers down" is not always told
        down("no broker answers");
    }
}

void Health::down(std::string_view otherwise) {
    if (state_ == State::down) return;
    state_ = State::down;
    why_ = reason_.empty() ? otherwise : std::string_view(reason_);
    repeat(tell_);
}

void Health::alive() {
    silent_ = 0;
    if (state_ == State::up) return;
    state_ = State::up;
    why_.clear();
    repeat(tell_);
}

void Health::repeat(const Tell& other) const {
    switch (state_) {
        case State::none:
            return;
        case State::connecting:
            return other(LEAT_STATE_CONNECTING, why_, 0);
        case State::up:
            return other(LEAT_STATE_UP, why_, 0);
        case State::down:
            return other(LEAT_STATE_DOWN, why_, std::chrono::nanoseconds(kNextAttempt).count());
    }
}

void log_event(leat::Services services, rd_kafka_event_t* event) {
    const char* facility = nullptr;
    const char* text = nullptr;
    int level = 0;
    if (rd_kafka_event_log(event, &facility, &text, &level) != 0) return;
    const std::string line = "librdkafka " + std::string(facility) + ": " + text;
    // Syslog levels. Connection trouble is told as a state, so its lines are for debugging.
    const std::string_view name(facility);
    if (level >= 6 || name == "FAIL" || name == "ERROR") {
        services.log_debug(line);
    } else if (level >= 4) {
        services.log_warning(line);
    } else {
        services.log_error(line);
    }
}

}  // namespace kafka
