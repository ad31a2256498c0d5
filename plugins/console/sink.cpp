#include "sink.hpp"

#include "lines.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace leat::console {

Sink::Sink(const SinkOptions& options, Output& output)
    : format_(options.format), output_(output), record_(options.record) {
    if (!record_.empty() && format_ != OutputFormat::measure) {
        throw std::invalid_argument("record: wants \"format\": \"measure\"");
    }
    for (const std::string& what : options.show) {
        if (what != "topic" && what != "key" && what != "headers") {
            throw std::invalid_argument("show: \"" + what + "\" is none of topic, key, headers");
        }
        show_ |= what == "topic" ? kShowTopic : what == "key" ? kShowKey : kShowHeaders;
    }
}

void Sink::open() {
    if (format_ != OutputFormat::measure) return;
    measure_.emplace(!record_.empty());
    const auto figure = [this](uint32_t kind, const char* name, const char* description) {
        return services().host->counter(services().me, kind, name, description);
    };
    received_ = figure(LEAT_COUNTER, "received", "Messages that came.");
    repeated_ = figure(LEAT_COUNTER, "repeated", "Of these, those that had come before.");
    out_of_order_ = figure(LEAT_COUNTER, "out_of_order", "Messages that came behind a later one of their stream.");
    unstamped_ = figure(LEAT_COUNTER, "unstamped", "Messages that do not begin with a stamp.");
    first_ = figure(LEAT_GAUGE, "first_ns", "When the first came, ns of the steady clock; 0: none has.");
    last_ = figure(LEAT_GAUGE, "last_ns", "When the last came, ns of the steady clock.");
}

void Sink::push(Batch& batch) {
    if (measure_ && !is_over_) return measure(batch);
    if (format_ != OutputFormat::null && !is_over_) return print(batch);
    size_t n = 0;
    const leat_message* messages = batch.all(n);
    Settlements().end_all(messages, n, is_over_ ? LEAT_ABANDON : LEAT_ACK);
}

void Sink::measure(Batch& batch) {
    size_t n = 0;
    const leat_message* messages = batch.all(n);
    measure_->add(messages, n, services().host->now_ns());
    show_figures();
    Settlements().end_all(messages, n, LEAT_ACK);
}

void Sink::show_figures() {
    const leat_host& host = *services().host;
    host.counter_set(received_, measure_->received());
    host.counter_set(repeated_, measure_->repeated());
    host.counter_set(out_of_order_, measure_->out_of_order());
    host.counter_set(unstamped_, measure_->unstamped());
    host.counter_set(first_, static_cast<uint64_t>(measure_->first_ns()));
    host.counter_set(last_, static_cast<uint64_t>(measure_->last_ns()));
}

void Sink::write_record() const {
    const std::vector<int64_t>& delays = measure_->delays();
    std::FILE* file = std::fopen(record_.c_str(), "wb");
    const size_t written = file ? std::fwrite(delays.data(), sizeof(int64_t), delays.size(), file) : 0;
    if (!file || (std::fclose(file) != 0) | (written != delays.size())) {
        services().log_error("record: cannot write " + record_);
    }
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

// What was printed may have been read or not: it is given up unacknowledged, and at once, as the drain would wait for
// it.
void Sink::close(const std::string& why) {
    if (is_watching_) services().host->watch_change(watch_, 0);
    is_watching_ = false;
    is_over_ = true;
    services().failed(why);
    give_up();
}

void Sink::give_up() {
    text_.clear();
    written_ = 0;
    settle(waiting_.size(), LEAT_ABANDON);
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
    is_over_ = true;
    if (!record_.empty()) write_record();
    if (watch_) services().host->watch_end(watch_);
    watch_ = nullptr;
    is_watching_ = false;
    services().cancel(retry_timer_);
    output_.leave(this);
    give_up();
    stopped();
}

}  // namespace leat::console
