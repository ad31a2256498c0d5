#include "sink.hpp"

#include "lines.hpp"

#include <algorithm>
#include <stdexcept>

namespace leat::console {

Sink::Sink(const SinkOptions& options, Output& output) : format_(options.format), output_(output) {
    for (const std::string& what : options.show) {
        if (what != "topic" && what != "key" && what != "headers") {
            throw std::invalid_argument("show: \"" + what + "\" is none of topic, key, headers");
        }
        show_ |= what == "topic" ? kShowTopic : what == "key" ? kShowKey : kShowHeaders;
    }
}

void Sink::push(Batch& batch) {
    if (format_ != OutputFormat::null && !is_stopping_) return print(batch);
    Settlements done;
    while (leat_message* m = batch.next()) done.end(*m, is_stopping_ ? LEAT_ABANDON : LEAT_ACK);  // hot: per message
}

// While an earlier block waits to be taken, what comes is put behind it: the source's credit bounds it.
void Sink::print(Batch& batch) {
    size_t n = 0;
    const leat_message* messages = batch.all(n);
    for (size_t i = 0; i < n; ++i) {
        if (format_ == OutputFormat::json) {
            append_json(text_, messages[i]);
        } else {
            append_line(text_, messages[i], show_);
        }
    }
    waiting_.insert(waiting_.end(), messages, messages + n);
    if (waiting_.size() == n) write();
}

void Sink::write() {
    std::string why;
    switch (output_.write(this, text_, written_, why)) {
        case Output::Result::done:
            if (is_watching_) services().host->watch_change(watch_, 0);
            is_watching_ = false;
            text_.clear();
            written_ = 0;
            return settle(waiting_.size(), LEAT_ACK);
        case Output::Result::wait:
            return wait();
        case Output::Result::busy:
            if (retry_timer_) return;
            retry_timer_ = services().after(
                std::chrono::milliseconds(1),
                [](void* self) {
                    auto* sink = static_cast<Sink*>(self);
                    sink->retry_timer_ = 0;
                    sink->write();
                },
                this);
            return;
        case Output::Result::closed:
            return close(why);
    }
}

void Sink::wait() {
    if (is_watching_) return;
    is_watching_ = true;
    if (watch_) return services().host->watch_change(watch_, LEAT_WATCH_WRITE);
    watch_ = services().host->watch_start(
        services().me, output_.descriptor(), LEAT_WATCH_WRITE,
        [](void* self, uint32_t) {
            auto* sink = static_cast<Sink*>(self);
            if (!sink->waiting_.empty()) sink->write();
        },
        this);
}

// What was printed may have been read or not: it is given up unacknowledged when the route stops.
void Sink::close(const std::string& why) {
    if (is_watching_) services().host->watch_change(watch_, 0);
    is_watching_ = false;
    services().failed(why);
}

void Sink::settle(size_t n, uint32_t outcome, uint32_t code) {
    std::vector<leat_message> ended;  // taken out first: state is complete before the outgoing call
    ended.swap(waiting_);
    Settlements done;
    for (size_t i = 0; i < n; ++i) done.end(ended[i], outcome, code);
    done.flush();
    if (waiting_.empty()) {
        ended.clear();
        waiting_.swap(ended);  // its memory is used again
    }
}

void Sink::stop() {
    is_stopping_ = true;
    if (watch_) services().host->watch_end(watch_);
    watch_ = nullptr;
    is_watching_ = false;
    services().cancel(retry_timer_);
    output_.leave(this);
    text_.clear();
    written_ = 0;
    settle(waiting_.size(), LEAT_ABANDON);
    stopped();
}

}  // namespace leat::console
